import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { stateful } from '../../../src/core.js';
import { load, save } from '../../../src/io/index.js';
import { readOnnx } from '../../../src/io/onnx/index.js';
import { readOnnxModel } from '../../../src/io/onnx/read-onnx.js';
import { backends } from '../../../src/kernels/backends.js';
import { refusal } from '../files.js';
import { file, node } from './graphs.js';
import { bytesOf, field, graphOf, initializer, input, joined, nodeOf, output } from './protobuf.js';

type Values = Readonly<Record<string, readonly number[]>>;

/** Of test/onnx/steps.mjs: what onnxruntime answers. */
interface Case {
  readonly name: string;
  readonly states: Readonly<Record<string, string>>;
  readonly model: string;
  readonly steps: readonly { readonly x: Values; readonly y: Values }[];
}

const path = fileURLToPath(new URL('../../golden/onnx-steps.json', import.meta.url));
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: readonly Case[] };

type Vectors = Readonly<Record<string, Float32Array>>;

/** A value by name, of a record or of the only one. */
const byName = (value: unknown, name: string, count: number): Float32Array =>
  count > 1 ? (value as Vectors)[name] : (value as Float32Array);

function largestDifference(own: ArrayLike<number>, wanted: readonly number[]): number {
  expect(own.length).toBe(wanted.length);
  return Math.max(...wanted.map((value, i) => Math.abs(value - own[i])));
}

describe.each(backends())('on %s', backend => {
  test.each(cases)('$name gives what onnxruntime gives', ({ states, model, steps }) => {
    const layer = readOnnx(new Uint8Array(Buffer.from(model, 'base64')), { states });
    const m = stateful(layer, { backend });
    const names = Object.keys(states);
    const [first] = steps;
    const outputs = Object.keys(first.y).filter(name => !Object.values(states).includes(name));
    for (const { x, y } of steps) {
      const keys = Object.keys(x);
      const answer = m((keys.length > 1 ? x : x[keys[0]]) as never) as unknown;
      const all = outputs.length ? outputs : Object.keys(y).slice(0, 1);
      for (const name of all) {
        expect(largestDifference(byName(answer, name, all.length), y[name])).toBeLessThan(2e-6);
      }
      for (const [name, next] of Object.entries(states)) {
        const own = byName(m.state, name, names.length);
        expect(largestDifference(own, y[next])).toBeLessThan(2e-6);
      }
    }
  });
});

describe.each(cases)('$name', ({ states, model, steps }) => {
  const layer = () => readOnnx(new Uint8Array(Buffer.from(model, 'base64')), { states });

  test('is saved and loaded, bit for bit', () => {
    const [own, again] = [stateful(layer()), stateful(load(save(layer())))];
    for (const { x } of steps) {
      const keys = Object.keys(x);
      const event = (keys.length > 1 ? x : x[keys[0]]) as never;
      expect(again(event)).toEqual(own(event));
    }
    expect(again.state).toEqual(own.state);
  });
});

/** Those that the reader of sequences does not read. */
const found = cases.flatMap(one => {
  const { states } = readOnnxModel(new Uint8Array(Buffer.from(one.model, 'base64')));
  return states ? [{ ...one, pairs: states }] : [];
});

test('graphs whose states are found are a good part', () => {
  expect(found.filter(({ states }) => Object.keys(states).length > 0).length).toBeGreaterThan(6);
});

test.each(found)('the states of $name are found by flow', ({ states, pairs }) => {
  expect(Object.fromEntries(pairs.map(({ input: own, output: next }) => [own, next]))).toEqual(
    states,
  );
});

const gru = { w: [[4, 3], new Float32Array(12)], u: [[3, 3], new Float32Array(9)] } as const;

test('a sum with an input in it is no state where it is the only output', () => {
  const nodes = [node('Mul x mask -> kept'), node('Add kept far -> z')];
  const inputs = { x: [1, 2], mask: [1, 2], far: [1, 2] };
  const bytes = file(nodes, {}, { inputs, outputs: ['z'] });
  expect(refusal(() => readOnnx(bytes))).toContain("{ 'x': 'z' }");
  // 2 · 3 + 1, 4 · 5 + 2.
  const sum = stateful(readOnnx(bytes, { states: {} }) as never)({
    ...{ x: [2, 4], mask: [3, 5], far: [1, 2] },
  } as never);
  expect(sum).toEqual(Float32Array.of(7, 22));
});

test('a product of a state and an input that nothing tells apart is refused with the option', () => {
  const nodes = [
    node('MatMul p u -> a'),
    node('MatMul q u -> b'),
    node('Add a b -> s'),
    node('Tanh s -> n'),
    node('Mul n n -> y'),
  ];
  const bytes = file(nodes, gru, { inputs: { p: [1, 3], q: [1, 3] }, outputs: ['n', 'y'] });
  expect(refusal(() => readOnnx(bytes))).toContain(
    "states that may be { 'p': 'n' } or { 'q': 'n' }: see the option states",
  );
  const m = stateful(readOnnx(bytes, { states: { q: 'n' } }));
  expect(m([0.5, 0, 0])).toEqual(new Float32Array(3));
  expect(refusal(() => readOnnx(bytes, { states: { q: 'z' } }))).toContain(
    "states 'z', which is none of the outputs 'n', 'y'",
  );
  expect(refusal(() => readOnnx(bytes, { states: { z: 'n' } }))).toContain(
    "states 'z', which is none of the inputs 'p', 'q'",
  );
});

test('an output that an input is masked to is no state', () => {
  const nodes = [
    node('MatMul x u -> a'),
    node('MatMul far u -> b'),
    node('Add a b -> s'),
    node('Relu s -> r'),
    node('MatMul r u -> t'),
    node('Sigmoid t -> m'),
    node('Mul x m -> y'),
    node('Neg b -> z'),
  ];
  const bytes = file(nodes, gru, { inputs: { x: [1, 3], far: [1, 3] }, outputs: ['y', 'z'] });
  expect(readOnnxModel(bytes).states).toEqual([]);
});

/** y = x + 1 if c is not 0, else x · x; c is an input. */
function branches(type: number): Uint8Array {
  const then = joined(
    nodeOf('Add', ['x', 'one'], ['p']),
    initializer('one', [], new Uint8Array(Float32Array.of(1).buffer)),
    output('p'),
  );
  const otherwise = joined(nodeOf('Mul', ['x', 'x'], ['p']), output('p'));
  const branch = (name: string, graph: Uint8Array) =>
    field(5, joined(field(1, name), field(6, graph), field(20, 5)));
  const choice = field(
    11,
    joined(field(1, 'c'), field(2, field(1, joined(field(1, type), field(2, new Uint8Array(0)))))),
  );
  return graphOf(
    nodeOf('If', ['c'], ['y'], branch('then_branch', then), branch('else_branch', otherwise)),
    input('x', [1, 2]),
    choice,
    output('y'),
  );
}

test('an input that is fixed chooses the branch of an If', () => {
  const bytes = branches(7);
  const [first, second] = [1, 0].map(c => readOnnxModel(bytes, { inputs: { c } }));
  expect([...stateful(first.layer)([2, 3])]).toEqual([3, 4]);
  expect([...stateful(second.layer)([2, 3])]).toEqual([4, 9]);
  expect(first.choices).toEqual([{ where: "If 'y'", branch: 'then' }]);
  expect(refusal(() => readOnnx(bytes))).toContain(
    'sizes or choices of which several work, { inputs: { c: 0 } } and { inputs: { c: 1 } }',
  );
  expect(refusal(() => readOnnx(bytes, { inputs: { d: 1 } }))).toContain(
    "readOnnx.inputs 'd': expected the name of an input",
  );
  expect(refusal(() => readOnnx(bytes, { inputs: { c: 0.5 } }))).toContain(
    "readOnnx.inputs 'c': expected whole numbers, which the input has, got 0.5",
  );
});

test('a branch that nothing chooses may hold anything', () => {
  const then = joined(nodeOf('Banh', ['x'], ['p']), output('p'));
  const otherwise = joined(nodeOf('Mul', ['x', 'x'], ['p']), output('p'));
  const branch = (name: string, graph: Uint8Array) =>
    field(5, joined(field(1, name), field(6, graph), field(20, 5)));
  const bytes = graphOf(
    nodeOf('If', ['c'], ['y'], branch('then_branch', then), branch('else_branch', otherwise)),
    initializer('c', [], bytesOf(0), 9),
    input('x', [1, 2]),
    output('y'),
  );
  expect([...stateful(readOnnx(bytes))([2, 3])]).toEqual([4, 9]);
});

test('graphs within graphs are read to a depth of sixteen', () => {
  let graph = joined(nodeOf('Identity', ['x'], ['p0']), output('p0'));
  for (let depth = 1; depth < 18; depth++) {
    const branch = (name: string, own: Uint8Array) =>
      field(5, joined(field(1, name), field(6, own), field(20, 5)));
    const name = `p${depth}`;
    const other = joined(nodeOf('Identity', ['x'], [`q${depth}`]), output(`q${depth}`));
    graph = joined(
      nodeOf('If', ['c'], [name], branch('then_branch', graph), branch('else_branch', other)),
      output(name),
    );
  }
  const bytes = graphOf(graph, initializer('c', [], bytesOf(1), 9), input('x', [1, 2]));
  expect(refusal(() => readOnnx(bytes))).toContain("which holds a graph or a function's attribute");
});

test('sizes of dimensions are given by their names, or by that of their input', () => {
  const nodes = [node('MatMul x u -> a'), node('Add a far -> y'), node('Neg a -> z')];
  const inputs = { x: ['batch', 'samples'], far: ['batch', 3] };
  const bytes = file(nodes, gru, { inputs, outputs: ['y', 'z'] });
  const sizes = { x: 3, far: 3 };
  expect(readOnnx(bytes, { dims: { samples: 3 } }).inputSize).toEqual(sizes);
  expect(readOnnx(bytes, { dims: { x: [1, 3] } }).inputSize).toEqual(sizes);
});

test('refusals name operators and attributes that are not honoured', () => {
  const tensors = {
    w: [[3, 3, 2], new Float32Array(18)],
    at: [[1, 1], [0]],
    c: [[2], new Float32Array(2)],
  } as const;
  const lone = (...of: Parameters<typeof node>) =>
    refusal(() =>
      readOnnx(file([node(...of)], tensors, { inputs: { x: [1, 3, 4] }, outputs: ['y'], set: 18 })),
    );
  expect(lone('ConvTranspose x w -> y', { output_shape: { ints: [1] } })).toContain(
    "the attribute 'output_shape', which is not read here",
  );
  expect(lone('ConvTranspose x w -> y', { auto_pad: { text: 'SAME_UPPER' } })).toContain(
    'auto_pad SAME_UPPER',
  );
  expect(lone('ScatterND x at x -> y', { reduction: { text: 'add' } })).toContain(
    'the reduction add',
  );
  expect(lone('Pow x c -> y')).toContain('exponents that are not one number of the file');
  expect(lone('ReduceMin x -> y')).toContain('ReduceMin');
});
