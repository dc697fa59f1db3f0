import type { AttributeDraft } from '../../../src/io/onnx/encode.js';
import { standardOperator } from '../../../src/io/onnx/standard-operators.js';
import { type Attributes, file, node, numbers } from './graphs.js';

export const int = (value: number): AttributeDraft => ({ int: value });
export const ints = (...values: number[]): AttributeDraft => ({ ints: values });
export const float = (value: number): AttributeDraft => ({ float: value });
export const floats = (...values: number[]): AttributeDraft => ({ floats: values });
export const text = (value: string): AttributeDraft => ({ text: value });
export const texts = (...values: string[]): AttributeDraft => ({ texts: values });

/** `operator.attribute`, a value that is not honoured, the operator set, words of the refusal. */
export type Refused = readonly [name: string, value: AttributeDraft, set: number, message: string];

const older = [
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Equal', 'And', 'Or', 'Xor', 'Greater', 'Less'],
].map((operator): Refused => {
  return [`${operator}.axis`, int(1), 6, "the attribute 'axis', which is not read here"];
});

const recurrent = ['RNN', 'GRU', 'LSTM'].flatMap((operator): Refused[] => [
  [`${operator}.clip`, float(0), 17, 'clip 0'],
  [`${operator}.direction`, text('sideways'), 17, "direction 'sideways'"],
  [`${operator}.hidden_size`, int(4), 17, "which don't fit"],
  [`${operator}.activations`, texts(...new Array(6).fill('Tanh')), 17, '6 activations, not '],
  [`${operator}.activation_alpha`, floats(0.5), 17, 'activation_alpha with numbers that no'],
  [`${operator}.activation_beta`, floats(0.5), 17, 'activation_beta with numbers that no'],
]);

export const refused: readonly Refused[] = [
  ...older,
  ...recurrent,
  ...['AveragePool', 'MaxPool'].flatMap((operator): Refused[] => [
    [`${operator}.ceil_mode`, int(1), 17, 'ceil_mode 1, not 0'],
    [`${operator}.dilations`, ints(2), 19, 'dilations of 2 in a pooling'],
    [`${operator}.auto_pad`, text('NEAR'), 17, "auto_pad 'NEAR'"],
    [`${operator}.pads`, ints(1), 17, 'pads [1] for 1 axes'],
    [`${operator}.strides`, ints(1, 2), 17, 'strides [1,2] for 1 axes'],
  ]),
  ['BatchNormalization.training_mode', int(1), 17, 'training_mode 1, not 0'],
  ['BatchNormalization.spatial', int(0), 8, 'spatial 0, not 1'],
  ['BatchNormalization.is_test', int(0), 6, 'is_test 0, not 1'],
  ['Cast.to', int(8), 17, 'Cast to type 8'],
  ['Cast.to', text('FLOAT'), 5, 'a text as before operator set 6'],
  ['Cast.saturate', int(0), 19, 'saturate 0, not 1'],
  ['Celu.alpha', float(-1), 17, 'alpha -1'],
  ['Constant.value_string', text('a'), 17, "the attribute 'value_string', which is not read"],
  ['Constant.value_strings', texts('a'), 17, "the attribute 'value_strings', which is not read"],
  ['Conv.kernel_shape', ints(3), 17, 'kernel_shape [3]'],
  ['Conv.auto_pad', text('NEAR'), 17, "auto_pad 'NEAR'"],
  ['Dropout.is_test', int(0), 6, 'is_test 0, not 1'],
  ['Gemm.transA', int(1), 17, 'transA 1, not 0'],
  ['Gelu.approximate', text('fast'), 20, 'approximate fast'],
  ['LayerNormalization.stash_type', int(16), 17, 'stash_type 16, not 1'],
  ['Pad.mode', text('wrap'), 19, "the mode 'wrap'"],
  ['Pad.paddings', ints(0, 0, 0, 0, 1, 0), 1, "the attribute 'paddings', which is not read here"],
  ['Pad.value', float(1.5), 10, "the mode 'constant' with the value 1.5"],
  ['Range.stash_type', int(10), 27, 'stash_type 10, not 1'],
  ['Reshape.shape', ints(3, 1, 2), 4, "the attribute 'shape', which is not read here"],
  ['Reshape.allowzero', int(1), 17, 'allowzero with a size of 0'],
  ['Selu.alpha', float(1), 17, 'alpha 1 and gamma'],
  ['Selu.gamma', float(1), 17, 'and gamma 1,'],
  ['Softmax.axis', int(1), 12, 'axis 1 and those after it at once'],
  ['Split.num_outputs', int(3), 18, 'num_outputs 3 for 1 outputs'],
];

/** Inputs beside x that make a node whole; what else it needs. */
const operands: Readonly<Record<string, readonly [inputs: string, attributes?: Attributes]>> = {
  AveragePool: ['', { kernel_shape: ints(2) }],
  MaxPool: ['', { kernel_shape: ints(2) }],
  BatchNormalization: [' v v v v'],
  Conv: [' k'],
  Gemm: [' m v'],
  LayerNormalization: [' v'],
  ...{ And: [' v'], Or: [' v'], Xor: [' v'], Greater: [' v'], Less: [' v'] },
  ...{ GreaterOrEqual: [' v'], LessOrEqual: [' v'], InstanceNormalization: [' v v'] },
  ...{ ConvTranspose: [' k'], Range: [' i i'], ScatterND: [' i x'], Tile: [' shape'] },
  ...{ RNN: [' W1 R1'], GRU: [' W3 R3'], LSTM: [' W4 R4'] },
  Concat: ['', { axis: int(2) }],
  ...Object.fromEntries(['Add', 'Sub', 'Mul', 'Div', 'Equal', 'MatMul'].map(n => [n, [' v']])),
  ...{
    Pow: [' one'],
    PRelu: [' v'],
    Gather: [' i'],
    Where: [' x x'],
    Expand: [' shape'],
    Tile: [' ones'],
  },
};

export const tensors = {
  v: [[2], Float32Array.of(0.5, 2)],
  m: [[2, 2], numbers(4)],
  k: [[2, 2, 2], numbers(8)],
  one: [[], Float32Array.of(1)],
  i: [[], [0]],
  shape: [[3], [0, 0, 2]],
  ones: [[3], [1, 1, 1]],
  pads: [[6], [0, 0, 0, 0, 0, 0]],
  W1: [[1, 3, 2], numbers(6)],
  R1: [[1, 3, 3], numbers(9)],
  W3: [[1, 9, 2], numbers(18)],
  R3: [[1, 9, 3], numbers(27)],
  W4: [[1, 12, 2], numbers(24)],
  R4: [[1, 12, 3], numbers(36)],
} as const;

/** A file of one node of an operator set, with what that operator needs there. */
export function lone(operator: string, set: number, attributes: Attributes): Uint8Array {
  const [inputs, needed] = operands[operator] ?? [''];
  const own = standardOperator(operator, set);
  const before: Record<string, [string, Attributes]> = {
    Reshape: [set < 5 ? 'x' : 'x shape', {}],
    Unsqueeze: set < 13 ? ['x', { axes: ints(0) }] : ['x i', {}],
    Slice: set < 10 ? ['x', { starts: ints(0), ends: ints(1) }] : ['x i i', {}],
    Pad: set < 11 ? ['x', set < 2 ? {} : { pads: ints(0, 0, 0, 0, 0, 0) }] : ['x pads', {}],
    Constant: ['', {}],
    Cast: ['x', { to: set < 6 ? text('FLOAT') : int(1) }],
    ConstantOfShape: ['shape', {}],
  };
  const [all, more] = before[operator] ?? [`x${inputs}`, needed ?? {}];
  const channels = /Pool|Conv|Batch/.test(operator);
  const known = Object.entries(more).filter(([name]) => own?.attributes.has(name));
  const given = { ...Object.fromEntries(known), ...attributes };
  const nodes = [node(`${operator} ${all} -> y`, given)];
  const x = channels ? ['batch', 2, 'steps'] : ['steps', 'batch', 2];
  return file(nodes, tensors, { inputs: { x }, set });
}
