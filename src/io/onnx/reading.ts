import type { Budget } from './budget.js';
import { axesText, ensure, type Flow, Unfit, type Value } from './flow.js';
import type { Node } from './graph.js';
import type { LayerDraft, Network } from './network.js';
import { type Constant, weightsOf } from './tensor.js';
import type { Tensor } from './whole-program.js';

/** What the nodes of a graph are read into. */
export interface Reading {
  readonly network: Network;
  /** The version of ONNX's own operators. */
  readonly operatorSet: number;
  /** The signal of the last step of a sequence, or of the first. */
  answer(signal: number, which: 'last' | 'first'): number;
  /** All steps of a flow, for each sequence of a batch. */
  tensorOf(flow: Flow): Tensor;
  /** One step of a tensor. */
  flowOf(tensor: Tensor): Flow;
  readonly budget: Budget;
  /** True for the name of a value that something reads. */
  isRead(name: string): boolean;
  /** A value by its name: the body of a loop reads those around it. */
  valueOf(name: string): Value;
  readonly eventSteps: EventSteps;
  /** Sequences of a batch, of which one is run. */
  readonly batches: number;
  /** True where the sequence is one step, along an axis that nothing tells from others. */
  readonly isOneStep: boolean;
  /** Undefined where the file fixes how many steps a sequence has. */
  readonly openSteps: number | undefined;
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
export type Operator = (
  node: Node,
  inputs: readonly Value[],
  reading: Reading,
) => readonly (Value | Flow)[];

/** Says that a sequence has to be read with more steps to tell what a node does. */
export class TooFewSteps extends Unfit {
  readonly steps: number;

  constructor(steps: number) {
    super(`a sequence of ${steps} steps or more`);
    this.steps = steps;
  }
}

/** Says that a node computes with several sequences of a batch, of which one alone is run. */
export class MixedBatch extends Unfit {}

/** Throws MixedBatch where a node computes along the axis of a batch. */
export function checkBatch(flow: Flow, along: readonly number[]): void {
  const isMixed = flow.batch !== undefined && along.includes(flow.batch);
  if (isMixed) throw new MixedBatch(`${axesText(flow)}, of which the axis is none of features`);
}

/** Throws TooFewSteps where a node reaches far along steps of which there may be any number. */
export function checkReach(reach: number, { openSteps }: Pick<Reading, 'openSteps'>): void {
  if (openSteps !== undefined && 2 * reach > openSteps) throw new TooFewSteps(2 * reach + 1);
}

/** A node's input that has to be computed from the model's. */
export function flowIn(inputs: readonly Value[], i: number, reading: Reading): Flow {
  const value = inputs[i];
  const isTensor = value?.kind === 'tensor';
  ensure(isTensor, `input ${i} is ${value?.kind ?? 'absent'}, not computed from the input`);
  ensure(!value.isWhole, 'numbers that were cast to integers');
  const flow = reading.flowOf(value);
  ensure(!flow.pad, 'padded steps that no convolution reads');
  return flow;
}

/** A node's input that has to be in the file. */
export function constantIn(inputs: readonly Value[], i: number): Constant {
  const value = inputs[i];
  const kind = value?.kind === 'tensor' ? 'computed from the input' : (value?.kind ?? 'absent');
  ensure(value?.kind === 'constant', `input ${i} is ${kind}, not a constant`);
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

/** An axis by its index, which counts from the end if it is negative. */
export function axisOf(index: number, rank: number): number {
  const at = index < 0 ? index + rank : index;
  ensure(at >= 0 && at < rank, `axis ${index} of ${rank}`);
  return at;
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

/** A layer that answers a vector with another one, whatever is in it. */
export function pointwise(width: number, make: LayerDraft['make']): LayerDraft {
  return { width, streams: true, make };
}
