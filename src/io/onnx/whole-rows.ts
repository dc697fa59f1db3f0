import { sizeOf } from '../../arrays/ndarray.js';
import { layerNormCell } from '../../cells/layer-norm.js';
import { softmaxCell } from '../../cells/softmax.js';
import { globalMaxPool1dCell } from '../../layers/pooling.js';
import { windowCell } from '../../layers/window.js';
import type { AnyCell } from '../../streams/cell.js';
import { floatOf, integerOf, type Node } from './graph.js';
import { reducedAxes } from './ranges.js';
import { type Constant, weightsOf } from './tensor.js';
import { ensure } from './unfit.js';
import { perRow, rowSums } from './whole-dense.js';
import { elementwise, plus, times } from './whole-elementwise.js';
import type { Tensor } from './whole-program.js';
import {
  axisOf,
  givenIn,
  idsInOrder,
  inOrderOf,
  shaped,
  tensorIn,
  type WholeOperator,
  type WholeReading,
} from './whole-reading.js';

/** Operators on the vectors along some axes: norms, softmax, reductions. */
export const wholeRowOperators: Readonly<Record<string, WholeOperator>> = {
  ReduceMean: reduction((count, ...of) => rowSums(...of, 1 / count)),
  ReduceSum: reduction((_, ...of) => rowSums(...of, 1)),
  ReduceMax: reduction((count, where, tensor, dims, reading) =>
    onRows(where, tensor, dims, reading, 1, () => windowCell(count, globalMaxPool1dCell(1))),
  ),
  GlobalAveragePool: (node, inputs, reading) => {
    const x = tensorIn(inputs, 0, reading);
    const along = x.ids.dims.map((_, i) => i).slice(2);
    return [
      along.length
        ? reducedAlong(node, x, along, true, reading, (n, ...of) => rowSums(...of, 1 / n))
        : x,
    ];
  },
  Softmax: (node, inputs, reading) => {
    const x = tensorIn(inputs, 0, reading);
    const { dims } = x.ids;
    const isOld = reading.operatorSet < 13;
    const axis = axisOf(integerOf(node, 'axis', isOld ? 1 : -1), dims.length);
    const along = dims.map((_, i) => i).filter(i => (isOld ? i >= axis : i === axis));
    return [alongAxes(node, x, along, reading, softmaxCell)];
  },
  LayerNormalization: (node, inputs, reading) => {
    const x = tensorIn(inputs, 0, reading);
    const { dims } = x.ids;
    const axis = axisOf(integerOf(node, 'axis', -1), dims.length);
    const along = dims.map((_, i) => i).slice(axis);
    const size = sizeOf(dims.slice(axis));
    const epsilon = floatOf(node, 'epsilon', 1e-5);
    const [weight, bias] = [1, 2].map(i => {
      const value = givenIn(inputs, i);
      ensure(value?.kind !== 'tensor', `input ${i} is computed`);
      const values = value ? weightsOf(value) : new Float32Array(size);
      ensure(values.length === size, `a scale of ${values.length} numbers for ${size}`);
      return values;
    });
    const params = { weight, bias };
    const make = (length: number) => layerNormCell(length, { epsilon, params });
    return [alongAxes(node, x, along, reading, make)];
  },
  InstanceNormalization: (node, inputs, reading) => {
    const x = tensorIn(inputs, 0, reading);
    const { dims } = x.ids;
    const along = dims.map((_, i) => i).slice(2);
    const epsilon = floatOf(node, 'epsilon', 1e-5);
    const normal = alongAxes(node, x, along, reading, size => layerNormCell(size, { epsilon }));
    const [scale, bias] = [1, 2].map(i => {
      const value = givenIn(inputs, i);
      ensure(value, `no input ${i}`);
      const row = [dims[1], ...along.map(() => 1)];
      return value.kind === 'tensor'
        ? shaped(value, row)
        : ({ ...value, dims: row, view: undefined } as Constant);
    });
    return [
      elementwise(node.where, [normal, scale, bias], reading, ([v, a, b]) => plus(times(v, a), b)),
    ];
  },
};

type Reduce = (
  count: number,
  where: string,
  tensor: Tensor,
  dims: readonly number[],
  reading: WholeReading,
) => Tensor;

/** An operator that makes one number of those along some axes. */
function reduction(reduce: Reduce): WholeOperator {
  return (node, inputs, reading) => {
    const x = tensorIn(inputs, 0, reading);
    const axes = givenIn(inputs, 1);
    ensure(axes?.kind !== 'tensor', 'axes that are computed');
    const along = reducedAxes(node, axes, x.ids.dims.length);
    if (along.length === 0) return [x];
    return [reducedAlong(node, x, along, integerOf(node, 'keepdims', 1) !== 0, reading, reduce)];
  };
}

function reducedAlong(
  { where }: Node,
  x: Tensor,
  along: readonly number[],
  isKept: boolean,
  reading: WholeReading,
  reduce: Reduce,
): Tensor {
  const { dims } = x.ids;
  const kept = dims.map((_, i) => i).filter(i => !along.includes(i));
  const count = sizeOf(along.map(i => dims[i]));
  const ids = idsInOrder(x, [...kept, ...along], reading.budget);
  const rows = reading.program.tensor([...kept.map(i => dims[i]), count], ids);
  const own = kept.map(i => dims[i]);
  const y = reduce(count, where, rows, own, reading);
  return isKept
    ? shaped(
        y,
        dims.map((n, i) => (along.includes(i) ? 1 : n)),
      )
    : y;
}

/** A layer on the vectors along some axes, which answers as many numbers. */
function alongAxes(
  { where }: Node,
  x: Tensor,
  along: readonly number[],
  reading: WholeReading,
  make: (size: number) => AnyCell,
): Tensor {
  const { dims } = x.ids;
  const order = [...dims.map((_, i) => i).filter(i => !along.includes(i)), ...along];
  const size = sizeOf(along.map(i => dims[i]));
  const reads = idsInOrder(x, order, reading.budget);
  const rows = reads.length / size;
  const base = reading.program.add({
    ...{ where, reads, size: reads.length },
    make: () => perRow(rows, make(size)),
  });
  return inOrderOf(reading.program, base, dims, order, reading.budget);
}

/** A layer on each row of a tensor, which answers `size` numbers for each. */
function onRows(
  where: string,
  tensor: Tensor,
  dims: readonly number[],
  { program }: WholeReading,
  size: number,
  make: () => AnyCell,
): Tensor {
  const rows = sizeOf(dims);
  const reads = tensor.ids.values() as Float64Array;
  const base = program.add({ where, reads, size: rows * size, make: () => perRow(rows, make()) });
  return program.range(base, dims);
}
