import { matricesOf, namesOf, type ParameterShape } from './parameters.js';
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
  const random = new Generator(seed);
  const declared = { ...vectors, ...scalars };
  return Object.fromEntries(
    shapes.map(({ name, shape }) => {
      if (shape.length === 2) return [name, random.matrix(shape[0], shape[1])];
      const values = new Float32Array(shape[0]).fill(declared[name] ?? 0);
      const matrix = matricesOf(plan).find(of => of[0] === 'W' && namesOf(plan, of)[1] === name);
      for (const { name: row, bias } of matrix ? plan.rows[matrix] : []) {
        if (bias < 0 || !Object.hasOwn(biasIh, row)) continue;
        values.fill(biasIh[row], bias * hidden, (bias + 1) * hidden);
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
  return new Generator(seed).matrix(rows, columns);
}

const { imul } = Math;

/** Uniform numbers: splitmix32 (Steele, Lea & Flood 2014), started from both halves of the seed. */
class Generator {
  #state: number;

  constructor(seed: number) {
    this.#state = seed ^ imul(seed / 2 ** 32, 0x85ebca6b);
  }

  /** A `[rows, columns]` matrix, uniform in ±√(6 / (rows + columns)). */
  matrix(rows: number, columns: number): Float32Array {
    const limit = Math.sqrt(6 / (rows + columns));
    const values = new Float32Array(rows * columns);
    for (let from = 0; from < values.length; from += columns) {
      this.#state = draw(values, from, from + columns, this.#state, limit / 2 ** 31);
    }
    return values;
  }
}

/**
 * values[from … to) ← numbers in ±scale · 2³¹; answers the state after them. A layer's first step
 * waits for it, which no engine has optimised by then: it works on 32-bit integers, signed as
 * engines like them, makes one double a number, and is called for a row at a time, so that better
 * code for it comes in soon.
 */
function draw(values: Float32Array, from: number, to: number, state: number, scale: number) {
  for (let i = from; i < to; i++) {
    state = (state + (0x9e3779b9 | 0)) | 0;
    let bits = imul(state ^ (state >>> 16), 0x85ebca6b | 0);
    bits = imul(bits ^ (bits >>> 13), 0xc2b2ae35 | 0);
    // The bits stand for u · 2³² with u in [0, 1); with the topmost turned, for (2u − 1) · 2³¹.
    values[i] = (bits ^ (bits >>> 16) ^ -0x80000000) * scale;
  }
  return state;
}
