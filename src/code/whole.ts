import type { Graph } from '../graph/graph.js';
import type { Heap } from '../kernels/heap.js';
import type { Code } from '../kernels/wasm/code.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import type { Rows } from './places.js';
import type { FindReader, GraphCode, Layout, PortablePlanner } from './plans.js';
import type { PortableBlock, RunSequence } from './runs.js';

/** Runs graphs of sequences. */
export interface Whole {
  code(e: Emitter, plan: Layout, first: number, steps: GraphCode): Code;
  run(planner: PortablePlanner, graph: Graph, own: PortableBlock): RunSequence;
  /** Makes ready for a sequence of so many steps; `call` then runs it. */
  sequence(graph: Graph, room: WholeRoom, steps: number): SequenceRun & Arranged;
  readonly find: FindReader;
}

/** A whole sequence on its way through a graph of sequences, and the room that it takes. */
export interface SequenceRun {
  /** Where its steps are read. */
  readonly inputs: readonly Rows[];
  readonly output: Rows;
  /** Steps of the answer. */
  readonly steps: number;
  /** Begins at the states of a block; answers as the functions of an engine do. */
  run(now: number): number;
  /** Gives back its room. */
  release(): void;
}

/** Where values are, how many steps they have, and where scratch begins. */
export interface Arranged {
  readonly rows: readonly Rows[];
  readonly counts: readonly (number | undefined)[];
  readonly scratch: number;
}

/** Where a whole sequence finds room, and what runs it there. */
export interface WholeRoom {
  readonly heap: Heap;
  /** Floats of scratch that a call writes in between. */
  readonly inner: number;
  /** Floats that a vector takes. */
  pitch(size: number): number;
  call(at: number, rows: readonly Rows[], counts: readonly number[], now: number): number;
}
