// Starts servers of its own, on loopback, on free ports, in folders that go with them.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The path of a program, which servers often have outside a user's PATH. */
function find(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];
  return folders.map(folder => join(folder, program)).find(path => existsSync(path));
}

/** Installs programs that are missing, if it may: as root on Debian; else it says how. */
export function install(programs) {
  const missing = programs.filter(program => !find(program));
  if (!missing.length) return;
  const args = ['install', '--yes', '--no-install-recommends', ...missing];
  const isAllowed = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  const how = `install with 'apt-get install ${missing.join(' ')}'`;
  if (!isAllowed) throw new Error(`there is no ${missing.join(', no ')}: ${how}`);
  console.log(`apt-get ${args.join(' ')}`);
  // With this run level Debian starts no service of theirs.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  for (const command of [['update', '--quiet'], args]) {
    const { status } = spawnSync('apt-get', command, {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) throw new Error(`apt-get ${command[0]} has failed: ${how}`);
  }
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
 * Starts a program whose configuration `configOf(port, folder)` gives. It ends with this process;
 * `apart`: Ctrl-C in the terminal does not reach it. Resolves to its `port` and `folder`, and what
 * sends it a signal, stops it, starts it again on the same port, and ends it with its folder.
 */
async function startServer(program, configOf, apart) {
  const path = find(program);
  if (!path)
    throw new Error(`there is no ${program}: install it with 'apt-get install ${program}'`);
  const folder = mkdtempSync(join(tmpdir(), `rxrecur-${program}-`));
  const port = await freePort();
  const file = join(folder, 'server.conf');
  writeFileSync(file, configOf(port, folder));
  let child;
  let said = '';
  const start = async () => {
    child = spawn(path, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'], detached: apart });
    child.stderr.on('data', some => {
      said = (said + some).slice(-4000);
    });
    const end = Date.now() + 30_000;
    while (!(await isListening(port))) {
      if (child.exitCode !== null) throw new Error(`${program} has ended:\n${said}`);
      if (Date.now() > end) throw new Error(`${program} does not listen:\n${said}`);
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
  const last = () => {
    signal('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const end = async () => {
    process.off('exit', last);
    await stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', last);
  await start();
  return { port, folder, signal, stop, start, restart, end };
}

/**
 * Starts nats-server with JetStream, or without; `config` is added to its configuration, with
 * FOLDER as its folder.
 */
export async function startNats({ config = '', jetstream = true, apart = false } = {}) {
  const configOf = (port, folder) => {
    const store = JSON.stringify(join(folder, 'store'));
    const stream = jetstream ? `jetstream { store_dir: ${store} }\n` : '';
    return `listen: 127.0.0.1:${port}\n${stream}${config.replaceAll('FOLDER', folder)}\n`;
  };
  const server = await startServer('nats-server', configOf, apart);
  return { ...server, url: `nats://127.0.0.1:${server.port}` };
}

/** Starts mosquitto, a broker of MQTT, which sends so many messages before an acknowledgement. */
export async function startMosquitto({ inflight = 1000, apart = false } = {}) {
  const configOf = port => `listener ${port} 127.0.0.1
allow_anonymous true
max_queued_messages 0
max_inflight_messages ${inflight}
`;
  const server = await startServer('mosquitto', configOf, apart);
  return { ...server, url: `mqtt://127.0.0.1:${server.port}` };
}
