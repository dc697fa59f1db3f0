import type { Constant } from './tensor.js';
import { ensure } from './unfit.js';

export { ensure, Unfit } from './unfit.js';

/** An axis of the steps of a sequence; its size is known where the file fixes it. */
export interface TimeAxis {
  readonly role: 'time';
  readonly size?: number | undefined;
}

/** The axis of independent sequences, of which one is run. */
export interface BatchAxis {
  readonly role: 'batch';
  readonly size?: number | undefined;
}

/** An axis of size 1 that is none of the others: exporters put them in and take them out. */
export interface OneAxis {
  readonly role: 'one';
}

/** An axis of numbers that one datum holds. */
export interface FeatureAxis {
  readonly role: 'feature';
  readonly size: number;
}

export type Axis = TimeAxis | BatchAxis | OneAxis | FeatureAxis;

export const one: OneAxis = { role: 'one' };

/** The size of a dimension, or what it stands for, as far as it is known. */
export type Dim = number | 'time' | 'batch' | '?';

/**
 * A tensor that is computed from the input: of each step a vector, the signals in `parts` in a row.
 * Its numbers lie in the order of `layout`, row-major, in which every feature axis is once.
 */
export interface Flow {
  readonly kind: 'flow';
  readonly parts: readonly number[];
  /** As the file orders them. */
  readonly axes: readonly Axis[];
  readonly layout: readonly FeatureAxis[];
  /** Steps of padding that the next node has to add: only a convolution can. */
  readonly pad?: readonly [before: number, after: number] | undefined;
  /** The state that the padding before is: the steps before a part of a stream. */
  readonly context?: Carried | undefined;
  /** True for what was cast to integers: only rows of a table are picked by it. */
  readonly isIndex?: boolean | undefined;
  /** Which states this is the last value of, in order, and where they were carried in. */
  readonly finals?: readonly Final[] | undefined;
}

/** The last value of a recurrent node's state, and the part of a graph's input that began it. */
export interface Final {
  readonly node: string;
  readonly carried?: Carried | undefined;
}

/** A part of a graph's input from which a state is carried: at `from` of its first axis. */
export interface Carried {
  readonly input: string;
  readonly from: number;
}

/** A graph's input that is a state, or a part of one. */
export interface State extends Carried {
  readonly kind: 'state';
  readonly dims: readonly Dim[] | undefined;
}

/** Integers of which some stand for the sizes of axes: what a Shape gives. */
export interface Ints {
  readonly kind: 'ints';
  readonly items: readonly Dim[];
  /** True for one number without an axis. */
  readonly scalar: boolean;
}

/** One number everywhere, of a shape that depends on the input. */
export interface Filled {
  readonly kind: 'filled';
  readonly value: number;
  readonly dims?: readonly Dim[] | undefined;
}

/** What a loop puts together step by step, time first; nothing of a list that is empty. */
export interface List {
  readonly kind: 'list';
  readonly items?: Flow | undefined;
}

export type Value =
  | Constant
  | Flow
  | State
  | Ints
  | Filled
  | List
  | { readonly kind: 'absent' }
  /** What a node that cannot be read would give. */
  | { readonly kind: 'unknown' };

/** Numbers of one step. */
export function widthOf({ layout }: Flow): number {
  return layout.reduce((product, { size }) => product * size, 1);
}

/**
 * How many vectors along a feature axis lie one after another, and what one of its numbers holds.
 */
export function placeOf({ layout }: Flow, axis: FeatureAxis): { outer: number; inner: number } {
  const at = layout.indexOf(axis);
  const product = (axes: readonly FeatureAxis[]) => axes.reduce((all, { size }) => all * size, 1);
  return { outer: product(layout.slice(0, at)), inner: product(layout.slice(at + 1)) };
}

export function timeOf({ axes }: Flow): TimeAxis | undefined {
  return axes.find(axis => axis.role === 'time') as TimeAxis | undefined;
}

/** An axis by its index, which counts from the end if it is negative. */
export function axisAt({ axes }: Flow, index: number): number {
  const at = index < 0 ? index + axes.length : index;
  ensure(at >= 0 && at < axes.length, `axis ${index} of ${axes.length}`);
  return at;
}

/** What an axis counts as in the result of Shape. */
export function dimOf(axis: Axis): Dim {
  if (axis.role === 'one') return 1;
  return axis.size ?? (axis.role as 'time' | 'batch');
}

/** The axes of a flow in the words of messages: `[time, batch, 16]`. */
export function axesText({ axes }: Flow): string {
  return `[${axes.map(axis => (axis.role === 'feature' ? axis.size : axis.role)).join(', ')}]`;
}

/** True where an axis may stand for that of batches. */
export function isBatch(axis: Axis | undefined): boolean {
  return axis?.role === 'batch' || axis?.role === 'one';
}

/** A flow of one vector a step on other signals: with `axis` replaced, or as it is. */
export function flowOf(part: number, axes: readonly Axis[], layout: readonly FeatureAxis[]): Flow {
  return { kind: 'flow', parts: [part], axes, layout };
}
