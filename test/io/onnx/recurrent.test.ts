import { describe, expect, test } from 'vitest';
import { mapSequences, stateful } from '../../../src/core.js';
import { readOnnx } from '../../../src/io/onnx/index.js';
import { refusal } from '../files.js';
import { type Attributes, file, node, numbers } from './graphs.js';

const size = 3;
const gates = { RNN: 1, GRU: 3, LSTM: 4 };
type Operator = keyof typeof gates;

/** W, R, B and P of a node: 2 inputs, 3 hidden. */
function weights(operator: Operator, directions = 1) {
  const rows = gates[operator] * size;
  const of = (dims: readonly number[], seed: number) =>
    [
      dims,
      numbers(
        dims.reduce((a, b) => a * b, 1),
        seed,
      ),
    ] as const;
  return {
    W: of([directions, rows, 2], 1),
    R: of([directions, rows, size], 2),
    B: of([directions, 2 * rows], 3),
    P: of([directions, 3 * size], 4),
  };
}

/** A file of one node whose Y, without its axis of directions, is the output. */
function one(operator: Operator, attributes: Attributes = {}, inputs = 'x W R B', directions = 1) {
  const squeezed = node('Squeeze Y one -> y');
  return file(
    [node(`${operator} ${inputs} -> Y`, { hidden_size: { int: size }, ...attributes }), squeezed],
    { ...weights(operator, directions), one: [[1], [1]], ...states },
  );
}

const states = {
  h0: [[1, 1, size], Float32Array.of(0.5, -0.25, 1)],
  c0: [[1, 1, size], Float32Array.of(-1, 0.75, 0.125)],
  lengths: [[1], [4]],
} as const;

const xs = Array.from({ length: 6 }, (_, t) => [Math.sin(t), Math.cos(3 * t)]);
const flat = (ys: readonly Float32Array[]) => ys.flatMap(y => [...y]);
const run = (bytes: Uint8Array, inputs = xs) => {
  return flat(stateful(readOnnx(bytes)).map(inputs) as unknown as Float32Array[]);
};

const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
const clamp = (v: number, most: number) => Math.max(-most, Math.min(most, v));

interface Variant {
  readonly coupled?: boolean;
  readonly peepholes?: boolean;
  readonly clip?: number;
  readonly f?: (v: number) => number;
  readonly initial?: boolean;
}

/** ONNX's LSTM in float64, written from its specification: gates i o f c. */
function lstm({ coupled, peepholes, clip = Infinity, f = sigmoid, initial }: Variant): number[] {
  const { W, R, B, P } = weights('LSTM');
  let h = initial ? [...states.h0[1]] : [0, 0, 0];
  let c = initial ? [...states.c0[1]] : [0, 0, 0];
  const p = (block: number, k: number) => (peepholes ? P[1][block * size + k] : 0);
  return xs.flatMap(x => {
    const sum = (gate: number, k: number) => {
      const row = gate * size + k;
      const xPart = x.reduce((s, v, j) => s + W[1][row * 2 + j] * Math.fround(v), 0);
      const hPart = h.reduce((s, v, j) => s + R[1][row * size + j] * v, 0);
      return xPart + hPart + B[1][row] + B[1][4 * size + row];
    };
    const next = h.map((_, k) => {
      const i = f(clamp(sum(0, k) + p(0, k) * c[k], clip));
      const forget = coupled ? 1 - i : f(clamp(sum(2, k) + p(2, k) * c[k], clip));
      const cell = forget * c[k] + i * Math.tanh(clamp(sum(3, k), clip));
      const o = f(clamp(sum(1, k) + p(1, k) * cell, clip));
      return [cell, o * Math.tanh(clamp(cell, clip))];
    });
    c = next.map(([cell]) => cell);
    h = next.map(([, value]) => value);
    return h;
  });
}

const hard = (v: number) => Math.max(0, Math.min(1, 0.375 * v + 0.75));
const hardAttributes: Attributes = {
  activations: { texts: ['HardSigmoid', 'Tanh', 'Tanh'] },
  activation_alpha: { floats: [0.375] },
  activation_beta: { floats: [0.75] },
};

const variants: Readonly<Record<string, readonly [Uint8Array, Variant]>> = {
  'as it is': [one('LSTM'), {}],
  'with peepholes': [one('LSTM', {}, 'x W R B - - - P'), { peepholes: true }],
  'clipped, the cell state too': [
    one('LSTM', { clip: { float: 0.25 } }, 'x W R B - - - P'),
    { clip: 0.25, peepholes: true },
  ],
  'with coupled gates': [one('LSTM', { input_forget: { int: 1 } }), { coupled: true }],
  'with other activations': [one('LSTM', hardAttributes), { f: hard }],
  'with initial states': [one('LSTM', {}, 'x W R B - h0 c0'), { initial: true }],
};

test.each(Object.entries(variants))("an LSTM %s is the specification's", (_, [bytes, variant]) => {
  const wanted = lstm(variant);
  const off = run(bytes).map((y, i) => Math.abs(y - wanted[i]));
  expect(off.length).toBe(xs.length * size);
  expect(Math.max(...off)).toBeLessThanOrEqual(1e-6);
});

test.each([[[1, 1, 2]], [['batch', 1, 2]]])(
  "an LSTM with layout 1 over %o keeps its state: it is the specification's",
  x => {
    const nodes = [
      node('LSTM x W R B -> Y', { hidden_size: { int: size }, layout: { int: 1 } }),
      node('Squeeze Y two -> y'),
    ];
    const bytes = file(nodes, { ...weights('LSTM'), two: [[1], [2]] }, { inputs: { x } });
    const wanted = lstm({});
    expect(String(readOnnx(bytes))).toBe('Recur(LSTMCell(2, 3))');
    const off = run(bytes).map((y, i) => Math.abs(y - wanted[i]));
    expect(off.length).toBe(xs.length * size);
    expect(Math.max(...off)).toBeLessThanOrEqual(1e-6);
  },
);

describe.each(['RNN', 'GRU', 'LSTM'] as const)('%s', operator => {
  const forward = run(one(operator));

  test('with layout 1 is that with layout 0', () => {
    const nodes = [
      node(`${operator} x W R B -> Y`, { hidden_size: { int: size }, layout: { int: 1 } }),
      node('Squeeze Y two -> y'),
    ];
    const tensors = { ...weights(operator), two: [[1], [2]] } as const;
    const inputs = { x: ['batch', 'steps', 2] };
    expect(run(file(nodes, tensors, { inputs }))).toEqual(forward);
  });

  test('that runs backwards is the one that runs forwards on the steps turned round', () => {
    const reverse = one(operator, { direction: { text: 'reverse' } });
    const turned = run(reverse, [...xs].reverse());
    const rows = xs.map((_, t) => turned.slice(t * size, (t + 1) * size)).reverse();
    expect(rows.flat()).toEqual(forward);
  });

  test('that runs both ways has both, with weights of its own', () => {
    const both = weights(operator, 2);
    const half = (name: keyof typeof both, d: number) => {
      const [dims, values] = both[name];
      const length = values.length / 2;
      return [[1, ...dims.slice(1)], values.slice(d * length, (d + 1) * length)] as const;
    };
    const single = (d: number, direction: string) => {
      const tensors = Object.fromEntries(
        (['W', 'R', 'B'] as const).map(name => [name, half(name, d)]),
      );
      const attributes = { hidden_size: { int: size }, direction: { text: direction } };
      return run(
        file([node(`${operator} x W R B -> Y`, attributes), node('Squeeze Y one -> y')], {
          ...tensors,
          one: [[1], [1]],
        }),
      );
    };
    const nodes = [
      node(`${operator} x W R B -> Y`, {
        hidden_size: { int: size },
        direction: { text: 'bidirectional' },
      }),
      node('Transpose Y -> turned', { perm: { ints: [0, 2, 1, 3] } }),
      node('Reshape turned shape -> y'),
    ];
    const ys = run(file(nodes, { ...both, shape: [[3], [0, 0, -1]] }));
    const [a, b] = [single(0, 'forward'), single(1, 'reverse')];
    const wanted = xs.flatMap((_, t) => [a, b].flatMap(y => y.slice(t * size, (t + 1) * size)));
    expect(ys).toEqual(wanted);
  });
});

test('parameters of activations go to those that have some, in turn', () => {
  const attributes: Attributes = {
    activations: { texts: ['Tanh', 'LeakyRelu', 'ScaledTanh'] },
    activation_alpha: { floats: [0.25, 1.5] },
    activation_beta: { floats: [0.5] },
  };
  expect(String(readOnnx(one('LSTM', attributes)))).toBe(
    'Recur(LSTMCell(2, 3; gateActivation=tanh, activation=leakyRelu(alpha=0.25), ' +
      'outputActivation=scaledTanh(alpha=1.5, beta=0.5)))',
  );
});

test('lengths of sequences are for mapSequences', () => {
  expect(refusal(() => readOnnx(one('GRU', {}, 'x W R B lengths')))).toContain(
    'sequence_lens of 4 where the sequence has any number of steps',
  );
  const nodes = [
    node('GRU x W R B lengths -> Y', { hidden_size: { int: size } }),
    node('Squeeze Y one -> y'),
  ];
  const tensors = { ...weights('GRU'), one: [[1], [1]], lengths: [[1], [4]] } as const;
  const known = readOnnx(file(nodes, tensors, { inputs: { x: [4, 1, 2] } }));
  const [{ outputs }] = mapSequences(known, [xs.slice(0, 4)]);
  expect(flat(outputs)).toEqual(run(one('GRU')).slice(0, 4 * size));
});

const refused: Readonly<Record<string, readonly [Uint8Array, string]>> = {
  'an activation that ONNX has not': [
    one('RNN', { activations: { texts: ['Gelu'] } }),
    "the activation 'Gelu'",
  ],
  'a direction that there is not': [
    one('RNN', { direction: { text: 'sideways' } }),
    "direction 'sideways'",
  ],
  'a hidden size that the weights have not': [
    one('RNN', { hidden_size: { int: 4 } }),
    "W [1,3,2] and R [1,3,3], which don't fit",
  ],
  'a bias of another size': [one('RNN', {}, 'x W R h0'), 'B [1,1,3], not [1,6]'],
  'Y_c of an LSTM with peepholes that other nodes read': [
    file([node('LSTM x W R - - - - P -> - - C'), node('Relu C -> y')], {
      ...weights('LSTM'),
      P: [[1, 3 * size], numbers(3 * size)],
    }),
    'Y_c as an input of other nodes',
  ],
};

test.each(Object.entries(refused))('%s is refused', (_, [bytes, message]) => {
  expect(refusal(() => readOnnx(bytes))).toContain(message);
});

const interleaved = {
  'on the last axis': [
    [1, 'batch', size, 2],
    node('Slice s zero one three -> h1'),
    'a state interleaved on the last axis of one tensor',
  ],
  'on an axis before it': [
    [1, 2, 'batch', size],
    node('Slice s zero one one -> h1'),
    'a state interleaved on axis 1 of one tensor',
  ],
  'by Split': [
    [1, 'batch', 2 * size],
    node('Split s -> h1 h2', { axis: { int: -1 } }),
    'a state interleaved on the last axis of one tensor',
  ],
} as const;

test.each(Object.entries(interleaved))(
  'states that are interleaved %s are refused with these words',
  (_, [s, part, message]) => {
    const nodes = [
      part,
      node('Squeeze h1 three -> h'),
      node('GRU x W R B - h -> Y hn', { hidden_size: { int: size } }),
      node('Squeeze Y one -> y'),
    ];
    const indices = { zero: [[1], [0]], one: [[1], [1]], three: [[1], [3]] } as const;
    const inputs = { x: ['steps', 'batch', 2], s };
    const bytes = file(nodes, { ...weights('GRU'), ...indices }, { inputs, outputs: ['y', 'hn'] });
    expect(refusal(() => readOnnx(bytes))).toContain(message);
  },
);

test('states that come out in another order than they go in are refused', () => {
  const swapped = (order: string) =>
    file(
      [
        node('Split h0 -> h1 h2', { axis: { int: 0 } }),
        node('GRU x W R B - h1 -> Y H1', { hidden_size: { int: size } }),
        node('Squeeze Y one -> z'),
        node('GRU z W2 R B - h2 -> Y2 H2', { hidden_size: { int: size } }),
        node('Squeeze Y2 one -> y'),
        node(`Concat ${order} -> hn`, { axis: { int: 0 } }),
      ],
      { ...weights('GRU'), W2: [[1, 9, 3], numbers(27)], one: [[1], [1]] },
      {
        inputs: { x: ['steps', 'batch', 2], h0: [2, 'batch', size] },
        outputs: ['y', 'hn'],
      },
    );
  expect(String(readOnnx(swapped('H1 H2')))).toBe(
    'Chain(Recur(GRUCell(2, 3; resetGate=before)), Recur(GRUCell(3, 3; resetGate=before)))',
  );
  expect(refusal(() => readOnnx(swapped('H2 H1')))).toContain('in another order than they go in');
});
