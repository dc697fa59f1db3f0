import { expect, test } from 'vitest';
import { stateful } from '../../../src/index.js';
import type { NodeDraft, TensorDraft } from '../../../src/io/onnx/encode.js';
import { readOnnx } from '../../../src/io/onnx/index.js';
import { file, node } from './graphs.js';
import { largeAnswer } from './torch.js';

/** The numbers of test/golden/onnx/external.py. */
function formula(count: number, step: number, scale: number): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, k) => ((((k * step) % 1009) - 504) / 504) * scale,
  );
}

test("weights of 131,072 numbers in PyTorch's order of gates give PyTorch's numbers", () => {
  const hidden = 128;
  const slices = (name: string) => [
    ...[0, 3, 1, 2].map(k => node(`Slice ${name} at${k} at${k + 1} zero one -> ${name}${k}`)),
    node(`Concat ${name}0 ${name}3 ${name}1 ${name}2 -> ${name}All`, { axis: { int: 0 } }),
  ];
  const whole = (values: number): readonly [number[], TensorDraft['values']] => [[1], [values]];
  const bytes = file(
    [
      ...['wIh', 'wHh', 'bIh', 'bHh'].flatMap(slices),
      node('Concat bIhAll bHhAll -> bAll', { axis: { int: 0 } }),
      ...['wIh', 'wHh', 'b'].map(name => node(`Unsqueeze ${name}All zero -> ${name}One`)),
      node('LSTM x wIhOne wHhOne bOne -> hs', { hidden_size: { int: hidden } }),
      node('Squeeze hs one -> y'),
    ],
    {
      wIh: [[4 * hidden, hidden], formula(4 * hidden * hidden, 37, 0.1)],
      wHh: [[4 * hidden, hidden], formula(4 * hidden * hidden, 101, 0.1)],
      bIh: [[4 * hidden], formula(4 * hidden, 11, 0.1)],
      bHh: [[4 * hidden], formula(4 * hidden, 53, 0.1)],
      ...Object.fromEntries([0, 1, 2, 3, 4].map(k => [`at${k}`, whole(k * hidden)])),
      zero: whole(0),
      one: whole(1),
    },
    { inputs: { x: ['steps', 1, hidden] } },
  );
  const x = formula(6 * hidden, 29, 1);
  const steps = Array.from({ length: 6 }, (_, t) => x.slice(t * hidden, (t + 1) * hidden));
  const ys = stateful(readOnnx(bytes))
    .map(steps)
    .flatMap(y => [...y]);
  const off = largeAnswer().map((v, i) => Math.abs(v - ys[i]));
  expect(off.length).toBe(ys.length);
  expect(Math.max(...off)).toBeLessThanOrEqual(1e-6);
});

test('a thousand views of one large matrix cost nothing', () => {
  const size = 512;
  const weight = formula(size * size, 37, 0.1);
  const views = Array.from({ length: 1000 }, (_, i) => {
    const [from, to] = [`w${i}`, `w${i + 1}`];
    const kinds = [
      node(`Transpose ${from} -> ${to}`),
      node(`Unsqueeze ${from} zero -> ${to}`),
      node(`Squeeze ${from} zero -> ${to}`),
      node(`Slice ${from} zero most zero -> ${to}`),
    ];
    return kinds[i % 4];
  });
  const bytes = file(
    [...views, node('MatMul x w1000 -> y')],
    { w0: [[size, size], weight], zero: [[1], [0]], most: [[1], [size]] },
    { inputs: { x: ['steps', 'batch', size] } },
  );
  // Transposed 250 times it is as it was: a unit vector picks its row.
  const y = stateful(readOnnx(bytes))(
    Float32Array.from({ length: size }, (_, i) => Number(i === 3)),
  );
  expect([...y]).toEqual([...weight.subarray(3 * size, 4 * size)]);
});

/** What nodes make of a = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], row by row. */
function made(count: number, nodes: readonly NodeDraft[]): number[] {
  const { outputs } = nodes[nodes.length - 1];
  const places = [-13, -1, 0, 1, 2, 3, 4];
  const bytes = file(
    [...nodes, node(`Reshape ${outputs[0]} n-1 -> flat`), node('Add x flat -> y')],
    {
      a: [[3, 4], Float32Array.from({ length: 12 }, (_, i) => i)],
      scalar: [[], [1]],
      to22: [[2], [2, 2]],
      to26: [[2], [2, 6]],
      to43: [[2], [4, 3]],
      ...Object.fromEntries(places.map(n => [`n${n}`, [[1], [n]]] as const)),
    },
    { inputs: { x: ['steps', 'batch', count] } },
  );
  return [...stateful(readOnnx(bytes))(new Float32Array(count))];
}

const swap = { perm: { ints: [1, 0] } };

/** By hand. */
const views: Readonly<Record<string, readonly [nodes: readonly NodeDraft[], numbers: number[]]>> = {
  'rows and columns change places': [
    [node('Transpose a -> t', swap)],
    [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11],
  ],
  'every second column, from the last on': [
    [node('Slice a n-1 n-13 n1 n-1 -> s'), node('Slice s n0 n4 n1 n2 -> t')],
    [3, 1, 7, 5, 11, 9],
  ],
  'a part of what changed places': [
    [node('Transpose a -> t', swap), node('Slice t n1 n3 n0 -> s')],
    [1, 5, 9, 2, 6, 10],
  ],
  'axes of 1 around it': [
    [
      node('Transpose a -> t', swap),
      node('Unsqueeze t n1 -> u'),
      node('Slice u n2 n3 n0 -> s'),
      node('Squeeze s n1 -> q'),
    ],
    [2, 6, 10],
  ],
  'another shape of what changed places': [
    [node('Transpose a -> t', swap), node('Reshape t to26 -> r'), node('Slice r n1 n2 n0 -> s')],
    [2, 6, 10, 3, 7, 11],
  ],
  'another shape of what lies in a row': [
    [node('Reshape a to43 -> r'), node('Slice r n3 n4 n0 -> s')],
    [9, 10, 11],
  ],
  'another shape of some rows': [
    [node('Slice a n1 n3 n0 -> s'), node('Flatten s -> f', { axis: { int: 0 } })],
    [4, 5, 6, 7, 8, 9, 10, 11],
  ],
  'one row, and one column': [[node('Gather a scalar -> g', { axis: { int: 1 } })], [1, 5, 9]],
  'a number of one row': [
    [node('Gather a scalar -> g', { axis: { int: 0 } }), node('Gather g scalar -> h')],
    [5],
  ],
  'rows that are repeated': [
    [node('Slice a n2 n3 n1 -> s'), node('Slice s n1 n3 n0 -> q'), node('Expand q to22 -> e')],
    [6, 6, 10, 10],
  ],
  'a sum of views': [
    [
      node('Slice a n1 n2 n0 -> row'),
      node('Gather a scalar -> one', { axis: { int: 0 } }),
      node('Add row one -> s'),
    ],
    [8, 10, 12, 14],
  ],
  'views in a row': [
    [
      node('Slice a n0 n1 n1 -> s'),
      node('Slice a n3 n4 n1 -> t'),
      node('Concat s t -> c', { axis: { int: 1 } }),
    ],
    [0, 3, 4, 7, 8, 11],
  ],
};

test.each(Object.entries(views))('a view is %s', (_, [nodes, numbers]) => {
  expect(made(numbers.length, nodes)).toEqual(numbers);
});
