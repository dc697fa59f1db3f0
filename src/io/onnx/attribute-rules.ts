/** How an attribute is read; one without a rule is refused by name. */
export type Rule =
  /** Its operator computes what it says, or refuses the value by the attribute's name. */
  | 'honoured'
  /** The same, but it has to be there: its default is another in another set. */
  | 'needed'
  /** It changes no number that is computed here. */
  | 'idle'
  /** The values that are computed, and the one that stands where it is left out. */
  | { readonly only: readonly number[]; readonly usual: number };

const honoured = 'honoured';
const idle = 'idle';
const only = (value: number, usual = value): Rule => ({ only: [value], usual });

type Rules = Readonly<Record<string, Rule>>;

const convolution: Rules = {
  ...{ auto_pad: honoured, dilations: honoured, kernel_shape: honoured },
  ...{ pads: honoured, strides: honoured },
};

const recurrent: Rules = {
  ...{ activations: honoured, activation_alpha: honoured, activation_beta: honoured },
  ...{ clip: honoured, direction: honoured, hidden_size: honoured, layout: honoured },
  // Whether Y is an output, which the outputs say.
  output_sequence: idle,
};

const transposed: Rules = { ...convolution, group: honoured, output_padding: honoured };

const reduction: Rules = { axes: honoured, keepdims: honoured, noop_with_empty_axes: honoured };

/**
 * The attributes that are read, by operator. Where shapes are those of the input, `broadcast` says
 * nothing; where they are not, a file without it is none.
 */
const rules: Readonly<Record<string, Rules>> = {
  ...{ Add: { broadcast: idle }, Sub: { broadcast: idle }, Equal: { broadcast: idle } },
  ...{ Mul: { broadcast: idle }, Div: { broadcast: idle }, Pow: { broadcast: idle } },
  ...{ And: { broadcast: idle }, Or: { broadcast: idle }, Xor: { broadcast: idle } },
  ...{ Greater: { broadcast: idle }, Less: { broadcast: idle } },
  AveragePool: { ...convolution, ceil_mode: only(0), count_include_pad: honoured },
  BatchNormalization: {
    epsilon: honoured,
    // Of training; until set 6 it was the rule.
    ...{ momentum: idle, is_test: only(1, 0), training_mode: only(0) },
    spatial: only(1),
  },
  // Both are for floats of 8 bits, which are refused.
  Cast: { to: honoured, saturate: only(1), round_mode: idle },
  Celu: { alpha: honoured },
  Clip: { min: honoured, max: honoured },
  Concat: { axis: 'needed' },
  ConcatFromSequence: { axis: honoured, new_axis: honoured },
  Constant: {
    ...{ value: honoured, value_float: honoured, value_floats: honoured },
    ...{ value_int: honoured, value_ints: honoured },
  },
  ConstantOfShape: { value: honoured },
  Conv: { ...convolution, group: honoured },
  ConvTranspose: transposed,
  // Nothing is dropped but in training, which until set 6 was the rule.
  Dropout: { is_test: only(1, 0), ratio: idle, seed: idle },
  Elu: { alpha: honoured },
  Flatten: { axis: honoured },
  Gather: { axis: honoured },
  Gemm: {
    ...{ alpha: honoured, beta: honoured, transA: honoured, transB: honoured },
    broadcast: idle,
  },
  Gelu: { approximate: honoured },
  GRU: { ...recurrent, linear_before_reset: honoured },
  HardSigmoid: { alpha: honoured, beta: honoured },
  If: { else_branch: honoured, then_branch: honoured },
  InstanceNormalization: { epsilon: honoured },
  LayerNormalization: { axis: honoured, epsilon: honoured, stash_type: only(1) },
  LeakyRelu: { alpha: honoured },
  LogSoftmax: { axis: honoured },
  Loop: { body: honoured },
  LSTM: { ...recurrent, input_forget: honoured },
  // The order of the indices, which are no output here.
  MaxPool: { ...convolution, ceil_mode: only(0), storage_order: idle },
  Pad: { mode: honoured, pads: honoured, value: honoured },
  ...{ ReduceL1: reduction, ReduceL2: reduction, ReduceMax: reduction, ReduceMean: reduction },
  ...{ ReduceMin: reduction, ReduceProd: reduction, ReduceSum: reduction },
  ReduceSumSquare: reduction,
  Scan: {
    ...{ body: honoured, directions: honoured, num_scan_inputs: honoured },
    ...{ scan_input_axes: honoured, scan_input_directions: honoured },
    ...{ scan_output_axes: honoured, scan_output_directions: honoured },
  },
  ScatterND: { reduction: honoured },
  Range: { stash_type: only(1) },
  Reshape: { allowzero: honoured },
  RNN: recurrent,
  // The type of items, which they have themselves.
  SequenceEmpty: { dtype: idle },
  Selu: { alpha: honoured, gamma: honoured },
  Shape: { start: honoured, end: honoured },
  Slice: { axes: honoured, starts: honoured, ends: honoured },
  Softmax: { axis: honoured },
  Split: { axis: honoured, num_outputs: honoured, split: honoured },
  Squeeze: { axes: honoured },
  Swish: { alpha: honoured },
  ThresholdedRelu: { alpha: honoured },
  Transpose: { perm: honoured },
  Unsqueeze: { axes: honoured },
};

/** How an operator's attribute is read; undefined for one that is not. */
export function ruleOf(operator: string, attribute: string): Rule | undefined {
  // Which inputs may be overwritten.
  if (attribute === 'consumed_inputs') return idle;
  const own = Object.hasOwn(rules, operator) ? rules[operator] : {};
  return Object.hasOwn(own, attribute) ? own[attribute] : undefined;
}
