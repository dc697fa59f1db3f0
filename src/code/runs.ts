import type { Rows } from './places.js';

/**
 * Runs a graph of steps once, on inputs at some addresses, its answer at `y`; `begin` is where
 * scratch begins. Returns 0, or the number of a node that refuses its input.
 */
export type RunTurn = (
  memory: Float32Array,
  begin: number,
  inputs: readonly number[],
  now: number,
  next: number,
  y: number,
) => number;

/** What runs a graph of steps, and its nodes: their numbers, and where their values are. */
export interface GraphRun {
  readonly run: RunTurn;
  readonly numbers: readonly number[];
  /** Behind where scratch begins. */
  readonly rows: readonly Rows[];
}

/** Runs a node of such a graph, whose value is at `y`. */
export type RunNode = (
  memory: Float32Array,
  begin: number,
  inputs: readonly number[],
  now: number,
  next: number,
  y: number,
) => number;

/** Runs a graph of sequences, whose values are in such rows. */
export type RunSequence = (
  memory: Float32Array,
  begin: number,
  rows: readonly Rows[],
  counts: readonly number[],
  now: number,
  next: number,
) => number;

/** Runs a node of a graph of sequences: from the rows that it reads to its own. */
export type RunRows = (
  memory: Float32Array,
  begin: number,
  from: readonly Rows[],
  counts: readonly number[],
  to: Rows,
  count: number,
  now: number,
  next: number,
) => number;

/** A block of states while it is laid out, and where its states are. */
export interface PortableBlock {
  readonly block: { size: number };
  readonly states: number[];
  /** Where a node's states are in it. */
  readonly first?: number;
  /** True: loops begin where the stream's block says. */
  readonly begins: boolean;
}
