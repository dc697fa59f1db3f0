import { sizeOf } from '../../arrays/ndarray.js';
import { denseCell } from '../../cells/dense.js';
import { eachCell } from '../../layers/each.js';
import type { AnyCell } from '../../streams/cell.js';
import { transpose } from '../layouts.js';
import { floatOf, integerOf } from './graph.js';
import { type Constant, parameterOf, weightsOf } from './tensor.js';
import { ensure } from './unfit.js';
import { elementwise, plus, times } from './whole-elementwise.js';
import type { Tensor } from './whole-program.js';
import {
  asTensor,
  dimsOf,
  givenIn,
  idsInOrder,
  shaped,
  type WholeOperator,
  type WholeReading,
  type WholeValue,
} from './whole-reading.js';

/** A product of rows and a matrix that the file holds. */
export interface Product {
  readonly where: string;
  readonly inputSize: number;
  readonly size: number;
  /** `[size, inputSize]`. */
  weight(): Float32Array;
  readonly bias?: (() => Float32Array) | undefined;
}

/** One layer for each row. */
export function perRow(rows: number, cell: AnyCell): AnyCell {
  return rows === 1 ? cell : eachCell(rows, cell);
}

/** The first id of a dense layer's numbers, row after row. */
export function denseRows(
  { where, inputSize, size, weight, bias }: Product,
  reads: Float64Array,
  { program }: WholeReading,
): number {
  const rows = reads.length / inputSize;
  const make = () =>
    perRow(
      rows,
      denseCell(inputSize, size, {
        bias: bias !== undefined,
        params: {
          weight: parameterOf(weight()),
          ...(bias && { bias: parameterOf(bias()) }),
        },
      }),
    );
  return program.add({ where, reads, size: rows * size, make });
}

export const wholeDenseOperators: Readonly<Record<string, WholeOperator>> = {
  MatMul: ({ where }, inputs, reading) => [matMul(where, inputs, reading)],
  Gemm: (node, inputs, reading) => {
    const [a, b, c] = [0, 1, 2].map(i => givenIn(inputs, i));
    const [alpha, beta] = [floatOf(node, 'alpha', 1), floatOf(node, 'beta', 1)];
    const turned = ['transA', 'transB'].map(name => integerOf(node, name, 0) !== 0);
    ensure(a && b && dimsOf(a).length === 2 && dimsOf(b).length === 2, 'matrices of two axes');
    const factors = [a, b].map((value, i) => (turned[i] ? turnedOver(value, reading) : value));
    const ab = matMul(node.where, factors, reading, { alpha, beta, addend: c });
    return [ab];
  },
};

/** A matrix with its two axes exchanged. */
function turnedOver(value: Constant | Tensor, { budget, program }: WholeReading) {
  const [rows, columns] = dimsOf(value);
  if (value.kind === 'tensor') {
    return program.tensor([columns, rows], idsInOrder(value, [1, 0], budget));
  }
  budget.spend(rows * columns);
  const values = () => transpose(Float32Array.from(value.values()), rows, columns);
  return { ...value, dims: [columns, rows], values, view: undefined };
}

interface Sum {
  readonly alpha: number;
  readonly beta: number;
  readonly addend: Constant | Tensor | undefined;
}

function matMul(
  where: string,
  inputs: readonly WholeValue[],
  reading: WholeReading,
  sum: Sum = { alpha: 1, beta: 1, addend: undefined },
): Tensor {
  const [a, b] = [0, 1].map(i => givenIn(inputs, i));
  ensure(a && b, 'an input that is left out');
  const [left, right] = [dimsOf(a), dimsOf(b)];
  const isMatrix = right.length === 2 && left.length > 0 && left[left.length - 1] === right[0];
  const { alpha, beta, addend } = sum;
  const scaled = (values: Float32Array, by: number) =>
    by === 1 ? values : values.map(v => v * by);
  if (b.kind === 'constant' && isMatrix) {
    const [inputSize, size] = right;
    const own = addend?.kind === 'constant' ? biasOf(addend, size) : undefined;
    const base = denseRows(
      {
        ...{ where, inputSize, size },
        weight: () => scaled(transpose(weightsOf(b), inputSize, size), alpha),
        bias: own && (() => scaled(own(), beta)),
      },
      asTensor(a, reading.program).ids.values() as Float64Array,
      reading,
    );
    const y = reading.program.range(base, [...left.slice(0, -1), size]);
    return addend && !own ? added(where, y, addend, 1, beta, reading) : y;
  }
  const y = products(where, asTensor(a, reading.program), asTensor(b, reading.program), reading);
  return addend || alpha !== 1 ? added(where, y, addend, alpha, beta, reading) : y;
}

/** A row that is the same for all rows of a product, as a bias. */
function biasOf(addend: Constant, size: number): (() => Float32Array) | undefined {
  const count = sizeOf(addend.dims);
  const isRow = count === 1 || (count === size && addend.dims[addend.dims.length - 1] === size);
  if (!isRow) return undefined;
  return () => {
    const values = weightsOf(addend);
    return count === size ? values : new Float32Array(size).fill(values[0]);
  };
}

function added(
  where: string,
  y: Tensor,
  addend: Constant | Tensor | undefined,
  alpha: number,
  beta: number,
  reading: WholeReading,
): Tensor {
  const inputs = addend ? [y, addend] : [y];
  return elementwise(where, inputs, reading, ([ab, c]) => {
    const first = alpha === 1 ? ab : times(ab, { op: 'number', value: alpha });
    if (!c) return first;
    return plus(first, beta === 1 ? c : times(c, { op: 'number', value: beta }));
  });
}

/** So many products may be added up one by one. */
const mostProducts = 2 ** 18;

/** A product of two computed matrices: number by number, and then sums of rows. */
function products(where: string, a: Tensor, b: Tensor, reading: WholeReading): Tensor {
  const { budget, program } = reading;
  const [left, right] = [a.ids.dims, b.ids.dims];
  ensure(left.length > 1 && right.length > 1, 'a product of vectors');
  const [m, k] = left.slice(-2);
  const [own, n] = right.slice(-2);
  ensure(k === own, `matrices of shapes [${left}] and [${right}]`);
  // [..., m, 1, k] and [..., 1, n, k].
  const order = right.map((_, i) => i);
  const last = order.length - 1;
  const turned = idsInOrder(b, [...order.slice(0, -2), last, last - 1], budget);
  const factors = [
    shaped(a, [...left.slice(0, -2), m, 1, k]),
    program.tensor([...right.slice(0, -2), 1, n, k], turned),
  ];
  const y = elementwise(where, factors, reading, ([x, w]) => times(x, w));
  const { dims } = y.ids;
  ensure(
    sizeOf(dims) <= mostProducts,
    `a product of two computed matrices, [${left}] and [${right}]`,
  );
  return rowSums(where, y, dims.slice(0, -1), reading, 1);
}

/** Sums along the last axis, each number by a factor. */
export function rowSums(
  where: string,
  tensor: Tensor,
  dims: readonly number[],
  reading: WholeReading,
  factor: number,
): Tensor {
  const reads = tensor.ids.values() as Float64Array;
  const inputSize = reads.length / sizeOf(dims);
  const weight = () => new Float32Array(inputSize).fill(factor);
  const base = denseRows({ where, inputSize, size: 1, weight }, reads, reading);
  return reading.program.range(base, dims);
}
