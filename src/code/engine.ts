import type { Graph } from '../graph/graph.js';
import type { Backend } from '../kernels/backends.js';
import { type Heap, scratchFloats } from '../kernels/heap.js';
import type { Model } from './model.js';
import type { Rows } from './places.js';
import type { SequenceEngine } from './whole.js';

/** How many vectors a graph's places have room for: 64, fewer if they are long. */
export function roomFor({ nodes }: Graph): number {
  const widths = nodes.map(node => {
    const read = node.of.reduce((sum, i) => sum + nodes[i].size, 0);
    return read + (node.op === 'cell' ? 8 * node.cell.sizes.hidden : node.size);
  });
  const all = widths.reduce((sum, width) => sum + width, 0);
  const vectors = Math.min(2 ** 18 / Math.max(...widths), scratchFloats / all);
  return Math.max(1, Math.min(64, Math.floor(vectors)));
}

/**
 * A model made ready to run on numbers in one memory: no checks, no garbage. Addresses count
 * floats. Functions that step read the streams' blocks of states, one after another, at `now` and
 * write the next ones at `next`, and answer 0, or the number (from 1) of a node whose input is not
 * finite, or no index: then there is no answer. An engine of a graph of sequences has none of
 * these, but `sequence`, which others lack.
 */
export interface Engine extends SequenceEngine {
  readonly backend: Backend;
  /** The memory, and room in it for the streams' blocks. */
  readonly pool: Pool;
  /** Streams, or steps, of one call at the most. */
  readonly room: number;
  readonly model: Model;
  /** Of each port. */
  readonly inputs: readonly Rows[];
  readonly output: Rows;
  /** Where in a block the states are, node by node. */
  readonly states: readonly number[];
  /** Steps one stream, once it has checked the input too. */
  step(now: number, next: number): number;
  /** Steps up to `room` streams. */
  streams(now: number, next: number, count: number): number;
  /** Steps one stream up to `room` times; writes to `next` and `spare` in turn, `next` first. */
  steps(now: number, next: number, spare: number, count: number): number;
  /** Gives back the room of the weights, without which nothing runs. */
  release?(): void;
}

/** Room for streams' blocks in the heap where a model's weights are. */
export class Pool {
  /** Floats of a stream's block. */
  readonly block: number;
  readonly heap: Heap;

  constructor(heap: Heap, block: number) {
    this.heap = heap;
    this.block = block;
  }

  /** Everything in the heap, in floats; another array once it has grown. */
  get memory(): Float32Array {
    return this.heap.floats;
  }

  /** Where room for so many blocks begins, one after another, all zeros. */
  take(blocks: number): number {
    return this.heap.allocate(blocks * this.block);
  }

  /** Room back that was taken. */
  give(at: number, blocks: number): void {
    this.heap.free(at, blocks * this.block);
  }
}

/** True where none of so many numbers is infinite or NaN. */
export function areFinite(memory: Float32Array, at: number, size: number): boolean {
  // Infinity − Infinity and NaN − NaN are NaN.
  for (let i = at; i < at + size; i++) if (memory[i] - memory[i] !== 0) return false;
  return true;
}
