import { describe, expect, test } from 'vitest';
import { chain, dense, gru, type Layer, lstm, stateful } from '../../src/index.js';
import { readGuitarMl, readRtneural } from '../../src/io/rtneural/index.js';
import { UnreadableError } from '../../src/io/unreadable.js';
import { sameBits } from '../laws/bits.js';
import { refusal } from './files.js';

/** Nested arrays of a shape, of numbers that differ. */
function filled([length, ...inner]: readonly number[], from = 0): number[] {
  return Array.from({ length }, (_, i) => {
    const value = inner.length ? filled(inner, from + 3 * i + 1) : Math.sin(1.7 * from + i);
    return value as number;
  });
}

const layer = (type: string, size: number, weights: unknown[], more: object = {}) => {
  return { type, activation: '', shape: [null, null, size], weights, ...more };
};
const model = (inputSize: number, layers: unknown[], more: object = {}) => {
  return { in_shape: [null, null, inputSize], layers, ...more };
};
const steps = (count: number, size: number) =>
  Array.from({ length: count }, (_, t) => Float32Array.from(filled([size], t)));
const answers = (of: unknown, xs: readonly Float32Array[]) =>
  stateful(of as Layer).map(xs as Float32Array[]) as unknown as Float32Array[];

function close(got: readonly Float32Array[], expected: readonly number[][]): void {
  expect(got.map(y => y.length)).toEqual(expected.map(y => y.length));
  for (const [t, y] of got.entries()) {
    for (const [i, v] of y.entries()) expect(Math.abs(v - expected[t][i])).toBeLessThan(2e-6);
  }
}

test('a convolution is the sum over its taps, its groups and its inputs, looking back', () => {
  const [kernelSize, dilation, groups, ins, outs] = [3, 2, 2, 4, 6];
  const kernel = filled([kernelSize, ins / groups, outs]) as never as number[][][];
  const bias = filled([outs], 50);
  const conv = { kernel_size: [kernelSize], dilation: [dilation], groups };
  const read = readRtneural(model(ins, [layer('conv1d', outs, [kernel, bias], conv)]));
  const xs = steps(9, ins);
  const expected = xs.map((_, t) =>
    bias.map((b, o) => {
      const first = Math.floor(o / (outs / groups)) * (ins / groups);
      let sum = b;
      for (let k = 0; k < kernelSize; k++) {
        const x = xs[t - (kernelSize - 1 - k) * dilation];
        for (let i = 0; x && i < ins / groups; i++) sum += kernel[k][i][o] * x[first + i];
      }
      return sum;
    }),
  );
  close(answers(read, xs), expected);
});

test('norms, slopes and activations are what their formulas say', () => {
  const xs = steps(4, 3);
  const [gamma, beta, mean, variance] = [
    [1, 2, 3],
    [0, 1, -1],
    [0.1, 0.2, 0.3],
    [1, 4, 0.25],
  ];
  const epsilon = 0.5;
  const norm = (weights: unknown[]) =>
    readRtneural(model(3, [layer('batchnorm', 3, weights, { epsilon })]));
  const scaled = (x: Float32Array) =>
    mean.map((m, i) => (x[i] - m) / Math.sqrt(variance[i] + epsilon));
  close(answers(norm([mean, variance]), xs), xs.map(scaled));
  close(
    answers(norm([gamma, beta, mean, variance]), xs),
    xs.map(x => scaled(x).map((v, i) => v * gamma[i] + beta[i])),
  );
  const prelu = (alpha: number[][]) => readRtneural(model(3, [layer('prelu', 3, [alpha])]));
  const sloped = (alpha: number[]) =>
    xs.map(x => Array.from(x, (v, i) => (v < 0 ? alpha[i % alpha.length] * v : v)));
  close(answers(prelu([[0.1, 0.2, 0.3]]), xs), sloped([0.1, 0.2, 0.3]));
  close(answers(prelu([[0.1]]), xs), sloped([0.1]));
  const elu = readRtneural(model(3, [layer('activation', 3, [], { activation: 'elu' })]));
  close(
    answers(elu, xs),
    xs.map(x => Array.from(x, v => (v < 0 ? Math.exp(v) - 1 : v))),
  );
});

test("AIDA-X's gains are decibels around the network, and its skip adds the scaled input", () => {
  const double = layer('dense', 1, [[[2], [10]]]);
  const xs = steps(4, 2);
  const read = readRtneural(model(2, [double], { in_gain: 20, in_skip: 1, out_gain: -20 }));
  close(
    answers(read, xs),
    xs.map(([x, knob]) => [(2 * 10 * x + 10 * knob + 10 * x) / 10]),
  );
  const silent = readRtneural(model(2, [double], { in_gain: -90 }));
  close(
    answers(silent, xs),
    xs.map(([, knob]) => [10 * knob]),
  );
});

const guitar = (unit: string, gates: number, inputs: number, more: object) => ({
  model_data: { unit_type: unit, hidden_size: 3, input_size: inputs, output_size: 1, ...more },
  state_dict: {
    'rec.weight_ih_l0': filled([gates * 3, inputs], 1),
    'rec.weight_hh_l0': filled([gates * 3, 3], 2),
    'rec.bias_ih_l0': filled([gates * 3], 3),
    'rec.bias_hh_l0': filled([gates * 3], 4),
    'lin.weight': filled([1, 3], 5),
    'lin.bias': filled([1], 6),
  } as Record<string, unknown>,
});

test.each([
  ['LSTM', 4, lstm],
  ['GRU', 3, gru],
] as const)(
  "GuitarML's %s has PyTorch's layout, and skip adds the first input",
  (unit, gates, make) => {
    const file = guitar(unit, gates, 2, { skip: 1, num_layers: 1 });
    const { state_dict: t } = file;
    const network = chain(
      make(2, 3, {
        params: {
          weightIh: t['rec.weight_ih_l0'] as never,
          weightHh: t['rec.weight_hh_l0'] as never,
          biasIh: t['rec.bias_ih_l0'] as never,
          biasHh: t['rec.bias_hh_l0'] as never,
        },
      }),
      dense(3, 1, { params: { weight: t['lin.weight'] as never, bias: t['lin.bias'] as never } }),
    );
    const xs = steps(20, 2);
    const [read, alone] = [answers(readGuitarMl(file), xs), answers(network, xs)];
    sameBits(
      read.map(([y]) => y),
      alone.map(([y], i) => Math.fround(y + xs[i][0])),
    );
    const bytes = new TextEncoder().encode(JSON.stringify(file));
    sameBits(answers(readGuitarMl(bytes), xs), read);
    sameBits(answers(readGuitarMl(JSON.stringify(file)), xs), read);
  },
);

test("the unknown layer that RTNeural's script writes for Keras's InputLayer changes nothing", () => {
  const layers = [layer('dense', 2, [[[1, -1]], [0, 0.5]]), layer('dense', 1, [[[2], [3]]])];
  const xs = steps(5, 1);
  const expected = answers(readRtneural(model(1, layers)), xs);
  const shape = [null, null, 1];
  for (const own of [shape, [shape]]) {
    const input = layer('unknown', 1, [], { shape: own });
    sameBits(answers(readRtneural(model(1, [input, ...layers])), xs), expected);
  }
});

test('any other unknown layer is refused by its place, with the activation that it has', () => {
  const [input, one] = [layer('unknown', 1, []), layer('dense', 1, [[[1]]])];
  const unnamed = 'a layer of Keras whose class the file does not tell';
  const refused: readonly (readonly [layers: unknown[], place: number, why: string])[] = [
    [[one, input], 1, unnamed],
    [[input, input, one], 1, unnamed],
    [[input], 0, unnamed],
    [[{ ...input, shape: [null, null, 2] }, one], 0, unnamed],
    [[{ ...input, weights: [[1]] }, one], 0, unnamed],
    [[{ ...input, epsilon: 1 }, one], 0, unnamed],
    [[one, { ...input, activation: 'relu' }], 1, "the activation 'relu', which RTNeural skips"],
  ];
  for (const [layers, place, why] of refused) {
    const message = refusal(() => readRtneural(model(1, layers)));
    expect(message).toContain(`rtneural layers[${place}] 'unknown': expected`);
    expect(message).toContain(why);
  }
});

test('all that RTNeural may have and that cannot run here is told at once', () => {
  const file = model(1, [
    layer('conv2d', 1, []),
    layer('dense', 1, [[[1]]]),
    layer('gru', 1, [], { activation: 'relu' }),
    layer('dense', 1, [], { activation: 'swish' }),
  ]);
  try {
    readRtneural(file);
    throw new Error('it was read');
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableError);
    expect((error as UnreadableError).problems).toEqual([
      {
        where: "rtneural layers[0] 'conv2d'",
        why: 'no layer of a stream of vectors that RTNeural has',
      },
      {
        where: "rtneural layers[2] 'gru'",
        why: "activation 'relu', where RTNeural has tanh",
      },
      { where: "rtneural layers[3] 'dense'", why: "activation 'swish'" },
    ]);
  }
});

test('a field of a layer that RTNeural does not write is refused by its name, unless it is null', () => {
  const strided = layer('dense', 1, [[[1]]], { strides: [2], name: 'a', groups: null });
  expect(refusal(() => readRtneural(model(1, [strided])))).toContain(
    "rtneural layers[0] 'dense': expected a part of RTNeural that runs here, got an unknown field, 'strides'",
  );
  const plain = layer('dense', 1, [[[2]]], { strides: null, name: 'a' });
  expect(stateful(readRtneural(model(1, [plain])))([3])).toEqual(Float32Array.of(6));
});

describe('refused is', () => {
  const one = layer('dense', 1, [[[1]], [0]]);
  const conv = (more: object) =>
    model(2, [layer('conv1d', 2, [filled([2, 2, 2])], { kernel_size: [2], ...more })]);
  const files: Readonly<Record<string, readonly [file: unknown, message: string]>> = {
    'no JSON': ['{"in_shape"', 'rtneural: expected JSON, got text that is not'],
    'a list': ['[]', 'rtneural: expected an object of JSON, got an array of length 0'],
    'a number': [3, 'rtneural: expected an object of JSON, got 3'],
    'bytes that are no UTF-8': [
      Uint8Array.of(0x7b, 0xff, 0x7d),
      'rtneural: expected text in UTF-8, got other bytes',
    ],
    'a name twice': ['{"layers":[],"layers":[]}', "expected every name once, got 'layers' twice"],
    'no layers': [model(1, []), 'rtneural layers: expected an array of 1 to 1024 layers'],
    'a size of nothing': [
      { in_shape: [null, null], layers: [one] },
      'rtneural in_shape: expected a shape of 1 to 3 that ends with 1 to 16777216, got [null, null]',
    ],
    'a size of 2⁵³': [
      model(1, [{ ...one, shape: [null, 2 ** 53] }]),
      "rtneural layers[0] 'dense' shape: expected a shape",
    ],
    'sizes that need no weights': [
      model(2 ** 23, [layer('activation', 2 ** 23, [], { activation: 'tanh' })]),
      'rtneural layers[0]: expected at most 4194304 numbers a step, got 16777216',
    ],
    'a dilation beyond all streams': [
      conv({ dilation: [2 ** 22] }),
      'rtneural layers[0]: expected at most 4194304 numbers a step',
    ],
    'groups that do not divide': [conv({ groups: 3 }), 'sizes that are multiples of 3 groups'],
    'a kernel of another size': [
      conv({ kernel_size: [3] }),
      'expected [3, 2, 2] (kernel 3, input 2 / groups 1, output 2), got [2, 2, 2]',
    ],
    'weights transposed': [
      model(1, [layer('dense', 2, [[[1], [2]]])]),
      "rtneural layers[0] 'dense' kernel: expected [1, 2] (input 1, output 2), got [2, 1]",
    ],
    'rows of two lengths': [
      model(2, [layer('dense', 2, [[[1, 2], [3]]])]),
      "rtneural layers[0] 'dense' kernel: expected [2, 2] (input 2, output 2), got ragged rows",
    ],
    'rows that hide in numbers': [
      model(1, [layer('dense', 4, [[[1, [2, 3], 4, 5]]])]),
      'expected finite float32 numbers, got an array of length 2 at [1]',
    ],
    'weights that are not finite': [
      JSON.stringify(model(1, [layer('dense', 1, [[['x']]])])).replace('"x"', '1e39'),
      "rtneural layers[0] 'dense' kernel: expected finite float32 numbers, got 1e+39 at [0]",
    ],
    'a GRU of Keras 2, with one bias': [
      model(1, [layer('gru', 1, [filled([1, 3]), filled([1, 3]), filled([3])])]),
      'expected [2, 3] (of input and state, 3 gates × 1; Keras: reset_after), got [3]',
    ],
    'a variance below zero': [
      model(1, [layer('batchnorm', 1, [[0], [-1]], { epsilon: 0.5 })]),
      'variance: expected positive numbers, got -1',
    ],
    'a norm of three arrays': [
      model(1, [layer('batchnorm', 1, [[0], [1], [2]], { epsilon: 0.5 })]),
      'expected 2 or 4 arrays, got 3',
    ],
    'an activation of another size': [
      model(1, [layer('activation', 2, [], { activation: 'tanh' })]),
      'expected size 1, as what comes before, got 2',
    ],
    'a skip of two': [model(1, [one], { in_skip: 2 }), 'rtneural in_skip: expected 0 or 1, got 2'],
    'a gain of words': [
      model(1, [one], { in_gain: 'loud' }),
      "decibels from -200 to 200, got 'loud'",
    ],
    'a type that steers a terminal': [model(1, [layer('\u001b[2J', 1, [])]), "'\\u{1b}[2J'"],
    'a name that all objects have': [model(1, [layer('constructor', 1, [])]), "'constructor'"],
  };

  test.each(Object.entries(files))('%s', (_, [file, message]) => {
    expect(refusal(() => readRtneural(file as object))).toContain(message);
  });

  const gruFile = guitar('GRU', 3, 1, { skip: 1 });
  const { 'lin.bias': __, ...lacking } = gruFile.state_dict;
  const guitars: Readonly<Record<string, readonly [file: unknown, message: string]>> = {
    'no model_data': [{}, 'guitarml model_data: expected an object, got undefined'],
    'another model': [
      guitar('GRU', 3, 1, { model: 'WaveNet' }),
      "guitarml model_data.model: expected 'SimpleRNN', got 'WaveNet'",
    ],
    'another unit': [guitar('QRNN', 3, 1, {}), 'expected LSTM, GRU or RNN, got '],
    'a size that lies': [
      guitar('GRU', 3, 1, { hidden_size: 4 }),
      "guitarml 'rec.weight_ih_l0': expected [12, 1] (3 gates × 4, input 1), got [9, 1]",
    ],
    'a tensor missing': [
      { ...gruFile, state_dict: lacking },
      "guitarml 'lin.bias': expected [1] (output 1), got undefined",
    ],
    'a tensor too many': [
      { ...gruFile, state_dict: { ...gruFile.state_dict, 'rec.weight_ih_l0_reverse': [] } },
      "guitarml 'rec.weight_ih_l0_reverse': expected no such tensor",
    ],
    'a skip of more than there is': [
      guitar('GRU', 3, 1, { skip: 2 }),
      'guitarml model_data.skip: expected a whole number, 0 to 1, got 2',
    ],
    'inherited tensors': [
      { ...gruFile, state_dict: Object.create({ 'lin.bias': [1] }) },
      'guitarml state_dict: expected tensors by name',
    ],
  };

  test.each(Object.entries(guitars))('%s of GuitarML', (_, [file, message]) => {
    expect(refusal(() => readGuitarMl(file as object))).toContain(message);
  });
});
