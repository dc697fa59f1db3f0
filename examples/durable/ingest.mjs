// From MQTT into the log: node examples/durable/ingest.mjs MQTT-URL NATS-URL, started by demo.mjs.
import mqtt from 'mqtt';
import { Subject } from 'rxjs';
import { ingest } from 'rxrecur/durable';
import { openLog } from './on-servers.mjs';

const [broker, server] = process.argv.slice(2);
if (!server || broker === '--help') {
  console.log('node examples/durable/ingest.mjs MQTT-URL NATS-URL\n\nIs started by demo.mjs.');
  process.exit(0);
}

// The demo has gone, and with it the servers.
process.once('disconnect', () => process.exit(1));
if (process.send && !process.connected) process.exit(1);
const log = await openLog(server);
const messages = new Subject();
messages
  .pipe(
    ingest(log, {
      key: ({ topic }) => topic.replace('sensors/', 'sensor '),
      encode: ({ payload }) => payload,
    }),
  )
  // It is stored: the broker may forget it.
  .subscribe(({ event }) => event.acknowledge());

// Clean: false, and always the same name, so that the broker keeps what comes meanwhile.
const options = { clientId: 'ingest', clean: false, manualConnect: true };
const client = mqtt.connect(broker, options);
let connection = 0;
client.on('close', () => connection++);
const notYet = new Error('not stored yet');
client.handleMessage = ({ topic, payload }, done) => {
  const own = connection;
  const acknowledge = () => client.connected && own === connection && done();
  messages.next({ topic, payload: new Uint8Array(payload), acknowledge });
  // With an error the client goes on to the next message, and acknowledges nothing.
  done(notYet);
};
client.once('connect', async () => {
  await client.subscribeAsync('sensors/+', { qos: 1 });
  if (process.connected) process.send?.('ready');
});
client.connect();

async function end() {
  await client.endAsync();
  await log.close();
  process.exit(0);
}
process.once('SIGTERM', end);
// Ctrl-C is for the demo, which ends this process, too.
process.on('SIGINT', () => {});
