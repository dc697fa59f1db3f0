/** A field that must say one of these values, and why another one cannot run here. */
export interface Only {
  readonly values: readonly unknown[];
  readonly why: string;
}

/** What is done with the fields of a class's config; null is every field's default. */
export interface ConfigFields {
  /** Read and honoured. */
  readonly read: readonly string[];
  /** Without effect when a network runs: names, initialisers, options of training. */
  readonly neutral: readonly string[];
  /** Honoured by being refused where they say anything else. */
  readonly only: Readonly<Record<string, Only>>;
}

const words = (text: string) => text.split(/\s+/).filter(word => word !== '');

/** What training has for each of these parameters. */
function trained(...parameters: readonly string[]): string[] {
  const options = ['initializer', 'regularizer', 'constraint'];
  return parameters.flatMap(name => options.map(option => `${name}_${option}`));
}

function fields(read = '', neutral: readonly string[] = [], only = {}): ConfigFields {
  return { read: words(read), neutral, only };
}

const off = (why: string, ...values: readonly unknown[]): Only => ({
  values: values.length ? values : [false],
  why,
});

const channels = { data_format: off('steps after the features', 'channels_last') };
const causal = off('a mask of the steps to come');
const oneGroup = { groups: off('groups', 1) };
const plainWeights = {
  quantization_config: off('quantised weights', null),
  lora_rank: off('weights of LoRA', null),
  lora_alpha: off('weights of LoRA', null),
};

const ofCells = words('dropout recurrent_dropout implementation seed unit_forget_bias');
const ofRecurrent = [...trained('kernel', 'recurrent', 'bias'), ...ofCells];
const ofCell = words('cells units activation recurrent_activation use_bias reset_after');
const equations = 'units activation use_bias';
const sequences = 'return_sequences return_state go_backwards stateful';
const recurrentOnly = {
  time_major: off('steps before the batch'),
  num_constants: off('constants from other layers', 0),
  zero_output_for_mask: off('zeros at masked steps, where layers here repeat their output'),
};
const recurrent = (own: string) =>
  fields(`${own} ${sequences}`, [...ofRecurrent, 'unroll'], recurrentOnly);

const convolution = 'kernel_size strides padding dilation_rate activation use_bias';
const pool = fields('pool_size strides padding', [], channels);
const globalPool = fields('keepdims', [], channels);
const dropout = fields('', ['rate', 'noise_shape', 'seed']);
const norm = 'axis epsilon center scale';
const model = 'layers input_layers output_layers';

/** Fields that all layers have. */
export const commonFields = words(
  'name trainable activity_regularizer batch_input_shape batch_shape dtype',
);

/** The fields of each class in Keras 2, Keras 3 and tfjs. */
export const configFields: Readonly<Record<string, ConfigFields>> = {
  // Models, and where they begin.
  Sequential: fields('layers build_input_shape'),
  Functional: fields(model),
  Model: fields(model),
  InputLayer: fields('', ['optional', 'type_spec'], {
    sparse: off('a sparse input'),
    ragged: off('a ragged input'),
  }),
  // Recurrent layers and their cells.
  SimpleRNN: recurrent(equations),
  LSTM: recurrent(`${equations} recurrent_activation`),
  GRU: recurrent(`${equations} recurrent_activation reset_after`),
  CuDNNLSTM: recurrent('units'),
  CuDNNGRU: recurrent('units'),
  // tfjs repeats the cell's fields beside the cell.
  RNN: fields(`cell ${sequences}`, [...ofCell, ...ofRecurrent, 'unroll'], recurrentOnly),
  SimpleRNNCell: fields(equations, ofRecurrent),
  LSTMCell: fields(`${equations} recurrent_activation`, ofRecurrent),
  GRUCell: fields(`${equations} recurrent_activation reset_after`, ofRecurrent),
  StackedRNNCells: fields('cells', ['reverse_state_order']),
  Bidirectional: fields('layer backward_layer merge_mode', [], {
    num_constants: recurrentOnly.num_constants,
  }),
  // Layers with weights.
  Dense: fields(equations, trained('kernel', 'bias'), plainWeights),
  TimeDistributed: fields('layer'),
  Embedding: fields(
    'input_dim output_dim mask_zero',
    [...trained('embeddings'), 'input_length'],
    plainWeights,
  ),
  Conv1D: fields(`filters groups ${convolution}`, [...trained('kernel', 'bias'), 'rank'], {
    ...channels,
    ...plainWeights,
  }),
  DepthwiseConv1D: fields(
    `depth_multiplier ${convolution}`,
    [...trained('depthwise', 'bias'), 'rank'],
    { ...channels, ...oneGroup },
  ),
  SeparableConv1D: fields(
    `filters depth_multiplier ${convolution}`,
    // Keras 2 also writes those of a kernel, which it lacks.
    [...trained('depthwise', 'pointwise', 'kernel', 'bias'), 'rank'],
    { ...channels, ...oneGroup },
  ),
  Conv1DTranspose: fields(
    'filters kernel_size strides padding activation use_bias',
    [...trained('kernel', 'bias'), 'rank'],
    {
      ...channels,
      ...oneGroup,
      dilation_rate: off('steps apart', 1),
      output_padding: off('steps that only some filters reach', null),
    },
  ),
  BatchNormalization: fields(
    norm,
    [
      ...trained('beta', 'gamma', 'moving_mean', 'moving_variance'),
      ...words('momentum synchronized fused renorm_clipping renorm_momentum'),
    ],
    {
      renorm: off('renormalisation'),
      virtual_batch_size: off('a batch in parts', null),
    },
  ),
  LayerNormalization: fields(norm, trained('beta', 'gamma'), {
    rms_scaling: off('division by the root of the mean square'),
  }),
  GroupNormalization: fields(`groups ${norm}`, trained('beta', 'gamma')),
  RMSNormalization: fields('axis epsilon'),
  Normalization: fields('axis mean variance invert'),
  Rescaling: fields('scale offset'),
  // Which slopes are shared, the shape of the slopes tells.
  PReLU: fields('', [...trained('alpha'), 'shared_axes']),
  // Layers without weights.
  UpSampling1D: fields('size'),
  ZeroPadding1D: fields('padding', [], channels),
  Cropping1D: fields('cropping', [], channels),
  MaxPooling1D: pool,
  AveragePooling1D: pool,
  GlobalMaxPooling1D: globalPool,
  GlobalAveragePooling1D: globalPool,
  Activation: fields('activation'),
  ReLU: fields('max_value negative_slope threshold'),
  LeakyReLU: fields('negative_slope alpha'),
  ThresholdedReLU: fields('theta'),
  ELU: fields('alpha'),
  // robust_masking is about masks, which the reader refuses or leaves out.
  Softmax: fields('axis', ['robust_masking']),
  Add: fields(),
  Multiply: fields(),
  Average: fields(),
  Subtract: fields(),
  Maximum: fields(),
  Minimum: fields(),
  Concatenate: fields('axis'),
  Attention: fields('use_scale', ['dropout', 'seed'], {
    score_mode: off('scores of another kind', 'dot'),
    causal,
  }),
  AdditiveAttention: fields('use_scale', ['dropout', 'seed'], { causal }),
  Flatten: fields('', [], channels),
  Reshape: fields('target_shape'),
  Permute: fields('dims'),
  RepeatVector: fields('n'),
  // The option masking: 'ignore' leaves out the mask with its value.
  Masking: fields('', ['mask_value']),
  // Layers that do nothing when a network runs.
  ActivityRegularization: fields('', ['l1', 'l2']),
  AlphaDropout: dropout,
  Dropout: dropout,
  GaussianDropout: dropout,
  GaussianNoise: fields('', ['stddev', 'seed']),
  Identity: fields(),
  SpatialDropout1D: dropout,
};

/** What stands beside the config of a layer or a model, in all formats. */
export const objectFields = words(`
  class_name config module registered_name name inbound_nodes
  build_config compile_config shared_object_id
  keras_version backend tensorflow_version training_config`);
