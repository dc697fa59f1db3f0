import { rowMajor, sizeOf } from '../../arrays/ndarray.js';
import type { Floats } from './strided.js';
import type { Constant } from './tensor.js';
import type { Tensor } from './whole-program.js';

export { ensure, Unfit } from './unfit.js';

/** A value of a graph while it is read. */
export type Value =
  | Constant
  | Tensor
  | List
  | { readonly kind: 'absent' }
  /** What a node that cannot be read would give. */
  | { readonly kind: 'unknown' };

/** What a loop puts together step by step, time first; nothing of a list that is empty. */
export interface List {
  readonly kind: 'list';
  readonly items?: Flow | undefined;
}

/**
 * One step of a tensor that is computed from the input, and which of its axes goes through the
 * steps: the others say which numbers of the network's step stand where.
 */
export interface Flow {
  readonly kind: 'flow';
  /** Its sizes, of which those of the steps and of the batch are 1. */
  readonly dims: readonly number[];
  readonly time?: number | undefined;
  readonly batch?: number | undefined;
  /** How many steps a sequence is read with; 1 where no axis goes through them. */
  readonly steps: number;
  readonly numbers: Float64Array;
  /** Steps of padding that the next node has to add: only a convolution can. */
  readonly pad?: readonly [before: number, after: number] | undefined;
  /** The state that the padding before is: the steps before a part of a stream. */
  readonly context?: Carried | undefined;
}

/** A part of a graph's input from which a state is carried: at `from` of its first axis. */
export interface Carried {
  readonly input: string;
  readonly from: number;
}

/** The last value of a recurrent node's state, and the part of a graph's input that began it. */
export interface Final {
  readonly node: string;
  readonly carried?: Carried | undefined;
}

/** Of a number at step t of sequence b of a batch: number + t · stepStride + b · batchStride. */
export const stepStride = 2 ** 24;
const mostSteps = 2 ** 20;
export const batchStride = stepStride * mostSteps;

export const numberOf = (id: number) => id % stepStride;
export const stepOf = (id: number) => Math.floor(id / stepStride) % mostSteps;
export const batchOf = (id: number) => Math.floor(id / batchStride);

/** All steps of a flow, of so many sequences: their ids are made when they are asked for. */
export function tensorOf({ dims, time, batch, steps, numbers }: Flow, batches: number): Tensor {
  const width = numbers.length;
  const count = batch === undefined ? 1 : batches;
  const at = (i: number) => {
    const place = Math.floor(i / width);
    const step = (place % steps) * stepStride + Math.floor(place / steps) * batchStride;
    return numbers[i % width] && numbers[i % width] + step;
  };
  const length = width * steps * count;
  const values = (): Floats => Float64Array.from({ length }, (_, i) => at(i));
  const stride = rowMajor(dims).map((own, d) => {
    return d === time ? width : d === batch ? width * steps : own;
  });
  const all = dims.map((n, d) => (d === time ? steps : d === batch ? count : n));
  const view = { source: { length, at, values }, stride, offset: 0 };
  const own = () => {
    const index = all.map(() => 0);
    return Float64Array.from({ length: sizeOf(all) }, () => {
      const id = at(index.reduce((sum, i, d) => sum + i * stride[d], 0));
      for (let d = all.length - 1; d >= 0 && ++index[d] === all[d]; d--) index[d] = 0;
      return id;
    });
  };
  const ids: Constant = {
    kind: 'constant',
    name: '',
    dims: all,
    floating: false,
    values: own,
    view,
  };
  return { kind: 'tensor', ids };
}

/** The axes of a flow in the words of messages: `[time, 1, 16]`. */
export function axesText({ dims, time, batch }: Flow): string {
  return `[${dims.map((n, d) => (d === time ? 'time' : d === batch ? 'batch' : n)).join(', ')}]`;
}
