import { mismatch } from '../../errors.js';
import { chainOf } from '../../layers/chain.js';
import type { Combine } from '../../layers/combine.js';
import { sliceCell } from '../../layers/moves.js';
import { parallelCell } from '../../layers/parallel.js';
import { read, tap } from '../../layers/taps.js';
import { type AnyCell, internals } from '../../streams/cell.js';
import { startingFrom } from '../../streams/function-cell.js';

/** An output of a layer, by its number; 0 is the input. */
export type Signal = number;

interface Part {
  readonly cell: AnyCell;
  readonly reads: readonly Signal[];
  /** Where it begins: after silence. */
  readonly state: Float32Array | undefined;
}

/** Numbers that one step makes and keeps: far more than any network runs on each sample. */
const mostNumbers = 2 ** 20;

/**
 * Layers that read each other's outputs. Its network begins as if silence had been before, which
 * each signal answers with a constant: a layer that looks back has seen nothing but that.
 */
export class Circuit {
  readonly input: Signal = 0;
  readonly #parts: Part[] = [];
  readonly #silent: Float32Array[];
  #numbers = 0;

  constructor(inputSize: number) {
    this.#silent = [new Float32Array(inputSize)];
  }

  sizeOf(signal: Signal): number {
    return this.#silent[signal].length;
  }

  /** Counts numbers before anybody makes room for them. */
  reserve(where: string, count: number): void {
    this.#numbers += count;
    if (this.#numbers <= mostNumbers) return;
    throw mismatch(where, `at most ${mostNumbers} numbers a step`, `${this.#numbers}`);
  }

  /** The output of a layer whose input is these outputs, one after another. */
  add(where: string, cell: AnyCell, ...reads: readonly Signal[]): Signal {
    const x = Float32Array.from(reads.flatMap(signal => [...this.#silent[signal]]));
    this.reserve(where, cell.outputSize as number);
    const past = cell.hiddenSize / x.length;
    const state = past ? repeated(x, past) : undefined;
    const machine = cell[internals].start(state, { backend: 'portable' });
    const y = machine.step(x) as Float32Array;
    machine.release();
    if (!y.every(Number.isFinite)) throw mismatch(where, 'a finite answer to silence', 'another');
    this.#parts.push({ cell, reads, state });
    return this.#silent.push(y) - 1;
  }

  /** Two outputs, element by element. */
  join(where: string, by: Combine, left: Signal, right: Signal): Signal {
    const size = this.sizeOf(left);
    const halves = [sliceCell(2 * size, 0, size), sliceCell(2 * size, size)] as const;
    return this.add(where, parallelCell(by, ...halves), left, right);
  }

  /** The network that answers with this output, which is the last. */
  network(): AnyCell {
    const parts = this.#parts;
    const isNext = ({ reads }: Part, i: number) => reads.length === 1 && reads[0] === i;
    const tapped = new Set(parts.flatMap((part, i) => (isNext(part, i) ? [] : part.reads)));
    const members: AnyCell[] = [];
    const states: unknown[] = [];
    const push = (cell: AnyCell, state?: Float32Array) => {
      members.push(cell);
      states.push(state);
    };
    if (tapped.has(0)) push(tap(nameOf(0)));
    for (const [i, part] of parts.entries()) {
      if (!isNext(part, i)) push(read(...part.reads.map(nameOf)));
      const { cell, state } = part;
      push(tapped.has(i + 1) ? tap(nameOf(i + 1), cell) : cell, state);
    }
    const network: AnyCell = chainOf(members);
    return states.some(Boolean) ? startingFrom(network, states, true) : network;
  }
}

const nameOf = (signal: Signal) => (signal === 0 ? 'input' : `${signal}`);

function repeated(x: Float32Array, times: number): Float32Array {
  const result = new Float32Array(x.length * times);
  for (let k = 0; k < times; k++) result.set(x, k * x.length);
  return result;
}
