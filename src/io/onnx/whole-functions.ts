import type { Activation } from '../../graph/activations.js';
import { embeddingCell } from '../../layers/embedding.js';
import { functionCells } from './function-operators.js';
import { floatOf, integerOf } from './graph.js';
import { functionOf } from './number-functions.js';
import { type Constant, weightsOf } from './tensor.js';
import { ensure } from './unfit.js';
import { perRow } from './whole-dense.js';
import {
  apply,
  type Expression,
  elementwise,
  minus,
  number,
  plus,
  times,
} from './whole-elementwise.js';
import type { Tensor } from './whole-program.js';
import {
  dimsOf,
  givenIn,
  tensorIn,
  type WholeOperator,
  type WholeReading,
} from './whole-reading.js';

/** Functions of one number that are made of activations. */
const composed: Readonly<Record<string, (x: Expression) => Expression>> = {
  abs: x => plus(apply('relu', x), apply('relu', negative(x))),
  square: x => times(x, x),
  selu: x => {
    const elu = { name: 'elu', alpha: 1.6732632423543772 } as const;
    return times(apply(elu, x), number(1.0507009873554805));
  },
};

const negative = (x: Expression) => times(x, number(-1));

/** Operators that are functions of one number. */
function unary(
  activationOf: (...of: Parameters<WholeOperator>) => Activation | string,
): WholeOperator {
  return (node, inputs, reading) => {
    const activation = activationOf(node, inputs, reading);
    const own = typeof activation === 'string' && Object.hasOwn(composed, activation);
    return [
      elementwise(node.where, [tensorIn(inputs, 0, reading)], reading, ([x]) =>
        own ? composed[activation](x) : apply(activation as Activation, x),
      ),
    ];
  };
}

/** Operators that combine numbers of two values. */
const binary =
  (combine: (a: Expression, b: Expression) => Expression): WholeOperator =>
  ({ where }, inputs, reading) => {
    const both = [0, 1].map(i => givenIn(inputs, i) as Constant | Tensor);
    ensure(both[0] && both[1], 'an input that is left out');
    return [elementwise(where, both, reading, ([a, b]) => combine(a, b))];
  };

const product = binary(times);
const quotient = binary((a, b) => times(a, apply('reciprocal', b)));

export const wholeFunctionOperators: Readonly<Record<string, WholeOperator>> = {
  ...Object.fromEntries(
    functionOf.names.map(name => [
      name,
      unary((node, _, { operatorSet }) => functionOf(node, operatorSet) as Activation | string),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(functionCells).map(([name, cellOf]): [string, WholeOperator] => [
      name,
      (node, inputs, reading) => {
        const value = tensorIn(inputs, 0, reading);
        const reads = value.ids.values() as Float64Array;
        const make = () => cellOf(node)(reads.length);
        const base = reading.program.add({ where: node.where, reads, size: reads.length, make });
        return [reading.program.range(base, dimsOf(value))];
      },
    ]),
  ),
  Add: binary(plus),
  Sub: binary(minus),
  Mul: product,
  Div: (node, inputs, reading) => {
    const divisor = givenIn(inputs, 1);
    if (divisor?.kind !== 'constant') return quotient(node, inputs, reading);
    const values = () => Float32Array.from(divisor.values(), v => 1 / v);
    return product(node, [inputs[0], { ...divisor, values, view: undefined }], reading);
  },
  PRelu: binary((x, slope) => minus(apply('relu', x), times(slope, apply('relu', negative(x))))),
  Pow: (node, inputs, reading) => {
    const exponent = givenIn(inputs, 1);
    const value: ArrayLike<number> = exponent?.kind === 'constant' ? exponent.values() : [];
    ensure(value.length === 1, 'exponents that are not one number of the file');
    return [
      elementwise(node.where, [tensorIn(inputs, 0, reading)], reading, ([x]) => power(x, value[0])),
    ];
  },
  Clip: (node, inputs, reading) => {
    const bound = (i: number, name: string, usual: number) => {
      const given = givenIn(inputs, i);
      ensure(given?.kind !== 'tensor', 'bounds that are computed');
      return given ? given.values()[0] : floatOf(node, name, usual);
    };
    const [low, high] = [bound(1, 'min', -3.4e38), bound(2, 'max', 3.4e38)];
    return [clipped(node.where, tensorIn(inputs, 0, reading), low, high, reading)];
  },
  BatchNormalization: (node, inputs, reading) => {
    const outputs = node.outputs.filter(name => name !== '').length;
    ensure(outputs < 2, 'outputs of training: running means and variances');
    const x = tensorIn(inputs, 0, reading);
    const [weight, bias, mean, variance] = [1, 2, 3, 4].map(i => {
      const value = givenIn(inputs, i);
      ensure(value?.kind === 'constant', `input ${i} is computed`);
      return weightsOf(value);
    });
    const { length } = weight;
    ensure(length === x.ids.dims[1], `${length} channels of [${x.ids.dims}]`);
    const epsilon = floatOf(node, 'epsilon', 1e-5);
    const factors = weight.map((w, i) => w / Math.sqrt(variance[i] + epsilon));
    const row = (values: Float32Array): Constant => {
      const dims = x.ids.dims.slice(1).map((n, i) => (i ? 1 : n));
      return { kind: 'constant', name: '', dims, floating: true, values: () => values };
    };
    const addends = bias.map((b, i) => b - mean[i] * factors[i]);
    const terms = [x, row(factors), row(addends)];
    return [elementwise(node.where, terms, reading, ([v, a, b]) => plus(times(v, a), b))];
  },
  Gather: (node, inputs, reading) => {
    const [table, index] = [0, 1].map(i => givenIn(inputs, i));
    ensure(table?.kind === 'constant' && index?.kind === 'tensor', 'indices that are computed');
    const isTable = table.dims.length === 2 && integerOf(node, 'axis', 0) === 0;
    ensure(isTable && index.isWhole, 'indices that are computed, of what is no table of rows');
    const [rows, size] = table.dims;
    const reads = index.ids.values() as Float64Array;
    const make = () =>
      perRow(reads.length, embeddingCell(rows, size, { params: { weight: weightsOf(table) } }));
    const base = reading.program.add({ where: node.where, reads, size: reads.length * size, make });
    return [reading.program.range(base, [...dimsOf(index), size])];
  },
};

function power(x: Expression, exponent: number): Expression {
  if (exponent === 0.5) return apply('sqrt', x);
  if (exponent === -1) return apply('reciprocal', x);
  ensure([1, 2, 3, 4].includes(exponent), `the power ${exponent}`);
  return Array.from({ length: exponent - 1 }, () => x).reduce(times, x);
}

/** Bounds that are exact: an activation's clip has no rounding. */
function clipped(
  where: string,
  x: Tensor,
  low: number,
  high: number,
  reading: WholeReading,
): Tensor {
  ensure(low <= high, `bounds [${low}, ${high}]`);
  const least = low > -3.3e38;
  const most = high < 3.3e38;
  const relu = (of: Tensor, sign: number, bound: number | undefined) => {
    const signed = sign < 0 ? elementwise(where, [of], reading, ([v]) => negative(v)) : of;
    const clip = bound !== undefined && bound < 3.3e38 ? bound : undefined;
    return elementwise(where, [signed], reading, ([v]) => apply('relu', v), clip);
  };
  if (!least && !most) return x;
  if (low === 0) return relu(x, 1, high);
  if (high === 0) return elementwise(where, [relu(x, -1, -low)], reading, ([v]) => negative(v));
  if (low < 0 && high > 0) {
    return elementwise(where, [relu(x, 1, high), relu(x, -1, -low)], reading, ([a, b]) =>
      minus(a, b),
    );
  }
  const from = low > 0 ? low : high;
  const moved = elementwise(where, [x], reading, ([v]) => minus(v, number(from)));
  const part = low > 0 ? relu(moved, 1, high - low) : relu(moved, -1, high - low);
  return elementwise(where, [part], reading, ([v]) =>
    low > 0 ? plus(number(from), v) : minus(number(from), v),
  );
}
