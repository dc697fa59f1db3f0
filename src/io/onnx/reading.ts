import { windowCell } from '../../layers/window.js';
import type { Budget } from './budget.js';
import {
  type Axis,
  axesText,
  ensure,
  type FeatureAxis,
  type Flow,
  flowOf,
  placeOf,
  Unfit,
  type Value,
  widthOf,
} from './flow.js';
import type { Node } from './graph.js';
import type { LayerDraft, Network } from './network.js';
import { type Constant, weightsOf } from './tensor.js';

/** What the nodes of a graph are read into. */
export interface Reading {
  readonly network: Network;
  /** The version of ONNX's own operators. */
  readonly operatorSet: number;
  /**
   * True while all layers stream: the last step of a sequence is then every step, the answer to
   * what has come so far.
   */
  readonly running: boolean;
  /** The signal of the last step of a sequence, of `width` numbers. */
  last(node: Node, signal: number, width: number): number;
  /** That of the first step. */
  first(node: Node, signal: number, width: number): number;
  readonly budget: Budget;
  /** True for the name of a value that something reads. */
  isRead(name: string): boolean;
  /** A value by its name: the body of a loop reads those around it. */
  valueOf(name: string): Value;
  /** The node that makes a value. */
  makerOf(name: string): Node | undefined;
  readonly eventSteps: EventSteps;
}

/** Recurrent nodes whose state is no input, in a graph that is given one event at a time. */
export interface EventSteps {
  /** True if the graph has no axis along which a sequence of several steps could lie. */
  readonly mayKeep: boolean;
  /** True to keep the state of those with one step from event to event. */
  readonly keep: boolean;
  /** Those with one step. */
  readonly one: string[];
  /** The lengths of windows, of those that begin anew with each event in any case. */
  readonly windows: number[];
}

/** Reads a node; throws Unfit, or a RecurError, for one that cannot be read. */
export type Operator = (node: Node, inputs: readonly Value[], reading: Reading) => readonly Value[];

/** A node's input that has to be computed from the model's. */
export function flowIn(inputs: readonly Value[], i = 0): Flow {
  const value = inputs[i];
  ensure(value?.kind === 'flow', `input ${i} is ${kindText(value)}, not computed from the input`);
  ensure(!value.pad, 'padded steps that no convolution reads');
  ensure(!value.isIndex, 'numbers that were cast to integers');
  return value;
}

/** A node's input that has to be in the file. */
export function constantIn(inputs: readonly Value[], i: number): Constant {
  const value = inputs[i];
  ensure(value?.kind === 'constant', `input ${i} is ${kindText(value)}, not a constant`);
  return value;
}

/** A node's weights: finite float32 numbers. */
export function weightsIn(inputs: readonly Value[], i: number): Float32Array {
  return weightsOf(constantIn(inputs, i));
}

export function optionalIn(inputs: readonly Value[], i: number): Value | undefined {
  const value = inputs[i];
  return value === undefined || value.kind === 'absent' ? undefined : value;
}

function kindText(value: Value | undefined): string {
  const kind = value?.kind ?? 'absent';
  const texts: Readonly<Record<string, string>> = {
    flow: 'computed from the input',
    state: 'a state',
    ints: 'a size that depends on the input',
    list: 'a list',
    filled: 'of a shape that depends on the input',
  };
  return texts[kind] ?? kind;
}

/** The flow of a new layer that reads `flow`. */
export function emit(
  { network }: Reading,
  node: Node,
  flow: Flow,
  draft: LayerDraft,
  axes: readonly Axis[] = flow.axes,
  layout: readonly FeatureAxis[] = flow.layout,
): Flow {
  return flowOf(network.add(node.where, flow.parts, draft), axes, layout);
}

/** How many vectors of `axis` lie in a datum, one after another; `axis` must be the inmost. */
export function vectorsIn(flow: Flow, axis: Axis): number {
  if (axis.role !== 'feature') return widthOf(flow);
  ensure(placeOf(flow, axis).inner === 1, `the axes ${axesText(flow)} lie in another order`);
  return widthOf(flow) / axis.size;
}

/** A layer for each of `count` vectors in a datum. */
export function inWindow(count: number, draft: LayerDraft): LayerDraft {
  if (count === 1) return draft;
  const { width, make, linear } = draft;
  return {
    width: width * count,
    streams: true,
    make: () => windowCell(count, make()),
    linear: linear && {
      size: linear.size,
      ...(linear.biased && { biased: bias => inWindow(count, linear.biased!(bias)) }),
      ...(linear.activated && { activated: name => inWindow(count, linear.activated!(name)) }),
    },
  };
}

/** A layer that is refused if anything reads it. */
export function refused(width: number, why: string): LayerDraft {
  return {
    width,
    streams: true,
    make() {
      throw new Unfit(why);
    },
  };
}

/** A layer that answers a vector with one of the same size, whatever is in it. */
export function pointwise(width: number, make: LayerDraft['make']): LayerDraft {
  return { width, streams: true, make };
}

/** The axis that `axis` becomes, in axes and layout. */
export function replaced<T extends Axis>(axes: readonly T[], axis: Axis, by: T | undefined): T[] {
  return axes.flatMap(own => (own === axis ? (by ?? []) : own));
}
