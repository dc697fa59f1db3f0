// One small graph for each attribute that the reader honours: what test/onnx/attributes.mjs runs.

/** A node: `LSTM x W R -> Y`; `-` is an input that is left out. */
function node(text, attributes = {}) {
  const [before, after] = text.split('->').map(side => side.trim().split(/\s+/));
  const [operator, ...inputs] = before;
  const names = list => list.map(name => (name === '-' ? '' : name));
  return { operator, name: '', inputs: names(inputs), outputs: names(after), attributes };
}

/** Numbers in ±1, the same each time. */
const numbers = (count, seed = 1) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233));

const tensor = (dims, values = numbers(dims.reduce((a, b) => a * b, 1))) => [dims, values];
const int = value => ({ int: value });
const ints = (...values) => ({ ints: values });
const float = value => ({ float: value });
const floats = (...values) => ({ floats: values });
const text = value => ({ text: value });
const texts = (...values) => ({ texts: values });

/** Inputs: steps first, channels first, and a window of numbers a step. */
export const inputs = {
  steps: { dims: ['steps', 'batch', 4], shape: [6, 1, 4], steps: 0, features: 2 },
  channels: { dims: ['batch', 4, 'steps'], shape: [1, 4, 6], steps: 2, features: 1 },
  batchFirst: { dims: ['batch', 'steps', 4], shape: [1, 6, 4], steps: 1, features: 2 },
  window: { dims: ['batch', 12], shape: [1, 12], steps: null, features: 1 },
};

/** `operator.attribute`, the graph, its operator set and its input. */
function one(name, nodes, { tensors = {}, set = 17, input = 'steps' } = {}) {
  const [operator, attribute] = name.split(' ')[0].split('.');
  const list = (Array.isArray(nodes) ? nodes : [nodes]).flat();
  return { name, operator, attribute, set, nodes: list, tensors, input };
}

const channels = { input: 'channels' };
const window = (tensors = {}, set = 17) => ({ input: 'window', tensors, set });

/** MaxPool and AveragePool: a kernel of 3 along the steps. */
function pools(operator) {
  const pool = (name, attributes, set = 17) =>
    one(
      `${operator}.${name}`,
      node(`${operator} x -> y`, { kernel_shape: ints(3), ...attributes }),
      {
        ...channels,
        set,
      },
    );
  return [
    pool('kernel_shape', {}),
    pool('strides', { strides: ints(2) }),
    pool('pads', { pads: ints(1, 1) }),
    pool('auto_pad SAME_UPPER', { auto_pad: text('SAME_UPPER'), kernel_shape: ints(2) }),
    pool('auto_pad SAME_LOWER', { auto_pad: text('SAME_LOWER'), kernel_shape: ints(2) }),
    pool('auto_pad VALID', { auto_pad: text('VALID') }),
    pool('ceil_mode 0', { ceil_mode: int(0) }),
    pool('dilations of 1', { dilations: ints(1) }, 19),
  ];
}

const gates = { RNN: 1, GRU: 3, LSTM: 4 };
const hard = {
  RNN: ['HardSigmoid'],
  GRU: ['HardSigmoid', 'Elu'],
  LSTM: ['HardSigmoid', 'Elu', 'Tanh'],
};

/** RNN, GRU and LSTM with each attribute. */
function recurrent(operator) {
  const rows = gates[operator] * 3;
  const weights = (directions = 1) => ({
    W: tensor([directions, rows, 4], numbers(directions * rows * 4, 1)),
    R: tensor([directions, rows, 3], numbers(directions * rows * 3, 2)),
    B: tensor([directions, 2 * rows], numbers(directions * 2 * rows, 3)),
    one: [[1], [1]],
    shape: [[3], [0, 0, -1]],
  });
  const single = (name, attributes, more = '') =>
    one(
      `${operator}.${name}`,
      [
        node(`${operator} x W R B${more} -> Y`, { hidden_size: int(3), ...attributes }),
        node('Squeeze Y one -> y'),
      ],
      { tensors: { ...weights(), P: tensor([1, 9], numbers(9, 4)) } },
    );
  const both = one(
    `${operator}.direction bidirectional`,
    [
      node(`${operator} x W R B -> Y`, { hidden_size: int(3), direction: text('bidirectional') }),
      node('Transpose Y -> t', { perm: ints(0, 2, 1, 3) }),
      node('Reshape t shape -> y'),
    ],
    { tensors: weights(2) },
  );
  const activations = { activations: texts(...hard[operator]) };
  const alphas = floats(...(operator === 'RNN' ? [0.375] : [0.375, 0.5]));
  return [
    single('hidden_size', {}),
    single('direction reverse', { direction: text('reverse') }),
    both,
    single('clip', { clip: float(0.3) }),
    single('activations', activations),
    single('activation_alpha', {
      ...activations,
      activation_alpha: alphas,
    }),
    single('activation_beta', {
      ...activations,
      activation_alpha: alphas,
      activation_beta: floats(0.25),
    }),
    ...(operator === 'GRU'
      ? [0, 1].map(value =>
          single(`linear_before_reset ${value}`, { linear_before_reset: int(value) }),
        )
      : []),
    ...(operator === 'LSTM' ? [single('input_forget', { input_forget: int(1) })] : []),
  ];
}

/** Conv with 4 channels in and out. */
function convolutions() {
  const conv = (name, attributes, dims = [4, 4, 2]) =>
    one(`Conv.${name}`, node('Conv x w b -> y', attributes), {
      ...channels,
      tensors: { w: tensor(dims), b: tensor([4], numbers(4, 2)) },
    });
  return [
    conv('kernel_shape', { kernel_shape: ints(2) }),
    conv('strides', { strides: ints(2) }),
    conv('dilations', { dilations: ints(2) }),
    conv('pads', { pads: ints(1, 0) }),
    conv('group', { group: int(2) }, [4, 2, 2]),
    conv('auto_pad SAME_UPPER', { auto_pad: text('SAME_UPPER') }),
    conv('auto_pad SAME_LOWER', { auto_pad: text('SAME_LOWER') }),
    conv('auto_pad VALID', { auto_pad: text('VALID') }),
  ];
}

/** ReduceMean, ReduceMax and ReduceMin over steps. */
function reductions(operator) {
  const reduce = (name, attributes, more = {}) =>
    one(`${operator}.${name}`, node(`${operator} x -> y`, attributes), { ...channels, ...more });
  return [
    reduce('axes', { axes: ints(2) }),
    reduce('axes from the end', { axes: ints(-1) }),
    reduce('keepdims', { axes: ints(2), keepdims: int(0) }),
    reduce('noop_with_empty_axes', { noop_with_empty_axes: int(1) }, { set: 18 }),
  ];
}

/** `y`: x in the shape that an operator makes of x's sizes. */
const shaped = (name, nodes, more) =>
  one(
    name,
    [
      node('Shape x -> s'),
      node('Slice s zero one -> first'),
      ...nodes,
      node('Concat first rest -> target', { axis: int(0) }),
      node('Reshape x target -> r'),
      node('MatMul r w -> y'),
    ],
    {
      ...more,
      tensors: {
        ...{ zero: [[1], [0]], one: [[1], [1]], three: [[1], [3]] },
        w: tensor([4, 2]),
      },
    },
  );

const prod = (name, attributes, set) =>
  shaped(
    `ReduceProd.${name}`,
    [node('Slice s one three -> two'), node('ReduceProd two -> rest', attributes)],
    { set },
  );

const vector = tensor([4]);
const normal = {
  scale: vector,
  shift: tensor([4], numbers(4, 2)),
  mean: tensor([4], numbers(4, 3)),
};
const variance = tensor([4], Float32Array.of(0.5, 1, 1.5, 2));

export const cases = [
  ...pools('AveragePool'),
  one(
    'AveragePool.count_include_pad',
    node('AveragePool x -> y', {
      ...{ kernel_shape: ints(3), pads: ints(1, 1), count_include_pad: int(1) },
    }),
    channels,
  ),
  ...pools('MaxPool'),
  one(
    'MaxPool.storage_order',
    node('MaxPool x -> y', { kernel_shape: ints(3), storage_order: int(1) }),
    channels,
  ),
  ...[
    ['epsilon', { epsilon: float(0.1) }, 17],
    ['momentum', { momentum: float(0.5) }, 17],
    ['training_mode 0', { training_mode: int(0) }, 17],
    ['spatial 1', { spatial: int(1) }, 8],
  ].map(([name, attributes, set]) =>
    one(
      `BatchNormalization.${name}`,
      node('BatchNormalization x scale shift mean var -> y', attributes),
      { ...channels, set, tensors: { ...normal, var: variance } },
    ),
  ),
  one('Cast.to double', [
    node('Cast x -> d', { to: int(11) }),
    node('Cast d -> y', { to: int(1) }),
  ]),
  one(
    'Cast.to int64',
    [
      node('Gather x zero -> f', { axis: int(2) }),
      node('Mul f nought -> o'),
      node('Add o near -> g'),
      node('Cast g -> i', { to: int(7) }),
      node('Gather table i -> y'),
    ],
    {
      tensors: {
        ...{ zero: [[], [0]], table: tensor([2, 3]) },
        ...{ nought: [[], Float32Array.of(0)], near: [[], Float32Array.of(1)] },
      },
    },
  ),
  one('Cast.round_mode', node('Cast x -> y', { to: int(1), round_mode: text('up') }), { set: 24 }),
  one('Cast.saturate 1', node('Cast x -> y', { to: int(1), saturate: int(1) }), { set: 19 }),
  one('Clip.min', node('Clip x -> y', { min: float(0) }), { set: 10 }),
  one('Clip.max', node('Clip x -> y', { min: float(0), max: float(6) }), { set: 10 }),
  one('Concat.axis', node('Concat x x -> y', { axis: int(2) })),
  one('Concat.axis from the end', node('Concat x x -> y', { axis: int(-1) })),
  one('Constant.value', [
    node('Constant -> c', { value: { tensor: { name: '', dims: [4], values: numbers(4) } } }),
    node('Add x c -> y'),
  ]),
  one('Constant.value_float', [
    node('Constant -> c', { value_float: float(0.75) }),
    node('Add x c -> y'),
  ]),
  one('Constant.value_floats', [
    node('Constant -> c', { value_floats: floats(0.5, -1, 2, 0) }),
    node('Mul x c -> y'),
  ]),
  one('Constant.value_int', [
    node('Constant -> i', { value_int: int(2) }),
    node('Gather x i -> y', { axis: int(2) }),
  ]),
  one(
    'Constant.value_ints',
    [
      node('Constant -> i', { value_ints: ints(0, 0, 2, 2) }),
      node('Reshape x i -> r'),
      node('MatMul r w -> y'),
    ],
    { tensors: { w: tensor([2, 3]) } },
  ),
  one(
    'ConstantOfShape.value',
    [
      node('ConstantOfShape shape -> c', {
        value: { tensor: { name: '', dims: [1], values: Float32Array.of(2.5) } },
      }),
      node('Add x c -> y'),
    ],
    { tensors: { shape: [[1], [4]] } },
  ),
  ...convolutions(),
  one('Dropout.ratio', node('Dropout x -> y', { ratio: float(0.9) }), { set: 11 }),
  one('Dropout.seed', node('Dropout x -> y', { seed: int(7) })),
  one('Elu.alpha', node('Elu x -> y', { alpha: float(0.5) })),
  ...[
    ['1', 1, [12, 2], 11],
    ['2', 2, [6, 2], 11],
    ['from the end', -1, [2, 2], 11],
  ].map(([name, axis, dims, set]) =>
    one(
      `Flatten.axis ${name}`,
      [
        node('Reshape x shape -> r'),
        node('Flatten r -> f', { axis: int(axis) }),
        node('MatMul f w -> y'),
      ],
      window({ shape: [[4], [1, 2, 3, 2]], w: tensor(dims) }, set),
    ),
  ),
  ...[2, -1].map(axis =>
    one(`Gather.axis ${axis}`, node('Gather x i -> y', { axis: int(axis) }), {
      tensors: { i: [[1], [-3]] },
    }),
  ),
  ...[
    ['alpha', { alpha: float(0.5) }],
    ['beta', { beta: float(-2) }],
    ['transB', { transB: int(1) }],
    ['transA 0', { transA: int(0) }],
  ].map(([name, attributes]) =>
    one(
      `Gemm.${name}`,
      node('Gemm x w c -> y', attributes),
      window({ w: tensor(attributes.transB ? [3, 12] : [12, 3]), c: tensor([3], numbers(3, 2)) }),
    ),
  ),
  ...['RNN', 'GRU', 'LSTM'].flatMap(recurrent),
  one('HardSigmoid.alpha', node('HardSigmoid x -> y', { alpha: float(0.4) })),
  one('HardSigmoid.beta', node('HardSigmoid x -> y', { beta: float(0.1) })),
  ...[
    ['axis 2', { axis: int(2) }],
    ['epsilon', { epsilon: float(0.1) }],
    ['stash_type 1', { stash_type: int(1) }],
  ].map(([name, attributes]) =>
    one(`LayerNormalization.${name}`, node('LayerNormalization x scale shift -> y', attributes), {
      tensors: normal,
    }),
  ),
  one('LeakyRelu.alpha', node('LeakyRelu x -> y', { alpha: float(0.3) })),
  ...['constant', 'reflect', 'edge'].map(mode =>
    one(`Pad.mode ${mode}`, node('Pad x pads -> y', { mode: text(mode) }), {
      ...window({ pads: [[4], [0, 2, 0, 1]] }),
    }),
  ),
  one('Pad.pads', [node('Pad x -> p', { pads: ints(0, 0, 2, 0, 0, 0) }), node('Conv p w -> y')], {
    ...channels,
    set: 10,
    tensors: { w: tensor([4, 4, 3]) },
  }),
  one('Pad.value', node('Pad x -> y', { pads: ints(0, 1, 0, 1), value: float(0) }), window({}, 10)),
  ...['ReduceMean', 'ReduceMax', 'ReduceMin'].flatMap(reductions),
  prod('keepdims', { keepdims: int(1) }, 17),
  prod('axes', { axes: ints(0) }, 13),
  shaped(
    'ReduceProd.noop_with_empty_axes',
    [
      node('Slice s one three -> two'),
      node('ReduceProd two -> rest', { noop_with_empty_axes: int(1) }),
    ],
    { set: 18 },
  ),
  one('Reshape.allowzero', node('Reshape x shape -> y', { allowzero: int(1) }), {
    tensors: { shape: [[3], [-1, 1, 4]] },
  }),
  one('Selu.alpha', node('Selu x -> y', { alpha: float(1.6732632) })),
  one('Selu.gamma', node('Selu x -> y', { gamma: float(1.050701) })),
  one('Shape.start', [
    node('Shape x -> s', { start: int(2) }),
    node('Cast s -> f', { to: int(1) }),
    node('Div x f -> y'),
  ]),
  one(
    'Shape.end',
    [
      node('Shape c -> s', { start: int(1), end: int(-1) }),
      node('Cast s -> f', { to: int(1) }),
      node('Div x f -> y'),
    ],
    { tensors: { c: tensor([2, 3, 5]) } },
  ),
  shaped(
    'Shape.start and end of sizes that the input has',
    [node('Shape x -> rest', { start: int(-2) })],
    {},
  ),
  ...[
    ['starts', { starts: ints(1), ends: ints(9), axes: ints(2) }],
    ['ends', { starts: ints(0), ends: ints(-1), axes: ints(2) }],
    ['axes', { starts: ints(1), ends: ints(3), axes: ints(2) }],
  ].map(([name, attributes]) => one(`Slice.${name}`, node('Slice x -> y', attributes), { set: 9 })),
  one('Softmax.axis', node('Softmax x -> y', { axis: int(2) }), { set: 11 }),
  one('Softmax.axis from the end', node('Softmax x -> y', { axis: int(-1) })),
  one('Softmax.axis by default before set 13', node('Softmax x -> y'), window({}, 12)),
  one('Softmax.axis by default', node('Softmax x -> y')),
  ...[
    ['axis', { axis: int(2) }, 17, 2],
    ['axis from the end', { axis: int(-1) }, 17, 2],
    ['split', { axis: int(2), split: ints(1, 3) }, 12, 2],
    ['num_outputs', { axis: int(2), num_outputs: int(2) }, 18, 2],
  ].map(([name, attributes, set, count]) => {
    const parts = ['a', 'b', 'c'].slice(0, count);
    return one(
      `Split.${name}`,
      [
        node(`Split x -> ${parts.join(' ')}`, attributes),
        node(`Concat ${[...parts].reverse().join(' ')} -> y`, { axis: int(2) }),
      ],
      { set },
    );
  }),
  one(
    'Split.num_outputs that do not divide it',
    [
      node('Slice x one four two -> three'),
      node('Split three -> a b', { axis: int(2), num_outputs: int(2) }),
      node('Concat b a -> y', { axis: int(2) }),
    ],
    { set: 18, tensors: { one: [[1], [1]], four: [[1], [4]], two: [[1], [2]] } },
  ),
  one('Squeeze.axes', [node('Squeeze x -> s', { axes: ints(1) }), node('MatMul s w -> y')], {
    set: 12,
    tensors: { w: tensor([4, 2]) },
  }),
  one(
    'Unsqueeze.axes',
    [node('Unsqueeze x -> s', { axes: ints(0, -1) }), node('Squeeze s -> y', { axes: ints(0, 4) })],
    { set: 12 },
  ),
  one('ThresholdedRelu.alpha', node('ThresholdedRelu x -> y', { alpha: float(0.4) })),
  one(
    'Transpose.perm',
    [node('Transpose x -> t', { perm: ints(1, 0, 2) }), node('MatMul t w -> y')],
    { tensors: { w: tensor([4, 2]) } },
  ),
  ...functions(),
  ...[
    ['axis 2', { axis: int(2) }, 11],
    ['axis from the end', { axis: int(-1) }, 17],
  ].map(([name, attributes, set]) =>
    one(`LogSoftmax.${name}`, node('LogSoftmax x -> y', attributes), { set }),
  ),
  one(
    'LogSoftmax.axis of large numbers',
    [node('Mul x large -> z'), node('LogSoftmax z -> y', { axis: int(-1) })],
    { tensors: { large: [[], Float32Array.of(40)] } },
  ),
  one('LogSoftmax.axis by default before set 13', node('LogSoftmax x -> y'), window({}, 12)),
  ...broadcasts(),
];

/** Functions of each number. */
function functions() {
  const number = value => [[], Float32Array.of(value)];
  const power = exponent =>
    one(`Pow.by ${exponent}`, [node('Abs x -> a'), node('Pow a e -> y')], {
      tensors: { e: number(exponent) },
    });
  const clip = (low, high) =>
    one(`Clip.to ${low} and ${high}`, node(`Clip x ${low === '-' ? '-' : 'l'} h -> y`), {
      tensors: { l: number(low === '-' ? 0 : low), h: number(high) },
    });
  return [
    one('Erf.x', node('Erf x -> y')),
    one('HardSwish.x', [node('Mul x two -> z'), node('HardSwish z -> y')], {
      tensors: { two: number(4) },
    }),
    one('Mish.x', node('Mish x -> y'), { set: 18 }),
    one('Gelu.approximate', node('Gelu x -> y', { approximate: text('tanh') }), { set: 20 }),
    one('Gelu.approximate none', node('Gelu x -> y', { approximate: text('none') }), { set: 20 }),
    one('Gelu.approximate by default', node('Gelu x -> y'), { set: 20 }),
    one('Celu.alpha', node('Celu x -> y', { alpha: float(0.3) })),
    ...[3, -2, 0.5, 1.5, -0.5, 7, 0].map(power),
    ...[
      [-1, 1],
      [-0.3, 0.7],
      [-1.25, 3],
      [0.1, 0.9],
      [-0.9, -0.1],
      ['-', 0.25],
      ['-', -0.25],
    ].map(([low, high]) => clip(low, high)),
    one('Clip.above', node('Clip x l -> y'), { tensors: { l: number(-0.4) } }),
    one('Clip.above more than 0', node('Clip x l -> y'), { tensors: { l: number(0.4) } }),
    one('Max.of numbers', node('Max x v -> y'), { tensors: { v: tensor([4], numbers(4, 2)) } }),
    one('Min.of numbers', node('Min v x -> y'), { tensors: { v: tensor([4], numbers(4, 2)) } }),
    one('Max.of a number', node('Max x v -> y'), { tensors: { v: number(-0.2) } }),
    one('Min.of a number', node('Min x v -> y'), { tensors: { v: number(-0.2) } }),
    one('Max.of three', [node('Neg x -> n'), node('Mul x x -> s'), node('Max x n s -> y')]),
    one('Min.of three', [node('Neg x -> n'), node('Mul x x -> s'), node('Min x n s -> y')]),
    one('PRelu.per channel', node('PRelu x s -> y'), {
      ...channels,
      tensors: { s: tensor([4, 1]) },
    }),
    one(
      'Sin.of a constant',
      [node('Sin c -> s'), node('Cos c -> d'), node('Mul x s -> z'), node('Add z d -> y')],
      { tensors: { c: tensor([4]) } },
    ),
  ];
}

/** Reductions over features, and values that are broadcast to each other. */
function broadcasts() {
  const more = window({ shape: [[4], [1, 2, 3, 2]], w: tensor([12, 2]), flat: [[2], [1, 12]] });
  const all = [
    ...['Mean', 'Max', 'Min', 'SumSquare', 'L1', 'L2'].map(name => [`Reduce${name}`, {}]),
    ['ReduceMean', { keepdims: int(0) }],
    ['ReduceMin', { keepdims: int(0) }],
    ['ReduceL2', { keepdims: int(0) }],
  ];
  const last = all.map(([operator, attributes]) =>
    one(
      `${operator}.axes of features${attributes.keepdims ? ', dropped' : ''}`,
      node(`${operator} x -> y`, { axes: ints(-1), ...attributes }),
    ),
  );
  const sum = one('ReduceSum.axes', node('ReduceSum x axes -> y'), {
    tensors: { axes: [[1], [2]] },
  });
  const without = ['ReduceMin', 'ReduceSum', 'ReduceSumSquare', 'ReduceL1', 'ReduceL2'].flatMap(
    operator => [
      one(
        `${operator}.noop_with_empty_axes of features`,
        node(`${operator} x -> y`, { noop_with_empty_axes: int(1) }),
        { set: 18 },
      ),
      one(
        `${operator}.keepdims of features`,
        node(`${operator} x axes -> y`, { keepdims: int(0) }),
        {
          set: 18,
          tensors: { axes: [[1], [2]] },
        },
      ),
    ],
  );
  const old = one('ReduceSum.axes, an attribute', node('ReduceSum x -> y', { axes: ints(2) }), {
    set: 12,
  });
  const inWindow = [1, 2, 3].flatMap(axis =>
    ['Sub', 'Mul', 'Div', 'Max'].map(operator =>
      one(
        `${operator}.of a mean along ${axis} of three axes`,
        [
          node('Reshape x shape -> r'),
          node('ReduceMean r -> m', { axes: ints(axis) }),
          node(`${operator} r m -> z`),
          node('Reshape z flat -> f'),
          node('MatMul f w -> y'),
        ],
        more,
      ),
    ),
  );
  const several = one(
    'ReduceMean.axes, several',
    [
      node('Reshape x shape -> r'),
      node('ReduceMean r -> m', { axes: ints(1, 3) }),
      node('Sub r m -> z'),
      node('Reshape z flat -> f'),
      node('MatMul f w -> y'),
    ],
    more,
  );
  const outer = one(
    'Add.of two means along different axes',
    [
      node('Reshape x shape -> r'),
      node('ReduceMean r -> m', { axes: ints(1, 3) }),
      node('ReduceMax r -> n', { axes: ints(2) }),
      node('Add m n -> z'),
      node('Reshape z flat -> f'),
      node('MatMul f w -> y'),
    ],
    more,
  );
  const norm = one(
    'Div.in a layer normalisation of seven nodes',
    [
      node('ReduceMean x -> m', { axes: ints(-1) }),
      node('Sub x m -> d'),
      node('Pow d two -> s'),
      node('ReduceMean s -> v', { axes: ints(-1) }),
      node('Add v epsilon -> e'),
      node('Sqrt e -> r'),
      node('Div d r -> n'),
      node('Mul n scale -> z'),
      node('Add z shift -> y'),
    ],
    {
      tensors: {
        two: [[], Float32Array.of(2)],
        epsilon: [[], Float32Array.of(1e-5)],
        ...{ scale: tensor([4]), shift: tensor([4], numbers(4, 2)) },
      },
    },
  );
  return [...last, sum, ...without, old, ...inWindow, several, outer, norm];
}
