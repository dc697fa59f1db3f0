import { mostRepeated, type Wires } from './wiring.js';

type Run = readonly number[];

/** The most runs that are repeated together: bands that come from as many places. */
const longest = 16;

/**
 * Wires as runs, `from, at, step, count` each, with those that repeat each other in a list: bands
 * of a spectrum are taken in the same way, each some places after the one before.
 */
export function rolledWires(runs: readonly Run[]): Wires {
  const wires: (number | readonly number[])[] = [];
  let left = mostRepeated;
  for (let i = 0; i < runs.length; ) {
    const found = bestGroup(runs, i);
    const { length, times } = found.length * found.times <= left ? found : one;
    if (times > 1) {
      left -= length * times;
      const group = runs.slice(i, i + length);
      const by = (k: number) => runs[i + length + k][1] - runs[i + k][1];
      wires.push([times, ...group.flatMap((run, k) => [...run, by(k)])]);
    } else wires.push(...runs[i]);
    i += length * times;
  }
  return wires;
}

const one = { length: 1, times: 1, saved: 0 };

/** The group from a run on whose repetition saves the most numbers. */
function bestGroup(runs: readonly Run[], begin: number) {
  let best = one;
  for (let length = 1; length <= longest; length++) {
    const times = timesOf(runs, begin, length);
    const saved = 4 * length * times - (5 * length + 1);
    if (times > 1 && saved > best.saved) best = { length, times, saved };
  }
  return best;
}

/** How often so many runs come one after another, each time at places that grow by the same. */
function timesOf(runs: readonly Run[], begin: number, length: number): number {
  const by = (i: number) => runs[i][1] - runs[i - length][1];
  const goesOn = (i: number) => {
    if (i >= runs.length || i < length) return false;
    const [from, , step, count] = runs[i];
    const [wasFrom, , wasStep, wasCount] = runs[i - length];
    return from === wasFrom && step === wasStep && count === wasCount;
  };
  for (let times = 1; ; times++) {
    for (let i = begin + times * length; i < begin + (times + 1) * length; i++) {
      const isFirst = times === 1;
      if (!goesOn(i) || (!isFirst && by(i) !== by(i - length))) return times;
    }
  }
}
