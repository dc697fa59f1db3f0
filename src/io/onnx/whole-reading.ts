import { sizeOf } from '../../arrays/ndarray.js';
import type { Budget } from './budget.js';
import type { Value } from './flow.js';
import type { Node } from './graph.js';
import { type Constant, constantOf } from './tensor.js';
import { ensure } from './unfit.js';
import { broadcastTo, transposed, viewed, viewOf } from './views.js';
import type { Program, Tensor } from './whole-program.js';

/** A value of a graph in which every shape is known. */
export type WholeValue = Value;

/** What the nodes of such a graph are read into. */
export interface WholeReading {
  readonly program: Program;
  readonly budget: Budget;
  /** The version of ONNX's own operators. */
  readonly operatorSet: number;
  /** True for the name of a value that something reads. */
  isRead(name: string | undefined): boolean;
}

/** Reads a node; throws Unfit, or a RecurError, for one that cannot be read. */
export type WholeOperator = (
  node: Node,
  inputs: readonly WholeValue[],
  reading: WholeReading,
) => readonly (Constant | Tensor)[];

/** An input that may be left out. */
export function givenIn(inputs: readonly WholeValue[], i: number): Constant | Tensor | undefined {
  const value = inputs[i];
  return value?.kind === 'constant' || value?.kind === 'tensor' ? value : undefined;
}

/** An input as numbers of the program, even if the file holds them. */
export function tensorIn(
  inputs: readonly WholeValue[],
  i: number,
  { program }: WholeReading,
): Tensor {
  const value = givenIn(inputs, i);
  ensure(value, `no input ${i}`);
  ensure(value.kind === 'constant' || !value.isWhole, 'integers that are computed');
  return asTensor(value, program);
}

export function asTensor(value: Constant | Tensor, program: Program): Tensor {
  if (value.kind === 'tensor') return value;
  const { dims } = value;
  return program.tensor(dims, program.idsOf(value));
}

export const dimsOf = (value: Constant | Tensor): readonly number[] =>
  value.kind === 'tensor' ? value.ids.dims : value.dims;

/** The ids of a tensor with its axes in another order. */
export function idsInOrder(tensor: Tensor, order: readonly number[], budget: Budget): Float64Array {
  const { ids } = tensor;
  return viewed(budget, ids, transposed(viewOf(ids), order)).values() as Float64Array;
}

/** Numbers as they stand along larger dimensions. */
export function spreadTo(constant: Constant, dims: readonly number[], budget: Budget) {
  return viewed(budget, constant, broadcastTo(viewOf(constant), dims)).values();
}

/** An axis by its index, which counts from the end if it is negative. */
export function axisOf(index: number, rank: number): number {
  const at = index < 0 ? index + rank : index;
  ensure(at >= 0 && at < rank, `axis ${index} of ${rank}`);
  return at;
}

/** A tensor of other dimensions, its numbers in the same order. */
export function shaped(tensor: Tensor, dims: readonly number[]): Tensor {
  const ids = tensor.ids.values() as Float64Array;
  ensure(sizeOf(dims) === ids.length, 'a shape of another size');
  return { kind: 'tensor', ids: constantOf('', dims, ids) };
}

/** A tensor whose numbers are in the order of these axes, put back into the order of its own. */
export function inOrderOf(
  program: Program,
  base: number,
  dims: readonly number[],
  order: readonly number[],
  budget: Budget,
): Tensor {
  const made = program.range(
    base,
    order.map(axis => dims[axis]),
  );
  const back = dims.map((_, axis) => order.indexOf(axis));
  return program.tensor(dims, idsInOrder(made, back, budget));
}
