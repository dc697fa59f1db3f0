import type { Graph, Node } from '../graph/graph.js';
import type { Heap } from '../kernels/heap.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import type { Code } from '../kernels/wasm/module.js';
import type { CellPlan } from './cell-plans.js';
import type { Place, Rows } from './places.js';
import type { PortableBlock, RunNode, RunRows, RunSequence, RunTurn } from './runs.js';

/** A node, and where its numbers are. */
export interface NodePlan<N extends Node = Node> {
  readonly node: N;
  /** Its number, from 1: a function answers that of the node whose input it refuses. */
  readonly number: number;
  /** In a sequence of which the steps are counted at run time, the place is found then. */
  readonly output: Place;
  /** Vectors that it has room for. */
  readonly room: number;
  /** Offset of each state in a block. */
  readonly states: readonly number[];
  readonly cell?: CellPlan;
  /** The rows of a table to look up in. */
  readonly table: number;
  readonly body?: BodyPlan;
}

/** The graph in a node, and where its numbers are. */
export interface BodyPlan extends GraphPlan {
  /** Steps of each value of a sequence. */
  readonly counts: readonly number[];
  /** Of a loop: bytes of one turn's block of states. */
  readonly block: number;
  /** Where that, or the first of them, is in the stream's block; −1: turns begin at zeros. */
  readonly at: number;
  /** Two blocks for turns one after another. */
  readonly pair: number;
}

export interface GraphPlan {
  readonly graph: Graph;
  readonly operators: Operators;
  readonly nodes: readonly NodePlan[];
  /** Vectors that the places of a graph of steps have room for. */
  readonly room: number;
}

/**
 * Where everything is: behind the weights' address, behind that of scratch, and in a stream's
 * block.
 */
export interface Layout extends GraphPlan {
  /** All nodes, those of bodies too, by their numbers less 1. */
  readonly all: readonly NodePlan[];
  /** Where the ports read. */
  readonly ports: readonly Place[];
  /** Bytes of one stream's block of states. */
  readonly block: number;
  /** Offset of each state in it, in the order of the states. */
  readonly states: readonly number[];
  /** Bytes of the weights, with the constants in front, and of what a call writes in between. */
  readonly weights: number;
  readonly scratch: number;
}

/** A block of states while it is laid out. */
export interface Block {
  size: number;
}

/** How nodes are laid out: for so many turns, with room for so many of their values. */
export interface LayoutTurns {
  readonly count: number;
  readonly room: number;
  readonly block: Block;
  /** True: loops begin where the stream's block says. */
  readonly begins: boolean;
}

/** How often a graph is run: once, for streams side by side, or for steps one after another. */
export interface Turns {
  readonly kind: 'one' | 'streams' | 'steps';
  readonly count: Code;
  /** Locals of addresses: the block of states that is read, that is written, and another one. */
  readonly now: number;
  readonly next: number;
  readonly spare: number;
  /** Bytes from one stream's block to the next one's. */
  readonly block: number;
}

/** Where the numbers of one turn are. */
export interface RowPlaces {
  readonly inputs: readonly Place[];
  readonly output: Place;
  readonly now: Place;
  readonly next: Place;
}

/** How many steps a sequence has: known, or in a local. */
export interface Count {
  readonly fixed?: number;
  readonly code: Code;
}

/** A sequence, and how many steps it has. */
export interface Value {
  readonly place: Place;
  readonly count: Count;
}

/** Pointers to the stream's block of states: the one that is read, and the one that is written. */
export interface States {
  readonly now: Place;
  readonly next: Place;
}

/** Composes a graph of steps for all turns, on ports at some places, its answer at another. */
export type GraphCode = (
  e: Emitter,
  plan: GraphPlan,
  ports: readonly Place[],
  turns: Turns,
  answer?: Place,
) => Code;

/** What the backends need of what a node does. A page has those of the layers that are on it. */
export interface Operator {
  /** Lays out the graph in the node; adds to `states` where each of its states is in the block. */
  plan?(planner: LayoutPlanner, node: never, turns: LayoutTurns, states: number[]): BodyPlan;
  /** Code of one turn, of a node of steps. */
  code?(e: Emitter, plan: never, places: RowPlaces, steps: GraphCode): Code;
  /** Runs one turn, of a node of steps. */
  run?(planner: PortablePlanner, node: never, own: PortableBlock, number: number): RunNode;
  /** Code of a whole sequence. */
  sequenceCode?(
    e: Emitter,
    plan: never,
    sources: readonly Value[],
    target: Value,
    states: States,
    steps: GraphCode,
  ): Code;
  /** Runs a whole sequence, of so many steps if they are known. */
  runRows?(planner: PortablePlanner, node: never, own: PortableBlock, count?: number): RunRows;
}

export type Operators = Readonly<Record<string, Operator>>;

/** Lays out the memory of compiled code. */
export interface LayoutPlanner {
  readonly operators: Operators;
  /** Takes bytes of scratch. */
  takeScratch(bytes: number): number;
  node(node: Node, turns: LayoutTurns, states: number[], isAnswer?: boolean): NodePlan;
}

/** Plans what runs on the portable backend. */
export interface PortablePlanner {
  readonly operators: Operators;
  readonly params: readonly Readonly<Record<string, Float32Array>>[];
  /** Takes floats of scratch. */
  take(floats: number): number;
  /** Numbers a node, the value of which is in such rows; so many, if that is known. */
  number(rows: Rows, count: number | undefined): number;
  turn(graph: Graph, own: PortableBlock): RunTurn;
}

/** Runs graphs of sequences. */
export interface Whole {
  code(e: Emitter, plan: Layout, first: number, steps: GraphCode): Code;
  run(planner: PortablePlanner, graph: Graph, own: PortableBlock): RunSequence;
  /** Makes ready for a sequence of so many steps; `call` then runs it. */
  sequence(graph: Graph, room: WholeRoom, steps: number): SequenceRun & Arranged;
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
