// Models of every kind that can be written as ONNX.

import * as r from '../../dist/core.js';

/** Parameters of ±0.5 in place of the initial ones: biases and vectors are not zero then. */
function drawn(make, random, seed) {
  const { params } = make({});
  // Networks of relus that grow say nothing.
  const scale = String(make({})).includes('relu') ? 0.6 : 1;
  const draw = (
    next => () =>
      scale * next()
  )(random(seed));
  return make({
    params: Object.fromEntries(
      Object.entries(params).map(([name, { shape }]) => {
        const count = shape.reduce((a, b) => a * b, 1);
        const positive = name === 'runningVar' ? 1 : 0;
        const data = Float32Array.from({ length: count }, () => draw() + positive);
        return [name, { data, shape, stride: strideOf(shape), offset: 0 }];
      }),
    ),
  });
}

const strideOf = shape => shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));

/** `[name, cell, step → input]` of each. */
export function models(random) {
  let seed = 1;
  const of = (cell, ...rest) => {
    const options = typeof rest.at(-1) === 'object' ? rest.pop() : {};
    return drawn(own => cell(...rest, { ...options, ...own }), random, seed++);
  };
  const { lstmCell, gruCell, rnnCell, denseCell, chainCell } = r;
  const projected = r.defineCell(
    'ProjectedLSTM',
    `
    i  = σ(W_i x + U_i h)
    f  = σ(W_f x + U_f h)
    g  = φ(W_g x + U_g h)
    o  = σ(W_o x + U_o h)
    c' = f * c + i * g
    h' = V_h (o * ψ(c'))
    `,
  );
  const named = Object.entries({
    mgu: r.mguCell,
    liGru: r.liGruCell,
    ugrnn: r.ugrnnCell,
    janet: r.janetCell,
    indRnn: r.indRnnCell,
    fastRnn: r.fastRnnCell,
    fastGrnn: r.fastGrnnCell,
    star: r.starCell,
    lem: r.lemCell,
    minGru: r.minGruCell,
  });
  return [
    ['rnn', of(rnnCell, 3, 8)],
    ['rnn of relu', of(rnnCell, 3, 8, { activation: 'relu' })],
    ['rnn of elu 0.5', of(rnnCell, 3, 8, { activation: { name: 'elu', alpha: 0.5 } })],
    ['lstm', of(lstmCell, 3, 8)],
    ['lstm without bias', of(lstmCell, 3, 8, { bias: false })],
    ['lstm of hard sigmoids', of(lstmCell, 3, 8, { gateActivation: 'hardSigmoid' })],
    ['peepholeLstm', of(r.peepholeLstmCell, 3, 8)],
    ['gru, reset after', of(gruCell, 3, 8)],
    ['gru, reset before', of(gruCell, 3, 8, { resetGate: 'before' })],
    ['gru, clipped', of(gruCell, 3, 8, { clip: 0.4 })],
    ['lstm, lstm, dense', chainCell(of(lstmCell, 3, 8), of(lstmCell, 8, 6), of(denseCell, 6, 2))],
    [
      'dense of every activation',
      r.parallelCell(
        'concat',
        ...['identity', 'tanh', 'sigmoid', 'relu', 'hardSigmoid', 'hardSigmoid6', 'softsign']
          .concat(['softplus', 'elu', 'leakyRelu', 'scaledTanh', 'affine', 'exp'])
          .concat({ name: 'thresholdedRelu', alpha: 0.2 }, { name: 'affine', alpha: 2, beta: 1 })
          .map(activation => of(denseCell, 4, 2, { activation })),
      ),
    ],
    [
      'gru, layerNorm, dense, softmax',
      chainCell(of(gruCell, 3, 8), of(r.layerNormCell, 8), of(denseCell, 8, 5), r.softmaxCell(5)),
    ],
    [
      'dense, batchNorm, prelu, gru',
      chainCell(of(denseCell, 3, 6), of(r.batchNormCell, 6), of(r.preluCell, 6), of(gruCell, 6, 4)),
    ],
    ['causalConv1d', of(r.causalConv1dCell, 3, 4, 3)],
    [
      'causalConv1d, dilated, grouped, gru',
      chainCell(
        of(r.causalConv1dCell, 4, 6, 3, { dilation: 2, groups: 2, activation: 'relu' }),
        of(gruCell, 6, 5),
      ),
    ],
    [
      'conv2d, convTranspose2d',
      chainCell(
        of(r.conv2dCell, 2, 4, {
          ...{ bands: 9, kernel: [3, 3], stride: [1, 2], dilation: [2, 1], groups: 2 },
          ...{ padding: [1, 2], activation: 'tanh' },
        }),
        of(r.convTranspose2dCell, 4, 6, {
          ...{ bands: 5, kernel: [2, 4], stride: [1, 3], dilation: [1, 2], groups: 2 },
          ...{ padding: [1, 0], outputPadding: 1 },
        }),
        of(r.convTranspose2dCell, 6, 1, { bands: 19, kernel: [3, 1] }),
      ),
    ],
    [
      'conv2d, convTranspose2d of given frames',
      chainCell(
        of(r.conv2dCell, 1, 2, {
          ...{ bands: 4, kernel: [2, 3], frames: 3, framePadding: [1, 0], padding: 'same' },
        }),
        of(r.convTranspose2dCell, 2, 1, {
          ...{ bands: 4, kernel: [3, 3], stride: [2, 2], frames: 3, framePadding: 1, padding: 2 },
        }),
      ),
    ],
    [
      'embedding, lstm',
      chainCell(of(r.embeddingCell, 10, 4), of(lstmCell, 4, 5)),
      t => [(t * 7) % 10],
    ],
    [
      'parallel, skip',
      chainCell(
        r.parallelCell('concat', of(gruCell, 3, 4), of(denseCell, 3, 2)),
        r.skipCell(of(lstmCell, 6, 6), 'add'),
        r.parallelCell('multiply', of(denseCell, 6, 3), of(denseCell, 6, 3)),
      ),
    ],
    [
      'taps',
      chainCell(
        r.tap('x'),
        r.tap('dense', of(denseCell, 3, 4)),
        r.tap('voice', of(gruCell, 4, 5)),
        r.read('dense', 'voice', 'x'),
        of(gruCell, 12, 6),
      ),
    ],
    [
      'slice, pad',
      chainCell(r.padCell(4, 1, 2, 'reflect'), r.sliceCell(7, 2, 6), of(gruCell, 4, 3)),
    ],
    ...named.map(([name, cell]) => [name, of(cell, name === 'indRnn' ? 3 : 3, 8)]),
    ['projected lstm', of(projected, 3, 8, { projectionSize: 4 })],
    [
      'lstm, clipped, in a chain with mgu',
      chainCell(of(lstmCell, 3, 8, { clip: 0.3 }), of(r.mguCell, 8, 4)),
    ],
    ['context', chainCell(r.contextCell(4, 3), of(denseCell, 7, 3))],
    ['each of lstm', r.eachCell(3, of(lstmCell, 2, 5))],
    ['each of mgu', r.eachCell(3, of(r.mguCell, 2, 5))],
    [
      'each within each, of context',
      chainCell(
        of(denseCell, 3, 6),
        r.eachCell(3, r.eachCell(2, chainCell(r.contextCell(1, 2), of(gruCell, 3, 2)))),
      ),
    ],
    ['each of a causal convolution', r.eachCell(2, of(r.causalConv1dCell, 3, 4, 3))],
  ];
}

/** `[name, cell]` of models that have several inputs or outputs. */
export function portModels(random) {
  const inputs = { x: 'input', m: 'input', d: 'elapsed' };
  const masked = r.defineCell(
    'Masked',
    "h' = φ(W_h (m * x) + W_d d + U_h h)\nz = σ(V_z h')\nq = -h'",
    { inputs, outputs: ['z', 'q'] },
  );
  const twin = r.defineCell('Twin', "i = σ(W_i x + U_i h)\nh' = i * h + W_h x\nz = i * h'", {
    outputs: ['h', 'z'],
  });
  const join = r.defineCell('Join', 'y = φ(W_a q + W_b z)', {
    inputs: { q: 'input', z: 'other' },
  });
  const mix = r.defineCell('Mix', 'y = W_a x + W_b m', { inputs: { x: 'input', m: 'note' } });
  const sizes = { x: 3, m: 3, d: 2 };
  const first = options => masked(sizes, 4, { projectionSize: 5, ...options });
  const of = make => drawn(make, random, 77);
  return [
    ['several inputs and outputs', of(first)],
    ['several outputs', of(options => twin(3, 4, options))],
    ['several inputs of a layer without state', of(options => mix({ x: 3, m: 2 }, 4, options))],
    [
      'joined by name, dense',
      r.chainCell(
        of(first),
        of(options => join({ q: 4, z: 5 }, 3, options)),
        of(options => r.denseCell(3, 2, options)),
      ),
    ],
    [
      'the only output that fits, gru',
      r.chainCell(
        of(first),
        of(options => r.gruCell(5, 3, options)),
      ),
    ],
  ];
}
