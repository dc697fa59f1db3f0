import type { Code } from '../kernels/wasm/code.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as f32x4 from '../kernels/wasm/f32x4.js';
import * as local from '../kernels/wasm/local.js';
import { type Reduced, reduction } from '../kernels/wasm/reduction.js';

/** Functions of texts that make one number of a vector. */
export type ReductionName = 'sum' | 'mean' | 'max';

/** A reduction as each backend does it. */
export interface Reduction {
  /** The number that v[from … to) is reduced to, in double precision. */
  run(v: Float64Array, from: number, to: number): number;
  /** The number that a vector in memory is reduced to, four times. */
  code(e: Emitter, vector: Reduced): Code;
}

export const sum: Reduction = {
  run(v, from, to) {
    let result = 0;
    for (let i = from; i < to; i++) result += v[i];
    return result;
  },
  code(e, vector) {
    const total = e.fn.vector();
    return [reduction(e, vector, f32x4.add, total), local.get(total)];
  },
};

export const mean: Reduction = {
  run: (v, from, to) => sum.run(v, from, to) / (to - from),
  code: (e, vector) => f32x4.mul(sum.code(e, vector), e.constant(1 / vector.size)),
};

export const max: Reduction = {
  run(v, from, to) {
    let result = v[from];
    for (let i = from + 1; i < to; i++) result = Math.max(result, v[i]);
    return result;
  },
  code(e, vector) {
    const total = e.fn.vector();
    return [reduction(e, vector, f32x4.pmax, total), local.get(total)];
  },
};

/** Reductions by name. */
export type Reductions = Readonly<Partial<Record<ReductionName, Reduction>>>;

/** All of them, for texts that may call any. */
export const reductions: Required<Reductions> = { sum, mean, max };

export function isReduction(name: string): name is ReductionName {
  return Object.hasOwn(reductions, name);
}
