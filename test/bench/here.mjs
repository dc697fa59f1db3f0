// Two pieces of work that take turns in this process: for code of one library, whose machine code
// neither shapes the other's.
import { processorTime } from './processor-time.mjs';
import { median, spread } from './quantile.mjs';

/** µs a step of work over about so many milliseconds. */
function turnOf(work) {
  let each = 0.01;
  const timed = units => {
    const start = processorTime();
    work.run(units);
    const milliseconds = processorTime() - start;
    each = Math.max(milliseconds / units, 1e-6);
    return milliseconds;
  };
  return {
    warm(milliseconds) {
      for (let left = milliseconds, units = 1; left > 0; units = Math.min(2 * units, 1e6)) {
        left -= Math.max(timed(Math.min(units, Math.ceil(left / each))), 0.01);
      }
    },
    turn(milliseconds) {
      const units = Math.max(1, Math.round(milliseconds / each));
      return (timed(units) / units / work.per) * 1000;
    },
  };
}

/** Turns in alternation: pairs of µs a step, and medians and spreads of what is made of a pair. */
export function duelHere(first, second, { turns, milliseconds, warm }) {
  const both = [turnOf(first), turnOf(second)];
  for (const work of both) work.warm(warm);
  const pairs = Array.from({ length: turns }, () => both.map(work => work.turn(milliseconds)));
  return {
    pairs,
    median: of => median(pairs.map(of)),
    spread: of => spread(pairs.map(of)),
  };
}
