import { type NdArray, type NdView, wrap } from '../arrays/ndarray.js';
import { Slab } from '../arrays/slab.js';
import type { Rows } from '../code/places.js';

export const none = new Float32Array(0);

/** Elements below which a loop copies faster than the engine's own function. */
const few = 9;

/** to ← from, of which it has the length. */
export function copy(from: Float32Array, to: Float32Array): void {
  const { length } = from;
  if (length >= few) to.set(from);
  else for (let i = 0; i < length; i++) to[i] = from[i];
}

/** What steps answer: distinct arrays, or one again and again. */
export class Outputs {
  /** The answer: its elements, and around them the class that came in. */
  data: Float32Array = none;
  y: NdView | Float32Array = this.data;
  #View: unknown;
  readonly #slab: Slab;
  readonly #size: number;
  readonly #reuse: boolean;

  constructor(size: number, reuse: boolean, transferable: boolean | undefined) {
    this.#size = size;
    this.#reuse = reuse;
    this.#slab = new Slab(transferable);
  }

  /** A new answer `[size]`, or to an ndarray one `[size, columns]` or `[size]`. */
  renew(columns: number, array: NdArray | undefined): void {
    const length = this.#size * (columns || 1);
    const View = array?.constructor;
    if (this.#reuse && this.#View === View && this.data.length === length) return;
    this.#View = View;
    this.data = this.#reuse ? new Float32Array(length) : this.#slab.take(length);
    this.y = array ? wrap(this.data, [this.#size, ...array.shape.slice(1)], array) : this.data;
  }

  /** Columns first … first + count of so many streams' answer. */
  read(memory: Float32Array, rows: Rows, first: number, count: number, streams: number): void {
    const { at, stride, size } = rows;
    const data = this.data;
    for (let j = 0, from = at; j < count; j++, from += stride) {
      for (let i = 0, k = first + j; i < size; i++, k += streams) data[k] = memory[from + i];
    }
  }
}
