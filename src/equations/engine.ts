import type { Backend } from '../kernels/backends.js';
import type { Rows } from './places.js';
import { inputSizes, isEquations, type Unit } from './units.js';
/** How many vectors an engine's inputs and outputs have room for: 64, less where they are long. */
export function roomFor(units: readonly Unit[]): number {
  const widest = units.map(({ spec }) => {
    if (isEquations(spec)) return spec.sizes.input + 8 * spec.sizes.hidden;
    return inputSizes(spec).reduce((sum, size) => sum + size, spec.size);
  });
  return Math.max(1, Math.min(64, Math.floor(2 ** 18 / Math.max(...widest))));
}

/**
 * Units made ready to run one after another on numbers in one memory: no checks, no garbage.
 * Addresses count floats. Functions that step read the streams' blocks of states, one after another,
 * at `now` and write the next ones at `next`, and answer 0, or which unit (from 1) has an input that
 * is not finite, or no index: then there is no answer.
 */
export interface Engine {
  readonly backend: Backend;
  /** The memory, and room in it for the streams' blocks. */
  readonly pool: Pool;
  /** Streams, or steps, of one call at the most. */
  readonly room: number;
  readonly units: readonly Unit[];
  readonly input: Rows;
  /** Of each unit; the last one's are the answer. */
  readonly outputs: readonly Rows[];
  /** Where in a block the states are, unit by unit. */
  readonly states: readonly number[];
  /** Steps one stream. */
  step(now: number, next: number): number;
  /** Steps up to `room` streams. */
  streams(now: number, next: number, count: number): number;
  /** Steps one stream up to `room` times; writes to `next` and `spare` in turn, `next` first. */
  steps(now: number, next: number, spare: number, count: number): number;
}

/** Room for blocks in a memory that grows: what was given back is taken first. */
export class Pool {
  /** Everything that an engine knows, in floats; another array after `take`. */
  memory: Float32Array;
  /** Floats of a stream's block. */
  readonly block: number;
  #end: number;
  readonly #free: number[][] = [];
  readonly #grown: (memory: Float32Array, end: number) => Float32Array;

  /** Blocks of `block` floats from `start` on; `grown` makes a memory that reaches to `end`. */
  constructor(
    memory: Float32Array,
    start: number,
    block: number,
    grown: (memory: Float32Array, end: number) => Float32Array,
  ) {
    this.memory = memory;
    this.block = block;
    this.#end = start;
    this.#grown = grown;
  }

  /** Where room for so many blocks begins, one after another, all zeros. */
  take(blocks: number): number {
    const size = sizeClass(blocks);
    let at = this.#free[size]?.pop();
    if (at === undefined) {
      at = this.#end;
      const end = at + 2 ** size * this.block;
      if (end > this.memory.length) this.memory = this.#grown(this.memory, end);
      this.#end = end;
    }
    this.memory.fill(0, at, at + blocks * this.block);
    return at;
  }

  /** Room back that was taken. */
  give(at: number, blocks: number): void {
    (this.#free[sizeClass(blocks)] ??= []).push(at);
  }
}

/** Room is for a power of two, so that others fit in later. */
function sizeClass(blocks: number): number {
  return Math.ceil(Math.log2(Math.max(1, blocks)));
}

/** True where none of so many numbers is infinite or NaN. */
export function areFinite(memory: Float32Array, at: number, size: number): boolean {
  // Infinity − Infinity and NaN − NaN are NaN.
  for (let i = at; i < at + size; i++) if (memory[i] - memory[i] !== 0) return false;
  return true;
}
