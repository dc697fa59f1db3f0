/** The newest operator set of the table: that of ONNX 1.23.1. */
export const newestSet = 28;

/**
 * Inputs and attributes of ONNX's operators that are read here, as the standard has them; written
 * by test/onnx/standard.py. `inputs 1-10 1` is one input in operator sets 1 to 10, `inputs 11- 1-3`
 * one to three from set 11 on; `axis 4- int!` is an integer that has to be there.
 */
export const standard = `
Abs: inputs 1- 1, consumed_inputs 1-5 ints
Add: inputs 1- 2, axis 1-6 int, broadcast 1-6 int, consumed_inputs 1-5 ints
And: inputs 1- 2, axis 1-6 int, broadcast 1-6 int
AveragePool: inputs 1- 1, auto_pad 1- string, ceil_mode 10- int, count_include_pad 7- int, dilations
  19- ints, kernel_shape 1- ints!, pads 1- ints, strides 1- ints
BatchNormalization: inputs 1- 5, consumed_inputs 1-5 ints!, epsilon 1- float, is_test 1-6 int,
  momentum 1- float, spatial 1-8 int, training_mode 14- int
Cast: inputs 1- 1, round_mode 24- string, saturate 19- int, to 1-5 string!, to 6- int!
Ceil: inputs 1- 1, consumed_inputs 1-5 ints
Celu: inputs 12- 1, alpha 12- float
Clip: inputs 1-10 1, inputs 11- 1-3, consumed_inputs 1-5 ints, max 1-10 float, min 1-10 float
Concat: inputs 1- 1-, axis 1-3 int, axis 4- int!
ConcatFromSequence: inputs 11- 1, axis 11- int!, new_axis 11- int
Constant: inputs 1- 0, sparse_value 11- sparse_tensor, value 1-10 tensor!, value 11- tensor,
  value_float 12- float, value_floats 12- floats, value_int 12- int, value_ints 12- ints,
  value_string 12- string, value_strings 12- strings
ConstantOfShape: inputs 9- 1, value 9- tensor
Conv: inputs 1- 2-3, auto_pad 1- string, dilations 1- ints, group 1- int, kernel_shape 1- ints, pads
  1- ints, strides 1- ints
ConvTranspose: inputs 1- 2-3, auto_pad 1- string, dilations 1- ints, group 1- int, kernel_shape 1-
  ints, output_padding 1- ints, output_shape 1- ints, pads 1- ints, strides 1- ints
Cos: inputs 7- 1
Div: inputs 1- 2, axis 1-6 int, broadcast 1-6 int, consumed_inputs 1-5 ints
Dropout: inputs 1-11 1, inputs 12- 1-3, consumed_inputs 1-5 ints, is_test 1-6 int, ratio 1-11 float,
  seed 12- int
Elu: inputs 1- 1, alpha 1- float, consumed_inputs 1-5 ints
Equal: inputs 1- 2, axis 1-6 int, broadcast 1-6 int
Erf: inputs 9- 1
Exp: inputs 1- 1, consumed_inputs 1-5 ints
Expand: inputs 8- 2
Flatten: inputs 1- 1, axis 1- int
Floor: inputs 1- 1, consumed_inputs 1-5 ints
GRU: inputs 1- 3-6, activation_alpha 1- floats, activation_beta 1- floats, activations 1- strings,
  clip 1- float, direction 1- string, hidden_size 1- int, layout 14- int, linear_before_reset 3-
  int, output_sequence 1-6 int
Gather: inputs 1- 2, axis 1- int
Gelu: inputs 20- 1, approximate 20- string
Gemm: inputs 1-10 3, inputs 11- 2-3, alpha 1- float, beta 1- float, broadcast 1-6 int, transA 1-
  int, transB 1- int
GlobalAveragePool: inputs 1- 1
GlobalMaxPool: inputs 1- 1
Greater: inputs 1- 2, axis 1-6 int, broadcast 1-6 int
GreaterOrEqual: inputs 12- 2
HardSigmoid: inputs 1- 1, alpha 1- float, beta 1- float, consumed_inputs 1-5 ints
HardSwish: inputs 14- 1
Identity: inputs 1- 1
If: inputs 1- 1, else_branch 1- graph!, then_branch 1- graph!
InstanceNormalization: inputs 1- 3, consumed_inputs 1-5 ints, epsilon 1- float
LSTM: inputs 1- 3-8, activation_alpha 1- floats, activation_beta 1- floats, activations 1- strings,
  clip 1- float, direction 1- string, hidden_size 1- int, input_forget 1- int, layout 14- int,
  output_sequence 1-6 int
LayerNormalization: inputs 17- 2-3, axis 17- int, epsilon 17- float, stash_type 17- int
LeakyRelu: inputs 1- 1, alpha 1- float, consumed_inputs 1-5 ints
Less: inputs 1- 2, axis 1-6 int, broadcast 1-6 int
LessOrEqual: inputs 12- 2
Loop: inputs 1-10 3-, inputs 11- 2-, body 1- graph!
LogSoftmax: inputs 1- 1, axis 1- int
MatMul: inputs 1- 2
Max: inputs 1- 1-, consumed_inputs 1-5 ints
MaxPool: inputs 1- 1, auto_pad 1- string, ceil_mode 10- int, dilations 10- ints, kernel_shape 1-
  ints!, pads 1- ints, storage_order 8- int, strides 1- ints
Min: inputs 1- 1-, consumed_inputs 1-5 ints
Mish: inputs 18- 1
Mul: inputs 1- 2, axis 1-6 int, broadcast 1-6 int, consumed_inputs 1-5 ints
Neg: inputs 1- 1, consumed_inputs 1-5 ints
Not: inputs 1- 1
Or: inputs 1- 2, axis 1-6 int, broadcast 1-6 int
PRelu: inputs 1- 2, consumed_inputs 1-5 ints
Pad: inputs 1-10 1, inputs 11-17 2-3, inputs 18- 2-4, mode 1- string, paddings 1-1 ints!, pads 2-10
  ints!, value 1-10 float
Pow: inputs 1- 2, axis 1-6 int, broadcast 1-6 int
RNN: inputs 1- 3-6, activation_alpha 1- floats, activation_beta 1- floats, activations 1- strings,
  clip 1- float, direction 1- string, hidden_size 1- int, layout 14- int, output_sequence 1-6 int
Range: inputs 11- 3, stash_type 27- int
Reciprocal: inputs 1- 1, consumed_inputs 1-5 ints
ReduceL1: inputs 1-17 1, inputs 18- 1-2, axes 1-17 ints, keepdims 1- int, noop_with_empty_axes 18-
  int
ReduceL2: inputs 1-17 1, inputs 18- 1-2, axes 1-17 ints, keepdims 1- int, noop_with_empty_axes 18-
  int
ReduceMax: inputs 1-17 1, inputs 18- 1-2, axes 1-17 ints, keepdims 1- int, noop_with_empty_axes 18-
  int
ReduceMean: inputs 1-17 1, inputs 18- 1-2, axes 1-17 ints, keepdims 1- int, noop_with_empty_axes 18-
  int
ReduceMin: inputs 1-17 1, inputs 18- 1-2, axes 1-17 ints, keepdims 1- int, noop_with_empty_axes 18-
  int
ReduceProd: inputs 1-17 1, inputs 18- 1-2, axes 1-17 ints, keepdims 1- int, noop_with_empty_axes 18-
  int
ReduceSum: inputs 1-12 1, inputs 13- 1-2, axes 1-12 ints, keepdims 1- int, noop_with_empty_axes 13-
  int
ReduceSumSquare: inputs 1-17 1, inputs 18- 1-2, axes 1-17 ints, keepdims 1- int,
  noop_with_empty_axes 18- int
Relu: inputs 1- 1, consumed_inputs 1-5 ints
Reshape: inputs 1-4 1, inputs 5- 2, allowzero 14- int, consumed_inputs 1-4 ints, shape 1-4 ints
Scan: inputs 8-8 2-, inputs 9- 1-, body 8- graph!, directions 8-8 ints, num_scan_inputs 8- int!,
  scan_input_axes 9- ints, scan_input_directions 9- ints, scan_output_axes 9- ints,
  scan_output_directions 9- ints
ScatterND: inputs 11- 3, reduction 16- string
Selu: inputs 1- 1, alpha 1- float, consumed_inputs 1-5 ints, gamma 1- float
SequenceEmpty: inputs 11- 0, dtype 11- int
Shape: inputs 1- 1, end 15- int, start 15- int
Sigmoid: inputs 1- 1, consumed_inputs 1-5 ints
Sin: inputs 7- 1
Size: inputs 1- 1
Slice: inputs 1-9 1, inputs 10- 3-5, axes 1-9 ints, ends 1-9 ints!, starts 1-9 ints!
Softmax: inputs 1- 1, axis 1- int
Softplus: inputs 1- 1
Softsign: inputs 1- 1
Split: inputs 1-1 1-2, inputs 2-12 1, inputs 13- 1-2, axis 1- int, num_outputs 18- int, split 1-12
  ints
Sqrt: inputs 1- 1, consumed_inputs 1-5 ints
Squeeze: inputs 1-12 1, inputs 13- 1-2, axes 1-12 ints
Sub: inputs 1- 2, axis 1-6 int, broadcast 1-6 int, consumed_inputs 1-5 ints
Swish: inputs 24- 1, alpha 24- float
Tanh: inputs 1- 1, consumed_inputs 1-5 ints
ThresholdedRelu: inputs 10- 1, alpha 10- float
Tile: inputs 1-5 3, inputs 6- 2
Transpose: inputs 1- 1, perm 1- ints
Unsqueeze: inputs 1-12 1, inputs 13- 2, axes 1-12 ints!
Where: inputs 9- 3
Xor: inputs 1- 2, axis 1-6 int, broadcast 1-6 int
`;
