// One LSTM step of the portable path against ndarray-blas-level2 used naively: two gemv on ordinary
// ndarrays plus scalar loops. Each runs in a process of its own, as in a user's program (neither
// shapes the other's machine code); they take turns, pair after pair of fresh processes (a process
// may sit on a slower core), and the ratio is the median over all turns.
//   npm run build && node test/bench/portable.mjs [--quick]
import { Command } from 'commander';
import { median } from './quantile.mjs';
import { duel, prepare, startNode } from './turns.mjs';

const { quick } = new Command('node test/bench/portable.mjs')
  .description(
    'Compares one LSTM step of the portable path with ndarray-blas-level2 used naively: medians in ' +
      'µs and their ratio. Exits with 1 if a ratio is above its bound (not with --quick).',
  )
  .option('--quick', 'one pair of processes for two sizes, short turns')
  .parse()
  .opts();

const pairs = quick ? 1 : 5;
const pace = quick ? { turns: 3, milliseconds: 5 } : { turns: 7, milliseconds: 10 };
const sizes = quick ? [16, 64] : [8, 16, 32, 64, 128];
const bounds = { 16: 0.45, 64: 0.7 };

console.log(`node ${process.version}, LSTM, input = hidden, ${pairs} × ${pace.turns} turns`);
for (const size of sizes) {
  const rows = [];
  for (let pair = 0; pair < pairs; pair++) {
    const contenders = ['ndarray-blas-level2', 'rxrecur-portable'].map(name => startNode(name));
    const task = { work: 'step', cell: 'lstm', size, columns: 1 };
    for (const contender of contenders) await prepare(contender, task, 30);
    rows.push(await duel(...contenders, pace));
    for (const contender of contenders) contender.end();
  }
  const [naive, own, ratio] = [r => r.ours, r => r.theirs, r => r.ratio.median].map(of =>
    median(rows.map(of)),
  );
  const bound = bounds[size] ? ` (at most ${bounds[size]})` : '';
  const figures = `${own.toFixed(2)} µs, naive ${naive.toFixed(2)} µs, ratio ${ratio.toFixed(2)}`;
  console.log(`${String(size).padStart(4)}: ${figures}${bound}`);
  if (ratio > bounds[size] && !quick) process.exitCode = 1;
}
