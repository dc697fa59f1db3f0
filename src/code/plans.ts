import type { Graph, Node } from '../graph/graph.js';
import type { Code } from '../kernels/wasm/code.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import type { CellPlan } from './cell-plans.js';
import type { Place, Rows } from './places.js';
import type { GraphRun, PortableBlock, RunNode, RunRows } from './runs.js';

/** A node, and where its numbers are. */
export interface NodePlan<N extends Node = Node> {
  readonly node: N;
  /** Its number, from 1: a function answers that of the node whose input it refuses. */
  readonly number: number;
  /** In a sequence of which the steps are counted at run time, the place is found then. */
  readonly output: Place;
  /** Vectors that are there; undefined: as many as streams. */
  readonly count: number | undefined;
  /** Offset of each state in a block. */
  readonly states: readonly number[];
  readonly cell?: CellPlan;
  /** The rows of a table to look up in. */
  readonly table: number;
  /** Where it has scratch of its own, behind where scratch begins. */
  readonly scratch?: number;
  readonly body?: BodyPlan;
  /** Finds the weights that a transposed map shares with a cell, once all is laid out. */
  readonly shared?: () => SharedWeights;
}

/** Packed weights of one map of a cell; addresses in bytes. */
export interface SharedWeights {
  readonly at: number;
  /** From one group of four rows to the next. */
  readonly pitch: number;
  /** From one column to the next. */
  readonly column: number;
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

/** How nodes are laid out, with room for so many of their values. */
export interface LayoutTurns {
  /** How many turns; undefined: as many as streams, or steps. */
  readonly count: number | undefined;
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

/** Vectors in an engine's memory that a node reads: of each stream or step. */
export interface Read {
  readonly rows: Rows;
  /** How many there are; undefined: as many as streams. */
  readonly count: number | undefined;
  /** Of the steps of a sequence: the name in messages of a node that reads the j-th. */
  readonly whereAt?: ((where: string, j: number) => string) | undefined;
}

/** A node, and its inputs of the last call. */
export interface Reader {
  readonly node: Node;
  readonly reads: readonly Read[];
}

/**
 * Finds a node by its number in a graph in which some have bodies; `valueAt` are values by the
 * numbers of their nodes, `values` those of the graph's own nodes if they are elsewhere.
 */
export type FindReader = (
  graph: Graph,
  number: number,
  valueAt: (number: number) => Read,
  values?: readonly Read[],
) => Reader;

/** The functions by which backends run a node. A page carries those of its own layers. */
export interface Operator {
  /**
   * Lays out the parts that only such a node has; adds to `states` the offset of each of its states
   * in the block.
   */
  plan?(
    planner: LayoutPlanner,
    node: never,
    turns: LayoutTurns,
    states: number[],
  ): Partial<Pick<NodePlan, 'body' | 'table' | 'scratch' | 'shared'>> | undefined;
  /**
   * Writes the node's own parameters into the weights, which begin at the first number of `memory`.
   */
  pack?(
    plan: never,
    params: readonly Readonly<Record<string, Float32Array>>[],
    memory: Float32Array,
  ): void;
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
  /** Of a node in whose body others are: finds those. */
  readonly find?: FindReader;
  /** The values that the node takes, in words, if this finite `value` is none of them. */
  refusal?(node: never, value: number): string | undefined;
}

export type Operators = Readonly<Record<string, Operator>>;

/** Lays out the memory of compiled code. */
export interface LayoutPlanner {
  /** All nodes that have been laid out, by their numbers less 1. */
  readonly all: readonly NodePlan[];
  readonly operators: Operators;
  /** Takes bytes of weights. */
  take(bytes: number): number;
  /** Takes bytes of scratch. */
  takeScratch(bytes: number): number;
  node(node: Node, turns: LayoutTurns, states: number[], isAnswer?: boolean): NodePlan;
}

/** Plans the functions of the portable backend. */
export interface PortablePlanner {
  readonly operators: Operators;
  readonly params: readonly Readonly<Record<string, Float32Array>>[];
  /** Takes floats of scratch. */
  take(floats: number): number;
  /** Numbers a node, the value of which is in such rows; so many, if that is known. */
  number(rows: Rows, count: number | undefined): number;
  /** The value of a node that is in scratch, which begins there. */
  value(number: number, begin: number): Read;
  turn(graph: Graph, own: PortableBlock): GraphRun;
}
