// docs/keys.md's recipe against a Redis server (Debian's package redis-server); CI runs it. To run
// it:
//   npm install --prefix test/docs/by-hand --ignore-scripts && node test/docs/by-hand/redis.mjs
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient, RESP_TYPES } from 'redis';
import { finalize, lastValueFrom, of, Subject, toArray } from 'rxjs';
import { gru, keyedSnapshots, recurBy, snapshotFromBytes } from '../../../dist/index.js';

const folder = mkdtempSync(join(tmpdir(), 'rxrecur-redis-'));
const socket = join(folder, 'socket');
const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder];
const server = spawn('redis-server', args, { stdio: 'ignore' });
await Promise.race([
  once(server, 'spawn'),
  once(server, 'error').then(([error]) => Promise.reject(error)),
]);

async function connected() {
  const client = createClient({ socket: { path: socket, reconnectStrategy: () => 50 } });
  client.on('error', () => {});
  return client.connect();
}
const client = await connected();

const redis = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
const store = {
  async put(snapshots) {
    const fields = new Map();
    for (const [id, snapshot] of snapshots) fields.set(id, Buffer.from(snapshot.toBytes()));
    if (fields.size) await redis.hSet('states', fields);
  },
  async get(id) {
    const bytes = await redis.hGet('states', id);
    return bytes ? snapshotFromBytes(bytes) : undefined;
  },
};

const model = gru(1, 16, { seed: 1 });
const options = {
  key: ({ id }) => id,
  select: ({ x }) => x,
  project: (y, { at }) => [at, String(y)],
};
const events = Array.from({ length: 600 }, (_, at) => ({
  id: `sensor ${at % 7}`,
  x: Math.sin(at),
  at,
}));
const half = events.length / 2;

let keyed;
const first$ = new Subject();
const told = own => {
  keyed = own;
};
first$.pipe(recurBy(model, { ...options, keyed: told })).subscribe();
for (const event of events.slice(0, half)) {
  first$.next(event);
  if (event.at % 50 === 49) await store.put(keyedSnapshots(keyed.snapshots({ changed: true })));
}
// The process ends here, and another goes on.
const rest$ = of(...events.slice(half)).pipe(
  recurBy(model, { ...options, restore: store }),
  toArray(),
);
const whole$ = of(...events).pipe(recurBy(model, options), toArray());
const stop = finalize(() => client.destroy());
const [rest, whole] = [await lastValueFrom(rest$.pipe(stop)), await lastValueFrom(whole$)];
server.kill();
await Promise.race([once(server, 'exit'), wait(5000)]);
rmSync(folder, { recursive: true });

const sorted = rest.sort(([a], [b]) => a - b);
const isSame = String(sorted) === String(whole.slice(half));
process.exitCode = isSame && rest.length === half ? 0 : 1;
