import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';

interface Proxy {
  readonly port: number;
  cut(): void;
  heal(): void;
  slow(ms: number): void;
  loseAnswers(ms: number): Promise<void>;
  end(): Promise<void>;
}

const script = new URL('proxy.mjs', import.meta.url).href;
const { proxyTo } = (await import(/* @vite-ignore */ script)) as {
  proxyTo(target: number): Promise<Proxy>;
};

// A server that says each line back, and remembers it.
let server: Server;
const heard: string[] = [];

beforeAll(async () => {
  server = createServer(socket => {
    socket.on('error', () => {});
    socket.on('data', bytes => {
      heard.push(String(bytes));
      socket.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
});

const start = () => proxyTo((server.address() as AddressInfo).port);

async function client(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [bytes] = await once(socket, 'data');
  return String(bytes);
}

test('a proxy forwards both ways, slows answers down, is cut and heals', async () => {
  const proxy = await start();
  const socket = await client(proxy.port);
  expect(await ask(socket, 'one')).toBe('one');
  proxy.slow(80);
  const begin = performance.now();
  expect(await ask(socket, 'two')).toBe('two');
  expect(performance.now() - begin).toBeGreaterThan(70);
  proxy.slow(0);
  proxy.cut();
  await once(socket, 'close');
  const refused = await client(proxy.port);
  await once(refused, 'close');
  proxy.heal();
  const again = await client(proxy.port);
  expect(await ask(again, 'three')).toBe('three');
  again.destroy();
  await proxy.end();
});

test('a proxy keeps what a server says in order, however its delay changes', async () => {
  const proxy = await start();
  const socket = await client(proxy.port);
  let said = '';
  socket.on('data', bytes => {
    said += bytes;
  });
  let expected = '';
  for (let i = 0; i < 300; i++) {
    proxy.slow((i * 7) % 5);
    socket.write(`${i} `);
    expected += `${i} `;
    if (i % 3 === 0) await delay(1);
    // A busy process lets timers wait.
    for (const end = performance.now() + 2; performance.now() < end; );
  }
  await expect.poll(() => said.length).toBe(expected.length);
  expect(said).toBe(expected);
  await proxy.end();
});

test('a proxy that loses answers lets the server hear, and the client hear nothing', async () => {
  const proxy = await start();
  const socket = await client(proxy.port);
  expect(await ask(socket, 'before')).toBe('before');
  const answers: string[] = [];
  socket.on('data', bytes => answers.push(String(bytes)));
  const losing = proxy.loseAnswers(100);
  socket.write('unanswered');
  await delay(50);
  expect(heard).toContain('unanswered');
  await losing;
  await delay(20);
  expect(answers).toEqual([]);
  expect(socket.destroyed).toBe(true);
  await proxy.end();
});
