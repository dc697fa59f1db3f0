import { sizeOf } from '../../arrays/ndarray.js';
import { transpose } from '../layouts.js';
import { axesText, ensure, type FeatureAxis, type Flow, type Value } from './flow.js';
import { floatOf, integerOf, type Node } from './graph.js';
import { type Dense, denseDraft } from './linear.js';
import {
  constantIn,
  emit,
  flowIn,
  inWindow,
  type Operator,
  optionalIn,
  type Reading,
  vectorsIn,
} from './reading.js';
import { type Constant, weightsOf } from './tensor.js';

/** Products of what is computed with what the file holds. */
export const denseOperators: Readonly<Record<string, Operator>> = {
  MatMul: (node, inputs, reading) => {
    const flow = flowIn(inputs);
    const matrix = constantIn(inputs, 1);
    const [rows, columns] = matrix.dims.slice(-2);
    ensure(matrix.dims.length > 1 && rows * columns === sizeOf(matrix.dims), dimsText(matrix));
    const weight = () => transpose(weightsOf(matrix), rows, columns);
    return [product(node, flow, { inputSize: rows, size: columns, weight }, reading)];
  },
  Gemm: gemm,
};

const dimsText = ({ dims }: Constant) => `a matrix of shape [${dims}]`;

function gemm(node: Node, inputs: readonly Value[], reading: Reading): Value[] {
  const flow = flowIn(inputs);
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
  const axis = flow.axes[flow.axes.length - 1];
  const own = axis?.role === 'feature' ? axis.size : axis?.role === 'one' ? 1 : 0;
  ensure(
    own === dense.inputSize && own > 0 && dense.size > 0,
    `${axesText(flow)} by a matrix for ${dense.inputSize}`,
  );
  const made: FeatureAxis = { role: 'feature', size: dense.size };
  const draft = inWindow(vectorsIn(flow, axis), denseDraft(dense));
  const layout = [...flow.layout.filter(other => other !== axis), made];
  return emit(reading, node, flow, draft, [...flow.axes.slice(0, -1), made], layout);
}
