import type { Graph } from '../graph/graph.js';
import type { Heap } from '../kernels/heap.js';
import type { Code } from '../kernels/wasm/code.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import type { FunctionName, Rows } from './places.js';
import type { GraphCode, Layout, PortablePlanner, Reader } from './plans.js';
import type { PortableBlock } from './runs.js';

/** Runs graphs of sequences. A page has it if there are such models on it. */
export interface Whole {
  code(e: Emitter, plan: Layout, first: number, steps: GraphCode): Code;
  /** The functions that its code has, at first and later. */
  readonly functions: readonly (readonly FunctionName[])[];
  /**
   * What an engine does with the function `sequence`, whose first number is that of the weights.
   */
  compiled(plan: Layout, heap: Heap, call: (...numbers: number[]) => number): SequenceEngine;
  /** Plans what runs it, and then what an engine does with that. */
  portable(
    planner: PortablePlanner,
    graph: Graph,
    own: PortableBlock,
  ): (heap: Heap) => SequenceEngine;
}

/** What an engine of a graph of sequences does. */
export interface SequenceEngine {
  /** Makes ready for a sequence of so many steps. */
  sequence(steps: number): SequenceRun;
  /** The node of a number, and what it read in the last call. */
  reader(number: number): Reader;
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
