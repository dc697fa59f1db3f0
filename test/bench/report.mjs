// From results/*.json the tables in docs/performance.md and the picture docs/speed.svg.
//   node test/bench/report.mjs [--check]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { speedPicture } from './picture.mjs';
import { median } from './quantile.mjs';

const here = new URL('.', import.meta.url);
const page = new URL('../../docs/performance.md', here);
const picture = new URL('../../docs/speed.svg', here);
const [begin, end] = ['<!-- bench: begin -->', '<!-- bench: end -->'];

/** The lanes that were measured, Node's first, the newest first. */
export function lanes() {
  const folder = new URL('results/', here);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(name => /^(\d+|chromium)[.]json$/.test(name))
    .map(name => JSON.parse(readFileSync(new URL(name, folder), 'utf8')))
    .sort((a, b) => (Number(b.lane) || 0) - (Number(a.lane) || 0));
}

const digits = value => {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(value < 0.1 ? 2 : 3)));
};

const cellNames = { lstm: 'LSTM', gru: 'GRU', rnn: 'RNN', 'lstm+dense': 'chain(LSTM, dense 1)' };

/** What the others are, said once; how rxrecur itself is used otherwise, too. */
export const systemNames = {
  'rxrecur-distinct': 'rxrecur, without `reuse`',
  'rxrecur-operator': 'rxrecur, `subject.next` to `subscribe`',
  'rxrecur-single': 'rxrecur, one step a call',
  'rxrecur-portable': "rxrecur, `backend: 'portable'`",
  loops: 'plain loops',
  rtneural: 'RTNeural',
  pytorch: 'PyTorch',
};

const unique = values => [...new Set(values)];

function table(head, rows) {
  const line = cells => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i ? '---:' : '---'))), ...rows.map(line)].join('\n');
}

/** Times as long as rxrecur takes, with the quartiles. */
const ratioText = ({ median, low, high }) => `${digits(median)} (${digits(low)}–${digits(high)})`;

/** One table: a system a row, a size or batch a column. */
function ratios(rows, along, unit) {
  const across = unique(rows.map(row => row[along]));
  const at = (list, value) => list.find(row => row[along] === value);
  const ours = across.map(value => {
    return digits(median(rows.filter(row => row[along] === value).map(row => row.ours)));
  });
  const others = unique(rows.map(({ system }) => system)).map(system => {
    const own = rows.filter(row => row.system === system);
    const cells = across.map(value => at(own, value)).map(row => (row ? ratioText(row.ratio) : ''));
    return [systemNames[system] ?? system, ...cells];
  });
  return table([unit, ...across], [['**rxrecur, µs**', ...ours], ...others]);
}

const works = {
  step: 'One step. The row of rxrecur is µs; the others say how many times as long they take.',
  chunk: 'A chunk of 1,000 steps in one call, per step.',
};

/** Readers see a lane's first table; the others unfold. */
const folded = (summary, parts) =>
  parts.length ? [`<details>\n<summary>${summary}</summary>`, ...parts, '</details>'] : [];

function laneText({ version, lane, backend, machine, rows, missing = [], keys = [] }) {
  const name = lane === 'chromium' ? `Chromium ${version}` : `Node ${version}`;
  const parts = [];
  for (const [work, words] of Object.entries(works)) {
    for (const cell of unique(rows.filter(row => row.work === work).map(row => row.cell))) {
      const own = rows.filter(row => row.work === work && row.cell === cell);
      parts.push(`**${cellNames[cell]}.** ${words}`, ratios(own, 'size', 'input = hidden'));
    }
  }
  const batches = rows.filter(({ work }) => work === 'batch');
  for (const { cell, size } of unique(batches.map(({ cell, size }) => `${cell} ${size}`))
    .map(text => text.split(' '))
    .map(([cell, size]) => ({ cell, size: Number(size) }))) {
    const own = batches.filter(row => row.cell === cell && row.size === size);
    const words = 'Batches `[features, batch]`, per step of one stream.';
    parts.push(`**${cellNames[cell]} ${size}.** ${words}`, ratios(own, 'columns', 'batch'));
  }
  if (keys.length) parts.push('**Keys**, LSTM 16, events a second.', keysTable(keys));
  if (missing.length) parts.push(`Not measured here: ${missing.join('; ')}.`);
  return [
    `### ${name}`,
    `Backend \`${backend}\`, ${machine}.`,
    ...parts.slice(0, 2),
    ...folded(`All other tables of ${name}`, parts.slice(2)),
  ].join('\n\n');
}

function keysTable(keys) {
  const head = ['keys', 'way', 'events/s', 'bytes a key', 'p99 wait, ms', 'recurBy is faster by'];
  const row = (count, way, { rate, bytes, wait }, ratio) => [
    digits(count),
    way,
    digits(rate),
    count > 1 ? digits(bytes) : '',
    digits(wait),
    ratio,
  ];
  return table(
    head,
    unique(keys.map(({ keys: count }) => count)).flatMap(count => {
      const own = keys.filter(({ keys: of }) => of === count);
      return [
        row(count, '`recurBy`', own[0].ours, ''),
        ...own.map(({ system, theirs, ratio }) => row(count, system, theirs, ratioText(ratio))),
      ];
    }),
  );
}

/** The page and the picture that the results make, by their files. */
function reported() {
  const measured = lanes();
  if (measured.length === 0) return [];
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no ${begin} … ${end}`);
  const shown = measured.find(({ rows }) => rows.some(isShown));
  const parts = [...(shown ? [image] : []), ...measured.map(laneText)].join('\n\n');
  const whole = `${text.slice(0, from)}${begin}\n\n${parts}\n\n${text.slice(to)}`;
  return [[page, whole], ...(shown ? [[picture, speedPicture(shown)]] : [])];
}

const nameOf = file => fileURLToPath(file).slice(fileURLToPath(new URL('../../', here)).length);

export function writeReport() {
  for (const [file, text] of reported()) {
    writeFileSync(file, text);
    console.log(`written: ${nameOf(file)}`);
  }
}

/** Says whether the files are what the results make; sets the exit code if one is not. */
function checkReport() {
  for (const [file, text] of reported()) {
    const isSame = readFileSync(file, 'utf8') === text;
    console.log(`${nameOf(file)}: ${isSame ? 'as the results say' : 'not as the results say'}`);
    if (!isSame) process.exitCode = 1;
  }
}

const image = '![Microseconds of one LSTM step against the hidden size, each system](speed.svg)';

const isShown = ({ work, cell }) => work === 'step' && cell === 'lstm';

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { check } = new Command('node test/bench/report.mjs')
    .description('Writes the tables of docs/performance.md and docs/speed.svg from results/.')
    .option('--check', 'write nothing; exit with 1 if a file is not as the results say')
    .parse()
    .opts();
  if (check) checkReport();
  else writeReport();
}
