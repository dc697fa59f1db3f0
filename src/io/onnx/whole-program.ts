import { sizeOf } from '../../arrays/ndarray.js';
import type { AnyCell } from '../../streams/cell.js';
import type { Budget } from './budget.js';
import { type Constant, constantOf, weightsOf } from './tensor.js';
import { ensure } from './unfit.js';

/**
 * A tensor whose numbers the file does not hold: `ids` says which number of the program stands at
 * each place. What only moves numbers is computed of ids as it would be of numbers.
 */
export interface Tensor {
  readonly kind: 'tensor';
  readonly ids: Constant;
  /** True for integers. */
  readonly isWhole?: boolean;
}

/** A layer of the program, without state. */
export interface Part {
  /** Of the file's node, in messages. */
  readonly where: string;
  /** Which numbers it reads. */
  readonly reads: Float64Array;
  readonly size: number;
  make(): AnyCell;
  /**
   * What one of its numbers is made of at the same place: operands, or the state before; none of a
   * number that is a sum of products.
   */
  links?(at: number): readonly number[];
}

interface Vector {
  readonly base: number;
  readonly size: number;
}

/** The numbers of a program may be so many. */
const mostNumbers = 2 ** 20;

/** As many layers as a model's file may have. */
const mostParts = 1024;

/** All numbers that a graph computes: id 0 is a zero, those of a vector have ids in a row. */
export class Program {
  readonly inputs: {
    readonly name: string;
    readonly base: number;
    readonly dims: readonly number[];
  }[] = [];
  readonly budget: Budget;
  readonly #constantPart: (values: Float32Array) => Part;
  readonly #parts = new Map<number, Part>();
  readonly #vectors: Vector[] = [];
  readonly #constants = new Map<string, number>();
  #end = 1;

  constructor(budget: Budget, constantPart: (values: Float32Array) => Part) {
    this.budget = budget;
    this.#constantPart = constantPart;
  }

  input(name: string, dims: readonly number[], isWhole: boolean): Tensor {
    const base = this.#vector(sizeOf(dims));
    this.inputs.push({ name, base, dims });
    return { ...this.range(base, dims), isWhole };
  }

  /** The first id of a new part's numbers. */
  add(part: Part): number {
    ensure(this.#parts.size < 4 * mostParts, `more than ${4 * mostParts} layers`);
    this.budget.spend(part.size + part.reads.length);
    const base = this.#vector(part.size);
    this.#parts.set(base, part);
    return base;
  }

  /** Numbers in a row as a tensor. */
  range(base: number, dims: readonly number[]): Tensor {
    const ids = Float64Array.from({ length: sizeOf(dims) }, (_, i) => base + i);
    return this.tensor(dims, ids);
  }

  tensor(dims: readonly number[], ids: Float64Array): Tensor {
    return { kind: 'tensor', ids: constantOf('', dims, ids) };
  }

  /** The ids of a value's numbers: constants become numbers of the program. */
  idsOf(value: Constant | Tensor): Float64Array {
    if (value.kind === 'tensor') return value.ids.values() as Float64Array;
    const values = weightsOf(value);
    if (values.every(v => v === 0)) return new Float64Array(values.length);
    const key = String(values.length > 64 ? value.name : [...values]);
    const known = value.name === '' && values.length > 64 ? undefined : this.#constants.get(key);
    const base = known ?? this.add(this.#constantPart(values));
    this.#constants.set(key, base);
    return Float64Array.from(values, (_, i) => base + i);
  }

  /** The part that makes a number, its first id, and which of its numbers that is. */
  partOf(id: number): {
    readonly part: Part | undefined;
    readonly base: number;
    readonly at: number;
  } {
    const base = this.baseOf(id);
    return { part: this.#parts.get(base), base, at: id - base };
  }

  /** The first id of the vector that a number is of; 0 for the zero. */
  baseOf(id: number): number {
    let [low, high] = [0, this.#vectors.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#vectors[middle].base <= id) low = middle + 1;
      else high = middle;
    }
    return this.#vectors[low - 1]?.base ?? 0;
  }

  /** The parts that some numbers need, by their first ids, in order. */
  needed(wanted: readonly Float64Array[]): ReadonlyMap<number, Part> {
    const bases = new Set<number>();
    const want = (ids: Float64Array) => {
      let last = -1;
      let end = -1;
      for (const id of ids) {
        if (id >= last && id < end) continue;
        last = this.baseOf(id);
        end = last + (this.#parts.get(last)?.size ?? 1);
        bases.add(last);
      }
    };
    wanted.forEach(want);
    const all = [...this.#parts].reverse();
    for (const [base, part] of all) if (bases.has(base)) want(part.reads);
    return new Map(all.reverse().filter(([base]) => bases.has(base)));
  }

  #vector(size: number): number {
    const base = this.#end;
    this.#end += size;
    ensure(size > 0 && this.#end <= mostNumbers, `more than ${mostNumbers} numbers a step`);
    this.#vectors.push({ base, size });
    return base;
  }
}

/** Places of numbers as runs `from, at, step, count`; `sourceOf` tells a vector's place. */
export function runsOf(
  ids: Float64Array,
  program: Program,
  sourceOf: (base: number) => number,
): number[][] {
  const runs: number[][] = [];
  for (let i = 0; i < ids.length; ) {
    const base = program.baseOf(ids[i]);
    const isSame = (k: number) => program.baseOf(ids[k]) === base;
    let step = 0;
    let count = 1;
    if (i + 1 < ids.length && isSame(i + 1)) {
      step = ids[i + 1] - ids[i];
      for (; i + count < ids.length && ids[i + count] - ids[i + count - 1] === step; count++) {
        if (!isSame(i + count)) break;
      }
      // Two numbers make no run, unless they are neighbours.
      if (count === 2 && step !== 1 && step !== 0) count = 1;
    }
    const run = [sourceOf(base), ids[i] - base, count > 1 ? step : 1, count];
    runs.push(base ? run : [-1, 0, 0, count]);
    i += count;
  }
  return runs;
}
