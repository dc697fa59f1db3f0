// What a measured process answers, in Node and in a page alike; programs in other languages that
// speak these lines can be compared too. A line is words with single spaces:
//   prepare WORK CELL SIZE COLUMNS   → ready Y… (the first elements of an output, for comparison)
//                                      or none REASON, where the system has no such thing
//   warm MS                          → ok
//   turn MS                          → µs a step, measured over about so many milliseconds by the
//                                      process's own processor time
// WORK is step, chunk (1,000 steps a call) or batch (COLUMNS streams a call; µs a step of one);
// CELL is lstm, gru, rnn or lstm+dense.

/** Units of work after which outputs are compared. */
export const probes = { step: 20, batch: 20, chunk: 1 };

/**
 * Answers lines by what `prepare` makes of a task: `{ per, run }`, where `run(n)` does `per` steps
 * n times, with a promise or without, and answers the last output; or `{ none: reason }`. `clock`
 * tells milliseconds.
 */
export function meter(prepare, clock) {
  let work;
  /** Milliseconds of one unit, as last seen. */
  let each = 1;

  async function timed(units) {
    const start = clock();
    const pending = work.run(units);
    if (pending instanceof Promise) await pending;
    const milliseconds = clock() - start;
    each = Math.max(milliseconds / units, 1e-6);
    return milliseconds;
  }
  const answers = {
    async prepare(name, cell, size, columns) {
      const task = { work: name, cell, size: Number(size), columns: Number(columns) };
      work = await prepare(task);
      if (work.none) return `none ${work.none}`;
      const y = await work.run(probes[name]);
      return ['ready', ...(work.unlike ? [] : Array.from(y).slice(0, 4))].join(' ');
    },
    async warm(milliseconds) {
      let left = Number(milliseconds);
      for (let units = 1; left > 0; units = Math.min(2 * units, Math.ceil(left / each))) {
        left -= Math.max(await timed(units), 0.01);
      }
      return 'ok';
    },
    async turn(milliseconds) {
      const units = Math.max(1, Math.round(Number(milliseconds) / each));
      return String(((await timed(units)) / units / work.per) * 1000);
    },
  };
  return async line => {
    const [word, ...rest] = line.split(' ');
    return answers[word](...rest);
  };
}
