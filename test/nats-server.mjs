// Starts a nats-server of its own for tests and scripts: on loopback, on a free port.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const binary = 'nats-server';

function find() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];
  const found = folders.map(folder => join(folder, binary)).find(path => existsSync(path));
  if (found) return found;
  throw new Error(`there is no ${binary}: install it with 'apt-get install nats-server'`);
}

/** A port that nobody uses at the moment. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function isListening(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * Starts a server with JetStream, or without; `config` is added to its configuration, with FOLDER
 * as its folder. Resolves to its `url`, `port` and `folder`, and what sends it a signal, stops it,
 * starts it again on the same port with the same streams, and ends it and removes its folder. It
 * ends with this process.
 */
export async function startNats({ config = '', jetstream = true } = {}) {
  const path = find();
  const folder = mkdtempSync(join(tmpdir(), 'rxrecur-nats-'));
  const port = await freePort();
  const file = join(folder, 'server.conf');
  const store = JSON.stringify(join(folder, 'store'));
  const own = `listen: 127.0.0.1:${port}\n${jetstream ? `jetstream { store_dir: ${store} }\n` : ''}`;
  writeFileSync(file, `${own}${config.replaceAll('FOLDER', folder)}\n`);
  let child;
  let said = '';
  const start = async () => {
    child = spawn(path, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', some => {
      said = (said + some).slice(-4000);
    });
    const end = Date.now() + 30_000;
    while (!(await isListening(port))) {
      if (child.exitCode !== null) throw new Error(`${binary} has ended:\n${said}`);
      if (Date.now() > end) throw new Error(`${binary} does not listen:\n${said}`);
      await delay(20);
    }
  };
  const signal = name => child.kill(name);
  const stop = async (name = 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode) return;
    const exit = once(child, 'exit');
    signal(name);
    await exit;
  };
  const restart = async name => {
    await stop(name);
    await start();
  };
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const end = async () => {
    await stop('SIGKILL');
    process.off('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  };
  await start();
  const url = `nats://127.0.0.1:${port}`;
  return { url, port, folder, signal, stop, start, restart, end };
}
