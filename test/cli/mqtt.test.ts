import { createServer, type Server, type Socket } from 'node:net';
import mqttPacket from 'mqtt-packet';
import { afterAll, expect, test } from 'vitest';
import { fileLog } from '../../src/durable/file.js';
import { file, modelFile, Running, rxrecur } from './command.js';

type Packet = mqttPacket.Packet & { readonly messageId?: number };

/** A connection of a client to a broker of the test's own, packet by packet. */
class Connection {
  readonly #socket: Socket;
  /** The number of each message that was acknowledged, as they came. */
  readonly acknowledged: number[] = [];

  constructor(socket: Socket, act: (connection: Connection, packet: Packet) => void) {
    this.#socket = socket;
    const parser = mqttPacket.parser();
    parser.on('packet', packet => {
      if (packet.cmd === 'puback') this.acknowledged.push(packet.messageId as number);
      act(this, packet);
    });
    socket.on('data', bytes => parser.parse(bytes));
    socket.on('error', () => {});
  }

  send(packet: object): void {
    this.#socket.write(mqttPacket.generate(packet as mqttPacket.Packet));
  }

  publish(messageId: number, row: object): void {
    const payload = JSON.stringify(row);
    const message = { topic: 'rows', payload, qos: 1, messageId, dup: false, retain: false };
    this.send({ cmd: 'publish', ...message });
  }

  end(): void {
    this.#socket.destroy();
  }
}

const servers: Server[] = [];
afterAll(() => servers.map(server => server.close()));

/** A broker on this machine; `act` is told of each packet, once it has been answered. */
async function broker(act: (connection: Connection, packet: Packet) => void): Promise<string> {
  const answers: Record<string, (packet: Packet) => object> = {
    connect: () => ({ cmd: 'connack', returnCode: 0, sessionPresent: false }),
    subscribe: ({ messageId }) => ({ cmd: 'suback', messageId, granted: [1] }),
    pingreq: () => ({ cmd: 'pingresp' }),
  };
  const server = createServer(socket => {
    new Connection(socket, (connection, packet) => {
      const answer = answers[packet.cmd]?.(packet);
      if (answer) connection.send(answer);
      act(connection, packet);
    });
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `mqtt://127.0.0.1:${(server.address() as { port: number }).port}/rows`;
}

const args = (log: string, from: string) => {
  const state = ['--state', `file:${log}`, '--job', 'j', '--partitions', '1'];
  return ['serve', modelFile, ...state, '--from', from, '-c', 'a,b'];
};

/** The first input of each event in a log, in order. */
async function storedIn(path: string): Promise<number[]> {
  const log = await fileLog(path);
  const all: number[] = [];
  for await (const events of log.read(0, 0)) {
    for (const { value } of events) all.push(JSON.parse(new TextDecoder().decode(value)).x[0]);
  }
  await log.close();
  return all;
}

test('a message is acknowledged once it is stored, in order, and many are stored together', async () => {
  const path = file('acknowledged.log');
  const count = 300;
  const looks: Promise<readonly [number, number]>[] = [];
  let all: Connection | undefined;
  const url = await broker((connection, { cmd, messageId }) => {
    all = connection;
    // All at once: a client that acknowledged one before it stored the next would be slow.
    if (cmd === 'subscribe') for (let i = 1; i <= count; i++) connection.publish(i, { a: i, b: 0 });
    const last = connection.acknowledged.length % 50 === 1 || messageId === count;
    if (cmd === 'puback' && last) {
      looks.push(storedIn(path).then(stored => [messageId as number, stored.length] as const));
    }
  });
  const running = new Running(args(path, url)).read();
  await expect.poll(() => all?.acknowledged.length, { timeout: 8000 }).toBe(count);
  expect(all?.acknowledged).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  for (const [messageId, stored] of await Promise.all(looks)) {
    expect(stored).toBeGreaterThanOrEqual(messageId);
  }
  running.child.kill('SIGTERM');
  expect((await running.end()).code).toBe(0);
  expect(await storedIn(path)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
});

test('what was stored for a connection that has gone is not acknowledged on the next one', async () => {
  const path = file('reconnected.log');
  const connections: Connection[] = [];
  const url = await broker((connection, { cmd }) => {
    if (!connections.includes(connection)) connections.push(connection);
    if (cmd === 'subscribe' && connections.length === 1) {
      for (let i = 1; i <= 200; i++) connection.publish(i, { a: i, b: 0 });
      setTimeout(() => connection.end(), 1);
    }
    // The session is kept: number 1 may be another message now, and comes a second later.
    if (cmd === 'connect' && connections.length === 2) {
      setTimeout(() => connection.publish(1, { a: 1000, b: 0 }), 1000);
    }
  });
  const running = new Running(args(path, url)).read();
  await expect.poll(() => connections.length, { timeout: 8000 }).toBe(2);
  await new Promise(resolve => setTimeout(resolve, 500));
  expect(connections[1].acknowledged).toEqual([]);
  await expect.poll(() => connections[1].acknowledged, { timeout: 8000 }).toEqual([1]);
  expect((await storedIn(path)).at(-1)).toBe(1000);
  running.child.kill('SIGTERM');
  expect((await running.end()).code).toBe(0);
});

test('a message that is no row is not acknowledged, and ends it with code 1', async () => {
  let all: Connection | undefined;
  const url = await broker((connection, { cmd }) => {
    all = connection;
    if (cmd !== 'subscribe') return;
    connection.publish(1, { a: 1, b: 0 });
    connection.publish(2, { a: 'two', b: 0 });
  });
  const { code, stderr } = await rxrecur(args(file('no-row.log'), url));
  expect([code, stderr]).toEqual([1, expect.stringContaining('row 2, line 2: column a')]);
  expect(all?.acknowledged).toEqual([1]);
});

test('a broker that is not there ends it with code 2, without the password in the message', async () => {
  const url = 'mqtt://somebody:secret@127.0.0.1:1/rows';
  const { code, stderr } = await rxrecur(args(file('no-broker.log'), url));
  expect([code, stderr]).toEqual([2, expect.stringContaining('--from mqtt://127.0.0.1:1/rows')]);
  expect(stderr).not.toContain('secret');
});
