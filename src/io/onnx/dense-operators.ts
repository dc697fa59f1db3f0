import { sizeOf } from '../../arrays/ndarray.js';
import { embeddingCell } from '../../layers/embedding.js';
import { transpose } from '../layouts.js';
import { onVectors } from './add-layers.js';
import { axesText, ensure, type Flow, type Value } from './flow.js';
import { floatOf, integerOf, type Node } from './graph.js';
import { type Dense, denseDraft } from './linear.js';
import {
  checkBatch,
  constantIn,
  flowIn,
  type Operator,
  optionalIn,
  pointwise,
  type Reading,
} from './reading.js';
import { type Constant, parameterOf, weightsOf } from './tensor.js';

/** Products of what is computed with what the file holds, and rows of it. */
export const denseOperators: Readonly<Record<string, Operator>> = {
  MatMul: (node, inputs, reading) => {
    const flow = flowIn(inputs, 0, reading);
    const matrix = constantIn(inputs, 1);
    const [rows, columns] = matrix.dims.slice(-2);
    ensure(matrix.dims.length > 1 && rows * columns === sizeOf(matrix.dims), dimsText(matrix));
    const weight = () => transpose(weightsOf(matrix), rows, columns);
    return [product(node, flow, { inputSize: rows, size: columns, weight }, reading)];
  },
  Gemm: gemm,
  Gather: (node, inputs, reading) => {
    const table = constantIn(inputs, 0);
    const index = inputs[1];
    ensure(index?.kind === 'tensor', 'indices that are not computed');
    const [count, size] = table.dims;
    const isTable = table.dims.length === 2 && integerOf(node, 'axis', 0) === 0 && count * size > 0;
    ensure(isTable, `Gather from [${table.dims}]`);
    const flow = reading.flowOf({ ...index, isWhole: false });
    const wide = { ...flow, dims: [...flow.dims, 1] };
    return [
      onLastAxis(node, wide, reading, size, () =>
        pointwise(size, () => {
          return embeddingCell(count, size, { params: { weight: parameterOf(weightsOf(table)) } });
        }),
      ),
    ];
  },
};

const dimsText = ({ dims }: Constant) => `a matrix of shape [${dims}]`;

function gemm(node: Node, inputs: readonly Value[], reading: Reading): Flow[] {
  const flow = flowIn(inputs, 0, reading);
  const turned = integerOf(node, 'transA', 0);
  ensure(turned === 0, `transA ${turned}, not 0`);
  const matrix = constantIn(inputs, 1);
  ensure(matrix.dims.length === 2, dimsText(matrix));
  const transposed = integerOf(node, 'transB', 0) !== 0;
  const [rows, columns] = matrix.dims;
  const [inputSize, size] = transposed ? [columns, rows] : [rows, columns];
  const [alpha, beta] = [floatOf(node, 'alpha', 1), floatOf(node, 'beta', 1)];
  const weight = () => {
    const values = weightsOf(matrix);
    return scaled(transposed ? values : transpose(values, rows, columns), alpha);
  };
  const given = optionalIn(inputs, 2);
  if (!given) return [product(node, flow, { inputSize, size, weight }, reading)];
  const addend = constantIn(inputs, 2);
  const count = sizeOf(addend.dims);
  const isRow = count === 1 || (count === size && addend.dims[addend.dims.length - 1] === size);
  ensure(isRow, `C of shape [${addend.dims}]`);
  const bias = () => {
    const values = scaled(weightsOf(addend), beta);
    return count === size ? values : new Float32Array(size).fill(values[0]);
  };
  return [product(node, flow, { inputSize, size, weight, bias }, reading)];
}

function scaled(values: Float32Array, factor: number): Float32Array {
  return factor === 1 ? values : values.map(v => v * factor);
}

/** A dense layer on the last axis. */
function product(node: Node, flow: Flow, dense: Dense, reading: Reading): Flow {
  const last = flow.dims.length - 1;
  checkBatch(flow, [last]);
  const isApart = last >= 0 && last !== flow.time;
  ensure(
    isApart && flow.dims[last] === dense.inputSize && dense.size > 0,
    `${axesText(flow)} by a matrix for ${dense.inputSize}`,
  );
  return onLastAxis(node, flow, reading, dense.size, () => denseDraft(dense));
}

function onLastAxis(
  node: Node,
  flow: Flow,
  reading: Reading,
  size: number,
  draftOf: () => ReturnType<typeof pointwise>,
): Flow {
  const last = flow.dims.length - 1;
  const { numbers } = onVectors(node, flow, [last], reading, draftOf);
  return { ...flow, dims: [...flow.dims.slice(0, -1), size], numbers };
}
