import type { ModelBuilder } from '../code/model.js';

/** What goes through the members of a layer: vectors, sequences, values of a graph, sizes. */
export interface Flow<V> {
  /** The output of the i-th member; members come in their order, once each. */
  member(i: number, input: V): V;
  /**
   * One of several outputs; `where` names it in messages, `i` is the member that does it, if one.
   */
  joined(by: Join, values: readonly V[], where: string, i?: number): V;
  /** A sequence from the last step to the first; absent for values that stay the same. */
  reversed?(value: V): V;
}

/** How outputs become one: one after another, or element by element. */
export type Join = 'concat' | 'add' | 'multiply' | 'average';

/** How several outputs become one: in a graph of steps, as values in any form, as sequences. */
export interface Joins {
  /** The size that others are concatenated to; undefined where one is unknown. */
  size(of: readonly (number | undefined)[]): number | undefined;
  node(builder: ModelBuilder, by: Join, of: readonly number[], where: string): number;
  values(where: string, by: Join, values: readonly unknown[]): unknown;
  frames(where: string, by: Join, values: readonly Frames[]): Frames;
}

/** How inputs go through the members of a layer. */
export type Through = <V>(flow: Flow<V>, input: V) => V;

/** Steps one after another, `[count][size]`. */
export interface Frames {
  readonly data: Float32Array;
  readonly count: number;
  readonly size: number;
}
