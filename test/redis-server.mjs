// Starts Redis servers for tests, on loopback, in folders that go with them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A port that nobody uses at the moment. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** What a server answers to one command, as it sends it; undefined: nobody is there. */
function ask(port, command) {
  return new Promise(resolve => {
    const socket = createConnection(port, '127.0.0.1');
    socket.on('error', () => resolve(undefined));
    socket.on('data', bytes => {
      socket.destroy();
      resolve(String(bytes));
    });
    socket.on('connect', () => socket.write(`${command}\r\n`));
  });
}

/** Resolves when the server has loaded its files. */
async function ready(server, port) {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`redis-server ended with ${server.exitCode}`);
    const answer = await ask(port, 'PING');
    if (answer?.startsWith('+PONG') || answer?.startsWith('-NOAUTH')) return;
    await delay(10);
  }
}

/**
 * A server of its own, with an append-only file that is synced before each answer unless `config`
 * says otherwise: `['--appendonly', 'no']`. It ends with this process.
 */
export async function startRedis({ config = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'rxrecur-redis-'));
  const port = await freePort();
  const always = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const place = ['--port', port, '--bind', '127.0.0.1', '--dir', folder];
  let server;
  const start = async () => {
    server = spawn('redis-server', [...place, ...always, ...config], { stdio: 'ignore' });
    const failed = once(server, 'error').then(([error]) => {
      const hint = error.code === 'ENOENT' ? '; apt-get install redis-server' : '';
      throw new Error(`cannot start redis-server: ${error.message}${hint}`);
    });
    failed.catch(() => {});
    await Promise.race([ready(server, port), failed]);
  };
  const end = () => server.kill('SIGKILL');
  const stop = async (signal = 'SIGTERM') => {
    if (server.exitCode !== null || server.signalCode) return;
    const exit = once(server, 'exit');
    server.kill(signal);
    await exit;
  };
  await start();
  process.once('exit', end);
  return {
    port,
    folder,
    url: `redis://127.0.0.1:${port}`,
    /** The answer to one command, as the server sends it. */
    ask: command => ask(port, command),
    /** Sends a signal without waiting for an end: SIGSTOP, SIGCONT. */
    signal: name => server.kill(name),
    stop,
    async restart(signal = 'SIGKILL') {
      await stop(signal);
      await start();
    },
    start,
    /** Stops it for good, and removes its folder. */
    async end() {
      await stop('SIGKILL');
      process.off('exit', end);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Masters that share the slots of a cluster. */
export async function startCluster(count) {
  const buses = await Promise.all(Array.from({ length: count }, freePort));
  const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--cluster-port'];
  const start = bus => startRedis({ config: [...options, bus] });
  const servers = await Promise.all(buses.map(start));
  const slots = Math.ceil(16384 / count);
  for (const [i, { ask }] of servers.entries()) {
    const last = Math.min(16383, (i + 1) * slots - 1);
    await ask(`CLUSTER ADDSLOTSRANGE ${i * slots} ${last}`);
    await ask(`CLUSTER MEET 127.0.0.1 ${servers[0].port} ${buses[0]}`);
  }
  for (const { ask } of servers) {
    const isWhole = async () => {
      const info = await ask('CLUSTER INFO');
      return info.includes('state:ok') && info.includes(`cluster_size:${count}`);
    };
    while (!(await isWhole())) await delay(20);
  }
  return servers;
}
