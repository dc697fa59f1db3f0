// 'rxrecur serve --to nats://…' against a server (Debian's package nats-server), killed again and
// again: each output is one message of the stream, in the order of its partition.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const help = `node test/cli/nats.mjs [--rows NUMBER] [--kills NUMBER] [--state file|nats] [--outputs atomic|msgid]

Steps rows of a file (default: 5000) with 'rxrecur serve --to nats://…', which is killed (default: 3
times) and started again. The messages of the stream must be the outputs of one sequential run, each
once. Exit code 1 if they are not. Needs 'npm run build', nats-server and @nats-io/transport-node.

  --state    where the log is (default: file)
  --outputs  whether outputs are stored with the states, or published first (default: atomic)
`;

const string = { type: 'string' };
const options = {
  ...{ help: { type: 'boolean' }, rows: string, kills: string },
  state: { ...string, default: 'file' },
  outputs: { ...string, default: 'atomic' },
};
const { values } = parseArgs({ options });
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}
const rows = Number(values.rows ?? 5000);
const kills = Number(values.kills ?? 3);

const { connect } = await import('@nats-io/transport-node');
const { gru, stateful } = await import('../../dist/index.js');
const { save } = await import('../../dist/io/index.js');

const folder = mkdtempSync(join(tmpdir(), 'rxrecur-nats-'));
const ports = join(folder, 'ports');
const config = join(folder, 'server.conf');
writeFileSync(
  config,
  `listen: "127.0.0.1:-1"
ports_file_dir: "${folder}"
jetstream: { store_dir: "${ports}" }
authorization: { user: worker, password: "se:cret" }
`,
);
const server = spawn('nats-server', ['-c', config], { stdio: 'ignore' });
const portsFile = () => readdirSync(folder).find(name => name.endsWith('.ports'));
while (!portsFile()) await delay(20);
const [address] = JSON.parse(readFileSync(join(folder, portsFile()), 'utf8')).nats;
const host = new URL(address).host;
const connection = await connect({ servers: host, user: 'worker', pass: 'se:cret' });
const ask = async (subject, question) =>
  (await connection.request(`$JS.API.STREAM.${subject}`, JSON.stringify(question))).json();

const model = gru(2, 4, { seed: 1 });
writeFileSync(join(folder, 'model.safetensors'), save(model));
const table = Array.from({ length: rows }, (_, i) => [`s${i % 7}`, i / rows, -i / rows]);
writeFileSync(join(folder, 'rows.csv'), `sensor,a,b\n${table.map(r => r.join()).join('\n')}\n`);
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const to = `nats://worker:se%3Acret@${host}/outputs.j`;
const state = values.state === 'nats' ? `nats://worker:se%3Acret@${host}/log` : 'file:log';
const job = ['--job', 'j', '--key', 'sensor', '--outputs', values.outputs];
const args = ['serve', 'model.safetensors', '--state', state, ...job];
const more = ['-c', 'a,b', '-k', 'a', '--from', 'rows.csv', '--to', to, '--lease', '0.3'];
const serve = () => spawn(process.execPath, [main, ...args, ...more], { cwd: folder });

/** Without a stream that takes them, outputs are refused. */
const refused = serve();
let words = '';
refused.stderr.setEncoding('utf8').on('data', text => {
  words += text;
});
const [refusal] = await once(refused, 'close');
const isRefused = refusal === 2 && words.includes('a stream of JetStream that takes outputs.j.*');
if (!isRefused || words.includes('cret')) console.log(`not refused as expected: ${words}`);

await ask('CREATE.outputs', { name: 'outputs', subjects: ['outputs.j.*'] });
const count = async () => (await ask('INFO.outputs', {})).state.messages;
for (let i = 1; i <= kills; i++) {
  const child = serve();
  const exit = once(child, 'exit');
  while (child.exitCode === null && (await count()) < (rows * i) / (kills + 1)) await delay(2);
  child.kill('SIGKILL');
  await exit;
}
const [code] = await once(serve(), 'exit');

const total = await count();
const told = [];
for (let seq = 1; seq <= total; seq++) {
  const { message } = await ask('MSG.GET.outputs', { seq });
  told.push(JSON.parse(Buffer.from(message.data, 'base64').toString()));
}
await connection.close();
server.kill();
await once(server, 'exit');

const ids = new Set(told.map(({ id }) => id));
let wrong = 0;
for (const key of new Set(table.map(([key]) => key))) {
  const m = stateful(model, { backend: 'simd' });
  const own = told.filter(({ sensor }) => sensor === key);
  for (const [i, [, a, b]] of table.filter(row => row[0] === key).entries()) {
    const { a: kept, y1, y2, y3, y4 } = own[i] ?? {};
    const got = JSON.stringify([...Float32Array.of(y1, y2, y3, y4)]);
    if (kept !== a || got !== JSON.stringify([...m([a, b])])) wrong++;
  }
}
console.log(`${rows} rows, ${kills} kills: ${total} messages, ${total - ids.size} doubled`);
console.log(`${rows - ids.size} lost, ${wrong} wrong; exit code ${code}`);
rmSync(folder, { recursive: true });
process.exitCode = ids.size !== rows || total !== rows || wrong || code || !isRefused ? 1 : 0;
