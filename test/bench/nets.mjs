// The networks that all systems step, and what they are fed: float32, input = hidden = size.
import * as core from '../../dist/core.js';

/** @typedef {{ work: string, cell: string, size: number, columns: number }} Task */

/** Steps of one chunk. */
export const chunkSteps = 1000;

const library = {
  ...core,
  /** A cell of a user's own: its text is all that the library knows of it. */
  ownCell: core.defineCell(
    'Own',
    `
      f  = σ(W_f x + U_f h)
      n  = φ(W_n x + U_n h)
      o  = σ(W_o x + U_o h)
      c' = f * c + (1 - f) * n
      h' = o * φ(c')
    `,
  ),
};

/**
 * A cell by its name in the library: `lstm`; `gru, before` and `rnn, no bias` too; `own` is a
 * user's.
 */
export function cellOf(text, size, outputs = size) {
  const [name, ...variants] = text.split(', ');
  return library[`${name}Cell`](size, outputs, {
    seed: 1,
    ...(variants.includes('before') && { resetGate: 'before' }),
    ...(variants.includes('no bias') && { bias: false }),
  });
}

/** A cell of rxrecur, and its layers' parameters by PyTorch's names, for the others to take. */
export function network(cell, size) {
  const [kind, ...heads] = cell.split('+');
  const recurrent = cellOf(kind, size);
  const dense = heads.map(() => cellOf('dense', size, 1));
  const layers = [recurrent, ...dense].map(({ params }, i) => ({
    kind: i ? 'dense' : kind,
    ...Object.fromEntries(Object.entries(params).map(([name, { data }]) => [name, data])),
  }));
  return { cell: dense.length ? core.chainCell(recurrent, ...dense) : recurrent, layers };
}

/** Sixteen inputs, taken in turn. */
export function inputs(size) {
  return Array.from({ length: 16 }, (_, t) =>
    Float32Array.from({ length: size }, (_, i) => Math.sin(7 * t + i)),
  );
}

/** What is fed as one array: the inputs of `count` steps, or streams, as its columns. */
export function columnsOf(size, count) {
  const xs = inputs(size);
  const data = new Float32Array(size * count);
  for (let i = 0; i < size; i++) {
    for (let t = 0; t < count; t++) data[i * count + t] = xs[t & 15][i];
  }
  return { data, shape: [size, count], stride: [count, 1], offset: 0 };
}

/** The same with a row a step or stream, as the frameworks have it: `[count, size]`. */
export function rowsOf(size, count) {
  const xs = inputs(size);
  const data = new Float32Array(size * count);
  for (let t = 0; t < count; t++) data.set(xs[t & 15], t * size);
  return data;
}

/**
 * Work on single steps: `per` steps at a time, `run(n)` does that n times and answers the last
 * output.
 */
export function stepping(step, size) {
  const xs = inputs(size);
  let t = 0;
  return {
    per: 1,
    run(n) {
      let y;
      for (let i = 0; i < n; i++) y = step(xs[t++ & 15]);
      return y;
    },
  };
}
