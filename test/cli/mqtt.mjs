// 'rxrecur serve --from mqtt://…' against a broker (Debian's package mosquitto), killed again and
// again: no message that the broker took is lost, and each stored event has its output once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const help = `node test/cli/mqtt.mjs [--rows NUMBER] [--kills NUMBER] [--inflight NUMBER]

Publishes rows (default: 200) to a broker of its own, while 'rxrecur serve' that reads them is killed
(default: 3 times) and started again. Each row must be in the log, perhaps twice: MQTT sends again
what was not acknowledged. The outputs must be those of one sequential run over the log, each once.
Exit code 1 if they are not. Needs 'npm run build' and mosquitto.

  --kills 0          publishes as fast as it can, and prints how many messages a second are stored
  --inflight NUMBER  messages that the broker sends before it has an acknowledgement (default: 20,
                     which is mosquitto's)
`;

const number = { type: 'string' };
const options = { help: { type: 'boolean' }, rows: number, kills: number, inflight: number };
const { values } = parseArgs({ options });
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}
const rows = Number(values.rows ?? 200);
const kills = Number(values.kills ?? 3);
const inflight = Number(values.inflight ?? 20);

const { connectAsync } = (await import('mqtt')).default;
const { fileLog } = await import('../../dist/durable/file.js');
const { gru, stateful } = await import('../../dist/index.js');
const { save } = await import('../../dist/io/index.js');

const folder = mkdtempSync(join(tmpdir(), 'rxrecur-mqtt-'));
const port = await new Promise(resolve => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
const config = join(folder, 'mosquitto.conf');
const limits = `max_queued_messages 0\nmax_inflight_messages ${inflight}\n`;
writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\n${limits}`);
const broker = spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
await Promise.race([once(broker, 'spawn'), once(broker, 'error').then(([e]) => Promise.reject(e))]);

const model = gru(2, 4, { seed: 1 });
writeFileSync(join(folder, 'model.safetensors'), save(model));
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const args = ['serve', 'model.safetensors', '--state', 'file:log', '--job', 'j', '--key', 'sensor'];
const serve = () =>
  spawn(
    process.execPath,
    [main, ...args, '-c', 'a,b', '--from', `mqtt://127.0.0.1:${port}/rows`, '--to', 'out.ndjson'],
    { cwd: folder, stdio: 'inherit' },
  );

/** The lines of the output. */
const lines = () => {
  const path = join(folder, 'out.ndjson');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
};

async function until(count) {
  for (const end = Date.now() + 60_000; Date.now() < end && lines().length < count; )
    await delay(20);
}

const url = `mqtt://127.0.0.1:${port}`;
const client = await connectAsync(url);
const publish = i => {
  const row = { sensor: `s${i % 5}`, a: i / rows, b: -i / rows };
  return client.publishAsync('rows', JSON.stringify(row), { qos: 1 });
};

let server = serve();
// Its subscription lasts from the first row that it has stored.
for (const end = Date.now() + 30_000; Date.now() < end && !lines().length; await delay(100)) {
  await publish(0);
}
const each = Math.ceil((rows - 1) / (kills + 1));
const begin = performance.now();
for (let i = 1, killed = 0; i < rows; i++) {
  const publishing = publish(i);
  if (kills || i % 500 === 0) await publishing;
  if (i % each || killed === kills) continue;
  killed++;
  await until(i / 2);
  server.kill('SIGKILL');
  await once(server, 'exit');
  server = serve();
}
await client.endAsync();
await until(rows);
const rate = Math.round((1000 * rows) / (performance.now() - begin));
if (!kills) console.log(`${rate} messages a second are stored and have their outputs`);
// What was sent twice may still be on its way.
await delay(500);
server.kill('SIGTERM');
const [code] = await once(server, 'exit');
broker.kill();

const log = await fileLog(join(folder, 'log'));
const steppers = new Map();
const expected = [];
const seen = new Set();
for (let p = 0; p < log.partitions; p++) {
  for await (const events of log.read(p, 0)) {
    for (const { key, value } of events) {
      const { x } = JSON.parse(new TextDecoder().decode(value));
      seen.add(Math.round(x[0] * rows));
      if (!steppers.has(key)) steppers.set(key, stateful(model, { backend: 'simd' }));
      expected.push(JSON.stringify([key, ...steppers.get(key)(x)]));
    }
  }
}
await log.close();
const got = lines().map(line => {
  const { sensor, y1, y2, y3, y4 } = JSON.parse(line);
  return JSON.stringify([sensor, ...Float32Array.of(y1, y2, y3, y4)]);
});

const lost = Array.from({ length: rows }, (_, i) => i).filter(i => !seen.has(i));
const isEqual = [...got].sort().join('\n') === [...expected].sort().join('\n');
console.log(`${rows} rows published, ${expected.length} events stored, ${got.length} outputs`);
console.log(`${lost.length} lost; outputs ${isEqual ? 'equal' : 'differ'}; exit code ${code}`);
rmSync(folder, { recursive: true });
process.exitCode = lost.length || !isEqual || code !== 0 ? 1 : 0;
