import type { Code } from './code.js';
import type { Emitter } from './emitter.js';
import * as local from './local.js';

/** Codes of some vectors of four floats. */
export type Vectors = readonly Code[];

/** Applies an instruction for one vector to each of several. */
export const abreast =
  (instruction: (...operands: Code[]) => Code) =>
  (...operands: Vectors[]): Vectors =>
    operands[0].map((_, k) => instruction(...operands.map(vectors => vectors[k])));

/** Constants that an expression has at the most before a part of it is kept in a local. */
const atOnce = 8;

/**
 * Composes code that works out several vectors abreast, an instruction of each in turn: while the
 * processor waits for the result of one, it has the others to go on with.
 */
export class Abreast {
  /** The code that has been composed so far. */
  readonly code: Code[];
  readonly #e: Emitter;
  readonly #count: number;
  /** Locals of constants, which are used in turn: compiling takes longer with more of them. */
  readonly #constants: number[] = [];
  #next = 0;

  constructor(e: Emitter, count: number, code: Code[] = []) {
    this.code = code;
    this.#e = e;
    this.#count = count;
  }

  /** A number, four times, for each vector. */
  constant(value: number): Vectors {
    return this.#all(this.#e.constant(value));
  }

  #all(value: Code): Vectors {
    if (this.#count < 2) return [value];
    const index = (this.#constants[this.#next++ % atOnce] ??= this.#e.fn.vector());
    this.code.push(local.set(index, value));
    return Array<Code>(this.#count).fill(local.get(index));
  }

  /** See `Emitter`. */
  multiplyAdd(a: Vectors, b: Vectors, c: Vectors): Vectors {
    return a.map((_, k) => this.#e.multiplyAdd(a[k], b[k], c[k]));
  }

  /** Evaluates each once, here; answers what reads them. */
  keep(values: Vectors): Vectors {
    return values.map(value => {
      const [set, get] = this.#e.keep(value);
      this.code.push(set);
      return get;
    });
  }
}
