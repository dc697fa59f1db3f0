import type { ParameterShape } from './parameters.js';
import type { Declarations, Plan } from './plan.js';

/**
 * Initial parameters as Flux 0.12–0.14: weights Glorot-uniform over the stacked shape (Glorot &
 * Bengio 2010, eq. 16), biases zero, declared rows of biasIh (LSTM's forget gate) and declared
 * vectors and scalars at their declared values. Without a seed they differ from run to run.
 */
export function initialise(
  plan: Plan,
  shapes: readonly ParameterShape[],
  { vectors = {}, scalars = {}, biasIh = {} }: Declarations,
  hidden: number,
  seed = Math.random() * 2 ** 53,
): Record<string, Float32Array> {
  const random = generator(seed);
  const declared = { ...vectors, ...scalars };
  return Object.fromEntries(
    shapes.map(({ name, shape }) => {
      if (shape.length === 2) return [name, glorotUniform(random, shape[0], shape[1])];
      const values = new Float32Array(shape[0]).fill(declared[name] ?? 0);
      if (name === 'biasIh') {
        for (const block of plan.rows.W) {
          if (block.bias < 0) continue;
          const value = Object.hasOwn(biasIh, block.name) ? biasIh[block.name] : 0;
          values.fill(value, block.bias * hidden, (block.bias + 1) * hidden);
        }
      }
      return [name, values];
    }),
  );
}

/** A matrix drawn on its own, from a seed or differently from run to run. */
export function initialMatrix(
  rows: number,
  columns: number,
  seed = Math.random() * 2 ** 53,
): Float32Array {
  return glorotUniform(generator(seed), rows, columns);
}

/** A `[rows, columns]` matrix, uniform in ±√(6 / (rows + columns)). */
function glorotUniform(random: () => number, rows: number, columns: number): Float32Array {
  const limit = Math.sqrt(6 / (rows + columns));
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < values.length; i++) values[i] = (2 * random() - 1) * limit;
  return values;
}

/** Uniform numbers in [0, 1): splitmix32 (Steele, Lea & Flood 2014), started from both halves. */
function generator(seed: number): () => number {
  let state = (seed ^ Math.imul(seed / 2 ** 32, 0x85ebca6b)) | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
  };
}
