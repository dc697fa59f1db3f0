// Small graphs of one step with every shape known: what test/onnx/steps.mjs runs.

/** A node: `LSTM x W R -> Y`; `-` is an input that is left out. */
function node(text, attributes = {}) {
  const [before, after] = text.split('->').map(side => side.trim().split(/\s+/));
  const [operator, ...inputs] = before;
  const names = list => list.map(name => (name === '-' ? '' : name));
  return { operator, name: '', inputs: names(inputs), outputs: names(after), attributes };
}

const product = dims => dims.reduce((a, b) => a * b, 1);
const numbers = (dims, seed = 1) =>
  Float32Array.from({ length: product(dims) }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233));
/** Weights by name: `W 2 3`; whole numbers: `i: 0 1`. */
const tensor = (dims, values = numbers(dims)) => [dims, values];
const int = value => ({ int: value });
const ints = (...values) => ({ ints: values });
const float = value => ({ float: value });
const text = value => ({ text: value });
const whole = (...values) => [[values.length], values];

/** `states`: inputs that are states, and the outputs with their next values. */
function one(
  name,
  nodes,
  { inputs = { x: [1, 4] }, states = {}, tensors = {}, outputs = ['y'], set = 17 },
) {
  const list = (Array.isArray(nodes) ? nodes : [nodes]).flat();
  return { name, nodes: list, inputs, states, tensors, outputs, set };
}

const image = { inputs: { x: [1, 4, 3, 5] } };

/** An operator on [1, 4, 3, 5] with attributes, and weights. */
const onImage = (name, text, attributes, tensors = {}, set = 17) =>
  one(name, node(text, attributes), { ...image, tensors, set });

const w2d = { w: tensor([6, 2, 2, 3]), b: tensor([6]) };
const turned = { w: tensor([4, 3, 2, 3]), b: tensor([6]) };

/** A cell by hand, as exporters of single steps write it: x [1, 4], states [1, 3]. */
const gates = {
  w: tensor([4, 12], numbers([4, 12], 2)),
  u: tensor([3, 12], numbers([3, 12], 3)),
  b: tensor([12], numbers([12], 4)),
};
const lstm = (h, c) => [
  node('MatMul x w -> xw'),
  node(`MatMul ${h} u -> hu`),
  node('Add xw hu -> s'),
  node('Add s b -> gates'),
  node('Split gates -> i f g o', { axis: int(1) }),
  node('Sigmoid i -> si'),
  node('Sigmoid f -> sf'),
  node('Tanh g -> tg'),
  node('Sigmoid o -> so'),
  node(`Mul sf ${c} -> fc`),
  node('Mul si tg -> ig'),
  node('Add fc ig -> next_c'),
  node('Tanh next_c -> tc'),
  node('Mul so tc -> next_h'),
];
const three = {
  w: gates.w,
  u: tensor([3, 3]),
  r: tensor([4, 3]),
  z: tensor([4, 3], numbers([4, 3], 7)),
};

const cells = [
  one(
    'an LSTM by hand, its states apart',
    lstm('h_in', 'c_in').map(n => ({
      ...n,
      outputs: n.outputs.map(o => ({ next_h: 'h_out', next_c: 'c_out' })[o] ?? o),
      inputs: n.inputs.map(o => ({ next_h: 'h_out', next_c: 'c_out' })[o] ?? o),
    })),
    {
      inputs: { x: [1, 4], h_in: [1, 3], c_in: [1, 3] },
      states: { h_in: 'h_out', c_in: 'c_out' },
      tensors: gates,
      outputs: ['h_out', 'c_out'],
    },
  ),
  one(
    'an LSTM by hand, its states in one tensor, c first',
    [
      node('Split s_in -> c h', { axis: int(0) }),
      ...lstm('h', 'c'),
      node('Concat next_c next_h -> q', { axis: int(0) }),
      node('MatMul next_h v -> y'),
    ],
    {
      inputs: { x: [1, 4], s_in: [2, 3] },
      states: { s_in: 'q' },
      tensors: { ...gates, v: tensor([3, 2]) },
      outputs: ['y', 'q'],
    },
  ),
  one(
    'a GRU by hand, whose names say nothing',
    [
      node('MatMul x r -> xr'),
      node('MatMul a u -> hr'),
      node('Add xr hr -> sz'),
      node('Sigmoid sz -> zt'),
      node('MatMul x z -> xn'),
      node('Add xn hr -> sn'),
      node('Tanh sn -> n'),
      node('Sub one zt -> zi'),
      node('Mul zi n -> p'),
      node('Mul zt a -> q'),
      node('Add p q -> e'),
      node('MatMul e v -> y'),
    ],
    {
      inputs: { x: [1, 4], a: [1, 3] },
      states: { a: 'e' },
      tensors: { ...three, one: [[], Float32Array.of(1)], v: tensor([3, 4]) },
      outputs: ['y', 'e'],
    },
  ),
  one(
    'a plain recurrence by hand, whose names say nothing',
    [
      node('MatMul x r -> xr'),
      node('MatMul a u -> hr'),
      node('Add xr hr -> s'),
      node('Tanh s -> e'),
      node('MatMul e v -> y'),
    ],
    {
      inputs: { x: [1, 4], a: [1, 3] },
      states: { a: 'e' },
      tensors: { ...three, v: tensor([3, 4]) },
      outputs: ['y', 'e'],
    },
  ),
  one(
    'steps before a kernel, all but one of which move on',
    [
      node('Concat a x -> w', { axis: int(1) }),
      node('Slice w from to axes -> e'),
      node('MatMul w v -> y'),
    ],
    {
      inputs: { x: [1, 1], a: [1, 3] },
      states: { a: 'e' },
      tensors: { v: tensor([4, 2]), from: whole(1), to: whole(4), axes: whole(1) },
      outputs: ['y', 'e'],
    },
  ),
  one(
    'one step before a kernel of two',
    [node('Relu x -> e'), node('Concat a e -> w', { axis: int(1) }), node('MatMul w v -> y')],
    {
      inputs: { x: [1, 3], a: [1, 3] },
      states: { a: 'e' },
      tensors: { v: tensor([6, 2]) },
      outputs: ['y', 'e'],
    },
  ),
  one(
    'a state of which a part is scattered',
    [
      node('Gather a zero -> h', { axis: int(0) }),
      node('Unsqueeze x axes -> x3'),
      node('GRU x3 w r b - h -> q n', { hidden_size: int(2), linear_before_reset: int(1) }),
      node('Reshape n flat -> m'),
      node('ScatterND a at m -> e'),
      node('Reshape q flat -> y'),
    ],
    {
      inputs: { x: [1, 3], a: [2, 1, 1, 2] },
      states: { a: 'e' },
      tensors: {
        ...{ zero: [[], [1]], axes: whole(0), at: [[1, 1], [1]], flat: whole(1, 1, 1, 2) },
        ...{ w: tensor([1, 6, 3]), r: tensor([1, 6, 2]), b: tensor([1, 12]) },
      },
      outputs: ['y', 'e'],
    },
  ),
  one(
    'two inputs and two outputs',
    [node('MatMul far u -> fu'), node('Add near fu -> p'), node('Mul p near -> q')],
    {
      inputs: { near: [1, 3], far: [1, 3] },
      tensors: { u: tensor([3, 3]) },
      outputs: ['p', 'q'],
    },
  ),
];

const weightsOf = (gatesCount, directions = 1) => ({
  w: tensor([directions, gatesCount * 3, 2]),
  r: tensor([directions, gatesCount * 3, 3]),
  b: tensor([directions, gatesCount * 6]),
});

const recurrent = [
  one(
    'GRU both ways over a window',
    node('GRU x w r b -> y n', {
      ...{ hidden_size: int(3), direction: text('bidirectional') },
    }),
    { inputs: { x: [5, 1, 2] }, tensors: weightsOf(3, 2), outputs: ['y', 'n'] },
  ),
  one(
    'LSTM backwards over a window of two rows',
    node('LSTM x w r b -> y n', {
      ...{ hidden_size: int(3), direction: text('reverse') },
    }),
    { inputs: { x: [4, 2, 2] }, tensors: weightsOf(4), outputs: ['y', 'n'] },
  ),
  one(
    'LSTM over a window, and its cell state',
    node('LSTM x w r b -> y n c', { hidden_size: int(3) }),
    {
      ...{ inputs: { x: [3, 2, 2] }, tensors: weightsOf(4), outputs: ['y', 'n', 'c'] },
    },
  ),
  one(
    'RNN over a window that begins at numbers of the file',
    node('RNN x w r b - h -> y n', {
      hidden_size: int(3),
    }),
    {
      inputs: { x: [3, 1, 2] },
      tensors: { ...weightsOf(1), h: tensor([1, 1, 3]) },
      outputs: ['y', 'n'],
    },
  ),
  one(
    'GRU of a step for each of three rows',
    node('GRU x w r b - h -> y n', {
      ...{ hidden_size: int(3), linear_before_reset: int(1) },
    }),
    {
      inputs: { x: [1, 3, 2], h: [1, 3, 3] },
      states: { h: 'n' },
      tensors: weightsOf(3),
      outputs: ['y', 'n'],
    },
  ),
];

const images = [
  onImage('Conv of groups', 'Conv x w b -> y', { group: int(2), pads: ints(1, 0, 0, 2) }, w2d),
  onImage(
    'Conv with strides and dilations',
    'Conv x w b -> y',
    {
      ...{ group: int(2), strides: ints(2, 1), dilations: ints(1, 2), pads: ints(0, 1, 0, 1) },
    },
    w2d,
  ),
  onImage(
    'Conv SAME_UPPER',
    'Conv x w b -> y',
    {
      ...{ group: int(2), auto_pad: text('SAME_UPPER'), strides: ints(2, 2) },
    },
    w2d,
  ),
  onImage(
    'Conv SAME_LOWER',
    'Conv x w b -> y',
    { group: int(2), auto_pad: text('SAME_LOWER') },
    w2d,
  ),
  onImage(
    'Conv of single channels',
    'Conv x w b -> y',
    { group: int(4), kernel_shape: ints(2, 2) },
    {
      ...{ w: tensor([8, 1, 2, 2]), b: tensor([8]) },
    },
  ),
  onImage('ConvTranspose.group', 'ConvTranspose x w b -> y', { group: int(2) }, turned),
  onImage(
    'ConvTranspose.strides',
    'ConvTranspose x w b -> y',
    {
      ...{ group: int(2), strides: ints(2, 3), kernel_shape: ints(2, 3) },
    },
    turned,
  ),
  onImage(
    'ConvTranspose.dilations',
    'ConvTranspose x w b -> y',
    {
      ...{ group: int(2), dilations: ints(2, 1) },
    },
    turned,
  ),
  onImage(
    'ConvTranspose.pads',
    'ConvTranspose x w b -> y',
    {
      ...{ group: int(2), strides: ints(1, 2), pads: ints(1, 0, 0, 2) },
    },
    turned,
  ),
  onImage(
    'ConvTranspose.output_padding',
    'ConvTranspose x w b -> y',
    {
      ...{ group: int(2), strides: ints(2, 2), output_padding: ints(1, 0) },
    },
    turned,
  ),
  onImage(
    'InstanceNormalization.epsilon',
    'InstanceNormalization x s b -> y',
    { epsilon: float(0.01) },
    {
      ...{ s: tensor([4]), b: tensor([4], numbers([4], 5)) },
    },
  ),
  onImage(
    'BatchNormalization',
    'BatchNormalization x s b m v -> y',
    {},
    {
      ...{ s: tensor([4]), b: tensor([4], numbers([4], 5)), m: tensor([4], numbers([4], 6)) },
      v: tensor([4], Float32Array.of(0.5, 1, 2, 3)),
    },
  ),
  onImage(
    'LayerNormalization over two axes',
    'LayerNormalization x s b -> y',
    {
      ...{ axis: int(2), epsilon: float(0.01) },
    },
    { s: tensor([3, 5]), b: tensor([3, 5], numbers([3, 5], 5)) },
  ),
  onImage('Softmax of an axis in the middle', 'Softmax x -> y', { axis: int(1) }),
  onImage('Softmax of all that follows an axis', 'Softmax x -> y', { axis: int(2) }, {}, 11),
  onImage('ReduceMean of two axes', 'ReduceMean x -> y', { axes: ints(1, -1), keepdims: int(0) }),
  onImage('ReduceSum.axes', 'ReduceSum x axes -> y', {}, { axes: whole(2) }),
  onImage(
    'ReduceSum.keepdims',
    'ReduceSum x axes -> y',
    { keepdims: int(0) },
    { axes: whole(1, 3) },
  ),
  onImage('ReduceSum of all', 'ReduceSum x -> y', {}),
  onImage('ReduceSum.noop_with_empty_axes', 'ReduceSum x -> y', { noop_with_empty_axes: int(1) }),
  onImage('ReduceMax', 'ReduceMax x -> y', { axes: ints(3) }),
  onImage('GlobalAveragePool', 'GlobalAveragePool x -> y', {}),
  onImage('PRelu of channels', 'PRelu x s -> y', {}, { s: tensor([4, 1, 1]) }),
  onImage(
    'Pad with zeros and cut',
    'Pad x pads -> y',
    {},
    { pads: whole(0, 0, 1, -1, 0, 0, 2, -2) },
  ),
  onImage(
    'Pad with a number',
    'Pad x pads v -> y',
    {},
    {
      ...{ pads: whole(0, 1, 0, 0, 0, 0, 0, 2), v: [[], Float32Array.of(0.5)] },
    },
  ),
  onImage(
    'Pad reflect',
    'Pad x pads -> y',
    { mode: text('reflect') },
    { pads: whole(0, 0, 2, 1, 0, 0, 1, 4) },
  ),
  onImage(
    'Pad edge',
    'Pad x pads -> y',
    { mode: text('edge') },
    { pads: whole(0, 0, 2, 1, 0, 0, 1, 7) },
  ),
  onImage('Tile', 'Tile x times -> y', {}, { times: whole(1, 1, 2, 3) }),
  onImage('Transpose', 'Transpose x -> y', { perm: ints(2, 0, 3, 1) }),
  one(
    'Split of uneven parts',
    [node('Split x parts -> p q', { axis: int(3) }), node('Concat q p -> y', { axis: int(3) })],
    { ...image, tensors: { parts: whole(1, 4) } },
  ),
  one(
    'shuffled channels',
    [
      node('Reshape x four -> a'),
      node('Transpose a -> b', { perm: ints(0, 2, 1, 3, 4) }),
      node('Reshape b back -> y'),
    ],
    { ...image, tensors: { four: whole(1, 2, 2, 3, 5), back: whole(1, -1, 3, 5) } },
  ),
  one(
    'numbers that are broadcast',
    [node('ReduceMean x -> m', { axes: ints(2, 3) }), node('Sigmoid m -> s'), node('Mul x s -> y')],
    image,
  ),
  one(
    'a quotient of computed numbers',
    [node('Abs x -> a'), node('Add a one -> b'), node('Div x b -> y')],
    { ...image, tensors: { one: [[], Float32Array.of(1)] } },
  ),
  one('a quotient by numbers of the file', node('Div x d -> y'), {
    ...image,
    tensors: { d: tensor([5]) },
  }),
  one('a difference from numbers of the file', node('Sub d x -> y'), {
    ...image,
    tensors: { d: tensor([3, 1]) },
  }),
  one('powers', [node('Pow x three -> a'), node('Abs a -> b'), node('Pow b half -> y')], {
    ...image,
    tensors: { three: [[], Float32Array.of(3)], half: [[], Float32Array.of(0.5)] },
  }),
  ...[
    [-0.5, 0.25],
    [0, 0.5],
    [-0.5, 0],
    [0.25, 0.5],
    [-0.5, -0.25],
  ].map(([low, high]) =>
    one(`Clip to [${low}, ${high}]`, node('Clip x low high -> y'), {
      ...image,
      tensors: { low: [[], Float32Array.of(low)], high: [[], Float32Array.of(high)] },
    }),
  ),
];

const matrices = [
  one(
    'MatMul of two computed matrices',
    [node('Transpose x -> t', { perm: ints(0, 2, 1) }), node('MatMul x t -> y')],
    {
      inputs: { x: [2, 3, 4] },
    },
  ),
  one('MatMul by a computed matrix', node('MatMul w x -> y'), {
    ...{ inputs: { x: [4, 3] }, tensors: { w: tensor([2, 4]) } },
  }),
  one(
    'Gemm.transA, with a computed C',
    node('Gemm x w c -> y', {
      ...{ transA: int(1), transB: int(1), alpha: float(0.5), beta: float(1) },
    }),
    { inputs: { x: [4, 3], c: [3, 2] }, tensors: { w: tensor([2, 4]) } },
  ),
  one('Gemm.beta', node('Gemm x w c -> y', { alpha: float(0.5), beta: float(2) }), {
    ...{ inputs: { x: [3, 4] }, tensors: { w: tensor([4, 2]), c: tensor([3, 2]) } },
  }),
];

export const cases = [...cells, ...recurrent, ...images, ...matrices];
