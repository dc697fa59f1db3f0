// Log and outputs in NATS JetStream; sensors publish to mosquitto, a broker of MQTT.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import mqtt from 'mqtt';
import { natsLog, toSubject } from 'rxrecur/durable/nats';
import { partitions } from './job.mjs';
import { install, startMosquitto, startNats } from './servers.mjs';

export const openLog = url => natsLog(url, { name: 'sensors', partitions });

const subject = 'outputs';

export const openSink = url => toSubject(url, subject);

/** Calls back with what manages the streams of a server. */
async function withStreams(url, work) {
  const connection = await connect({ servers: url });
  try {
    return await work((await jetstreamManager(connection)).streams);
  } finally {
    await connection.close();
  }
}

export const readOutputs = url =>
  withStreams(url, async streams => {
    const { state } = await streams.info(subject);
    const outputs = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 256) {
      const some = Array.from(
        { length: Math.min(256, state.last_seq - seq + 1) },
        (_, i) => seq + i,
      );
      const found = await Promise.all(some.map(seq => streams.getMessage(subject, { seq })));
      outputs.push(...found.map(message => message.json()));
    }
    return outputs;
  });

/** Resolves to the place, what sends readings on their way, and what ends all. */
export async function begin() {
  install(['mosquitto', 'nats-server']);
  const [broker, nats] = await Promise.all([
    startMosquitto({ apart: true }),
    startNats({ apart: true }),
  ]);
  await withStreams(nats.url, streams => {
    return streams.add({ name: subject, subjects: [`${subject}.*`] });
  });
  const ingest = startIngest(broker.url, nats.url);
  await ingest.ready;
  const client = await mqtt.connectAsync(broker.url);
  const feed = async (_log, readings) => {
    const sent = readings.map(({ sensor, x }) => {
      return client.publishAsync(`sensors/${sensor}`, JSON.stringify([x]), { qos: 1 });
    });
    await Promise.all(sent);
  };
  const end = async () => {
    await client.endAsync();
    await ingest.end();
    await Promise.all([broker.end(), nats.end()]);
  };
  return { place: nats.url, feed, end };
}

/** The process that stores messages; the broker keeps them while it is started again. */
function startIngest(...urls) {
  const path = fileURLToPath(new URL('ingest.mjs', import.meta.url));
  let child;
  let isOver = false;
  const start = () => {
    child = fork(path, urls);
    child.once('exit', () => {
      if (!isOver) start();
    });
    return once(child, 'message');
  };
  const end = async () => {
    isOver = true;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  };
  return { ready: start(), end };
}
