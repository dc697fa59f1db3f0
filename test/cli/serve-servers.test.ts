import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NodeConnectionOptions, nkeys } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { natsLog } from '../../src/durable/nats-log.js';
import { jsonBytes, type PartitionLog, partitionOf } from '../../src/durable.js';
import { stateful } from '../../src/index.js';
import { type NatsServer, startNats } from '../durable/nats.js';
import { type RedisServer, startRedis } from '../durable/redis.js';
import {
  csv,
  expected,
  file,
  folder,
  linesOf,
  model,
  modelFile,
  pairs,
  Running,
  rxrecur,
} from './command.js';
import '../slow.js';

let nats: NatsServer;
let redis: RedisServer;
const open: { close?(): Promise<unknown>; end?(): Promise<void> }[] = [];
beforeAll(async () => {
  [nats, redis] = await Promise.all([startNats(), startRedis()]);
});
afterAll(async () => {
  for (const one of open) await (one.close?.() ?? one.end?.());
  await Promise.all([nats.end(), redis.end()]);
});

const rows = pairs(120);
const keys = rows.map((_, i) => `s${i % 7}`);
const table = csv(
  'room,a,b',
  rows.map((pair, i) => [keys[i], ...pair]),
);
const keyed = ['--key', 'room', '-c', 'a,b'];

/** Each key's outputs in order: those of the sequential model. */
function answers(): Map<string, number[][]> {
  const own = (key: string) => rows.filter((_, i) => keys[i] === key);
  const of = (key: string) => expected(own(key), stateful(model, { backend: 'simd' }) as never);
  return new Map([...new Set(keys)].map(key => [key, of(key)]));
}

type Line = Readonly<Record<string, never>>;
function check(lines: readonly Line[]) {
  expect(new Set(lines.map(({ id }) => id)).size).toBe(rows.length);
  expect(lines).toHaveLength(rows.length);
  for (const [key, ys] of answers()) {
    const own = lines.filter(line => line.room === key);
    expect(own.map(({ y1, y2 }) => [y1, y2].map(Math.fround))).toEqual(ys);
  }
}

async function streamsOf(options: NodeConnectionOptions = { servers: nats.url }) {
  const connection = await connect(options);
  open.push(connection);
  return (await jetstreamManager(connection)).streams;
}

async function outputsTo(subject: string) {
  const streams = await streamsOf();
  await streams.add({ name: subject, subjects: [`${subject}.*`] });
  return async () => {
    const { state } = await streams.info(subject);
    const numbers = Array.from({ length: state.messages }, (_, i) => ({ seq: i + 1 }));
    const found = await Promise.all(numbers.map(query => streams.getMessage(subject, query)));
    return found.map(message => message?.json() as Line);
  };
}

/** A log with the rows as events. */
async function filled(name: string): Promise<PartitionLog> {
  const log = await natsLog(nats.url, { name, partitions: 6 });
  open.push(log);
  for (const [i, [a, b]] of rows.entries()) {
    await log.append(partitionOf(keys[i], 6), [{ key: keys[i], value: jsonBytes([a, b]) }]);
  }
  return log;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

const serve = (...more: string[]) => {
  const running = new Running(['serve', modelFile, '--job', 'j', ...more]).read();
  open.push({ close: async () => running.child.kill('SIGKILL') });
  return running;
};

test('one command reads a log of NATS, and publishes each output once; SIGTERM ends it with 0', async () => {
  await filled('one');
  const told = await outputsTo('one-out');
  const port = await freePort();
  const from = ['--from', `${nats.url}/one`, '--to', `${nats.url}/one-out`, '--state', 'nats'];
  const running = serve(...from, ...keyed, '--metrics', String(port));
  await expect.poll(async () => (await told()).length, { timeout: 30_000 }).toBe(rows.length);
  const health = await fetch(`http://127.0.0.1:${port}/healthz`);
  expect([health.status, await health.text()]).toEqual([200, 'ok\n']);
  const offsets = async () => {
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
    const found = (await metrics.text()).matchAll(/^rxrecur_offset\{[^}]*\} (\d+)/gm);
    return [...found].reduce((sum, [, n]) => sum + Number(n), 0);
  };
  await expect.poll(offsets, { timeout: 10_000 }).toBe(rows.length);
  running.child.kill('SIGTERM');
  const { code, stderr } = await running.end();
  expect([code, stderr]).toEqual([0, '']);
  check(await told());
});

test.each(['atomic', 'msgid'])(
  'three commands with --outputs %s share a log, and a SIGKILL loses and doubles nothing',
  async outputs => {
    const log = await natsLog(nats.url, { name: `three-${outputs}`, partitions: 6 });
    open.push(log);
    const told = await outputsTo(`three-${outputs}-out`);
    const at = `${nats.url}/three-${outputs}`;
    const from = ['--from', at, '--to', `${at}-out`, '--state', 'nats', '--outputs', outputs];
    const start = () => serve(...from, ...keyed, '--lease', '1');
    let workers = [start(), start(), start()];
    const owners = async () => {
      const all = await Promise.all([0, 1, 2, 3, 4, 5].map(p => log.owner('j', p)));
      return new Set(all).has(undefined) ? 0 : new Set(all).size;
    };
    await expect.poll(owners, { timeout: 30_000 }).toBe(3);
    for (const [i, [a, b]] of rows.entries()) {
      await log.append(partitionOf(keys[i], 6), [{ key: keys[i], value: jsonBytes([a, b]) }]);
      if (i % 40 !== 20) continue;
      workers[0].child.kill('SIGKILL');
      workers = [...workers.slice(1), start()];
    }
    await expect.poll(async () => (await told()).length, { timeout: 40_000 }).toBe(rows.length);
    for (const { child } of workers) child.kill('SIGTERM');
    for (const worker of workers) expect((await worker.end()).code).toBe(0);
    check(await told());
  },
);

test('on SIGTERM another command has the partitions within half a second', async () => {
  const log = await natsLog(nats.url, { name: 'hand', partitions: 6 });
  open.push(log);
  const from = ['--from', `${nats.url}/hand`, '--state', 'nats', '--output-format', 'ndjson'];
  const [one, other] = [serve(...from, ...keyed), serve(...from, ...keyed)];
  const owners = () => Promise.all([0, 1, 2, 3, 4, 5].map(p => log.owner('j', p)));
  const count = async () => {
    const all = await owners();
    return all.includes(undefined) ? 0 : new Set(all).size;
  };
  await expect.poll(count, { timeout: 30_000 }).toBe(2);
  const begin = performance.now();
  one.child.kill('SIGTERM');
  while ((await count()) !== 1) await new Promise(resolve => setTimeout(resolve, 5));
  const took = performance.now() - begin;
  expect((await one.end()).code).toBe(0);
  expect(took).toBeLessThan(process.env.CI ? 2000 : 500);
  other.child.kill('SIGTERM');
  expect((await other.end()).code).toBe(0);
});

test('a log of Redis is served, and its states are listed', async () => {
  const state = `${redis.url}/jobs`;
  const to = file('redis.ndjson');
  const run = ['serve', modelFile, '--state', state, '--job', 'j', '--to', to];
  const { code, stderr } = await rxrecur([...run, ...keyed, '--partitions', '3'], table);
  expect([code, stderr]).toEqual([0, '']);
  check(linesOf(readFileSync(to, 'utf8')).map(line => JSON.parse(line)));
  const { stdout } = await rxrecur(['state', 'ls', '--state', state, '--job', 'j']);
  const listed = linesOf(stdout).map(line => JSON.parse(line).key);
  expect(listed.sort()).toEqual([...new Set(keys)].sort());
});

test('state makes no log on a server: it refuses the name, and says which logs there are', async () => {
  await natsLog(nats.url, { name: 'there', partitions: 1 }).then(log => log.close());
  const ls = (state: string) => rxrecur(['state', 'ls', '--state', state, '--job', 'j']);
  const lacking = await ls(`${nats.url}/nowhere`);
  expect(lacking).toMatchObject({ code: 2, stdout: '' });
  expect(lacking.stderr).toMatch(
    /the NATS log nowhere at .*: expected a log that is there, got none; /,
  );
  expect(lacking.stderr).toMatch(/the server has .*\bthere\b/);
  const streams = await streamsOf();
  const names: string[] = [];
  for await (const { config } of streams.list()) names.push(config.name);
  expect(names.filter(name => name.startsWith('nowhere'))).toEqual([]);
  const other = await startRedis({ config: ['--appendonly', 'no'] });
  open.push(other);
  const none = await ls(`${other.url}/nowhere?durability=none`);
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('the server has no log')]);
  expect(await other.ask('DBSIZE')).toBe(':0\r\n');
  const refused = await ls(`${other.url}/nowhere`);
  expect(refused.stderr).toContain('redisLog.durability: expected a server with appendonly yes');
});

/** Steps rows of stdin on a log of a server, and reads a state back. */
async function works(state: string, more: readonly string[] = [], env?: NodeJS.ProcessEnv) {
  const before = { ...process.env };
  Object.assign(process.env, env);
  const run = ['serve', modelFile, '--state', state, '--job', 'j', '--partitions', '1'];
  const { code, stdout, stderr } = await rxrecur(
    [...run, ...keyed, '--output-format', 'ndjson', ...more],
    table,
  );
  process.env = before;
  if (code !== 0) return stderr;
  check(linesOf(stdout).map(line => JSON.parse(line)));
  return 'works';
}

async function started(config: string) {
  const server = await startNats({ config });
  open.push(server);
  return server;
}

const at = (server: NatsServer, who = '', scheme = 'nats') =>
  `${scheme}://${who && `${who}@`}127.0.0.1:${server.port}/log`;

test('user and password, or a token, stand in the URL, and wrong ones are refused without a word of them', async () => {
  const server = await started('authorization { user: me, password: "se:cret" }');
  expect(await works(at(server, 'me:se%3Acret'))).toBe('works');
  const refusal = await works(at(server, 'me:wrong1'));
  expect(refusal).toMatch(/the NATS log log: expected a connection, got .*look at user, password/);
  expect(refusal).not.toContain('wrong1');
  const other = await started('authorization { token: "t0ken" }');
  expect(await works(at(other, 't0ken'))).toBe('works');
});

test('--creds is a file of a JWT and its seed, as nsc writes it', async () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  // The second version of NATS' JWTs, signed with ed25519.
  const jwt = (
    issuer: ReturnType<typeof nkeys.createUser>,
    sub: string,
    name: string,
    of: object,
  ) => {
    const head = encode({ typ: 'JWT', alg: 'ed25519-nkey' });
    const claims = { jti: name, iat: 1, iss: issuer.getPublicKey(), name, sub, nats: of };
    const body = `${head}.${encode(claims)}`;
    return `${body}.${Buffer.from(issuer.sign(Buffer.from(body))).toString('base64url')}`;
  };
  const [operator, account, user] = [
    nkeys.createOperator(),
    nkeys.createAccount(),
    nkeys.createUser(),
  ];
  const all = { subs: -1, data: -1, payload: -1 };
  const own = operator.getPublicKey();
  const system = nkeys.createAccount().getPublicKey();
  const operatorJwt = jwt(operator, own, 'op', {
    type: 'operator',
    version: 2,
    system_account: system,
  });
  const streams = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const limits = {
    ...all,
    imports: -1,
    exports: -1,
    wildcards: true,
    conn: -1,
    leaf: -1,
    ...streams,
  };
  const ofAccount = { type: 'account', version: 2 };
  const accountJwt = jwt(operator, account.getPublicKey(), 'acc', { ...ofAccount, limits });
  const ofSystem = { ...ofAccount, limits: { ...all, conn: -1, imports: -1, exports: -1 } };
  const systemJwt = jwt(operator, system, 'sys', ofSystem);
  const userJwt = jwt(account, user.getPublicKey(), 'me', { ...all, type: 'user', version: 2 });
  const server = await started(`operator: "${operatorJwt}"
system_account: ${system}
resolver: MEMORY
resolver_preload: { ${account.getPublicKey()}: "${accountJwt}", ${system}: "${systemJwt}" }`);
  const seed = new TextDecoder().decode(user.getSeed());
  const creds = file('me.creds', credsText(userJwt, seed));
  expect(await works(at(server), ['--creds', creds])).toBe('works');
  expect(await works(at(server))).toMatch(/the NATS log log: expected a connection, got/);
  const stranger = new TextDecoder().decode(nkeys.createUser().getSeed());
  const wrong = file('wrong.creds', credsText(userJwt, stranger));
  expect(await works(at(server), ['--creds', wrong])).toMatch(/expected a connection, got/);
});

const credsText = (jwt: string, seed: string) => `-----BEGIN NATS USER JWT-----
${jwt}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------
`;

test('tls:// is TLS: a server without it is refused, and so is a certificate of nobody', async () => {
  const [key, cert] = [join(folder, 'server.key'), join(folder, 'server.pem')];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test'];
  const name = ['-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...args, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const server = await started(`tls { cert_file: "${cert}", key_file: "${key}" }`);
  const url = `tls://localhost:${server.port}/log`;
  expect(await works(url, [], { NODE_EXTRA_CA_CERTS: cert })).toBe('works');
  expect(await works(url)).toMatch(/the NATS log log: expected a connection, got .*certificate/);
  const plain = await works(at(nats, '', 'tls'));
  expect(plain).toMatch(/the NATS log log: expected a connection, got .*tls/);
});
