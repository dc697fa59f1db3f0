import { expect, test } from 'vitest';
import { stateful } from '../../../src/core.js';
import { readOnnx } from '../../../src/io/onnx/index.js';
import { readOnnxModel } from '../../../src/io/onnx/read-onnx.js';
import { refusal } from '../files.js';
import { file, node, numbers } from './graphs.js';
import { field, graphOf, initializer, input, joined, nodeOf, output } from './protobuf.js';

/** An input of one whole number, or of one truth (type 9). */
const choice = (name: string, type = 7) =>
  field(
    11,
    joined(field(1, name), field(2, field(1, joined(field(1, type), field(2, new Uint8Array(0)))))),
  );

const whole = (name: string, value: number) =>
  initializer(name, [], new Uint8Array(BigInt64Array.of(BigInt(value)).buffer), 7);

const branches = (condition: string, then: Uint8Array, otherwise: Uint8Array) => {
  const branch = (name: string, graph: Uint8Array) =>
    field(5, joined(field(1, name), field(6, graph), field(20, 5)));
  const [first, second] = [branch('then_branch', then), branch('else_branch', otherwise)];
  return nodeOf('If', [condition], ['y'], first, second);
};

const doubled = joined(nodeOf('Add', ['x', 'x'], ['p']), output('p'));
const squared = joined(nodeOf('Mul', ['x', 'x'], ['p']), output('p'));
const unread = joined(nodeOf('Banh', ['x'], ['p']), output('p'));

const rated = (...parts: Uint8Array[]) =>
  graphOf(...parts, input('x', [1, 2]), choice('sr'), output('y'));

test('an input that is only compared with one constant is that constant', () => {
  const bytes = rated(
    nodeOf('Equal', ['sr', 'rate'], ['is16']),
    branches('is16', squared, doubled),
    whole('rate', 16000),
  );
  const { layer, found, choices } = readOnnxModel(bytes);
  expect([...stateful(layer)([2, 3])]).toEqual([4, 9]);
  expect(found).toEqual(['inputs: { sr: 16000 }']);
  expect(choices).toEqual([{ where: "If 'y'", branch: 'then' }]);
  // The caller may still say something else.
  const other = readOnnxModel(bytes, { inputs: { sr: 8000 } });
  expect([...stateful(other.layer)([2, 3])]).toEqual([4, 6]);
  expect(other.found).toBeUndefined();
});

/** sr is compared with 8000 first, then with 16000. */
const twoRates = (low: Uint8Array, high: Uint8Array) => {
  const inner = joined(
    nodeOf('Equal', ['sr', 'high'], ['is16']),
    branches('is16', high, unread),
    output('y'),
  );
  return rated(
    nodeOf('Equal', ['sr', 'low'], ['is8']),
    branches('is8', low, inner),
    whole('low', 8000),
    whole('high', 16000),
  );
};

test('of two constants the one that leads to a network is taken', () => {
  const { layer, found } = readOnnxModel(twoRates(unread, squared));
  expect([...stateful(layer)([2, 3])]).toEqual([4, 9]);
  expect(found).toEqual(['inputs: { sr: 16000 }']);
});

test('of two constants that both lead to a network neither is taken', () => {
  const message = refusal(() => readOnnx(twoRates(doubled, squared)));
  expect(message).toContain('{ inputs: { sr: 8000 } } and { inputs: { sr: 16000 } }');
  expect(message).toContain('say which the network was made for, by the options inputs and dims');
});

test('a truth is the one whose branch can be read', () => {
  const given = (first: Uint8Array, second: Uint8Array) =>
    graphOf(branches('c', first, second), input('x', [1, 2]), choice('c', 9), output('y'));
  const { layer, found } = readOnnxModel(given(unread, doubled));
  expect([...stateful(layer)([2, 3])]).toEqual([4, 6]);
  expect(found).toEqual(['inputs: { c: 0 }']);
  const both = refusal(() => readOnnx(given(squared, doubled)));
  expect(both).toContain('{ inputs: { c: 0 } } and { inputs: { c: 1 } }');
});

test('a number that is multiplied by 0 makes no difference', () => {
  const bytes = rated(
    nodeOf('Mul', ['sr', 'none'], ['zero']),
    nodeOf('Cast', ['zero'], ['z'], field(5, joined(field(1, 'to'), field(3, 1), field(20, 2)))),
    nodeOf('Add', ['x', 'z'], ['y']),
    whole('none', 0),
  );
  const { layer, found } = readOnnxModel(bytes);
  expect([...stateful(layer)([2, 3])]).toEqual([2, 3]);
  expect(found).toEqual(['inputs: { sr: any number }']);
});

test('a number that is computed with has to be given', () => {
  const bytes = rated(
    nodeOf('Equal', ['sr', 'rate'], ['is16']),
    branches('is16', squared, doubled),
    nodeOf('Mul', ['sr', 'rate'], ['twice']),
    nodeOf('Cast', ['twice'], ['z'], field(5, joined(field(1, 'to'), field(3, 1), field(20, 2)))),
    nodeOf('Add', ['y', 'z'], ['q']),
    output('q'),
    whole('rate', 3),
  );
  expect(refusal(() => readOnnx(bytes))).toContain("input 'sr'");
  const { layer } = readOnnxModel(bytes, { inputs: { sr: 2 }, output: 'q' });
  // 2 + 2 + 2 · 3, 3 + 3 + 2 · 3
  expect([...stateful(layer)([2, 3])]).toEqual([10, 12]);
});

const square = { u: [[3, 3], numbers(9)] } as const;
const outputs = ['y', 'z'];

test('the size of an axis that weights fix is found', () => {
  const nodes = [node('MatMul x u -> a'), node('Add a far -> y'), node('Neg a -> z')];
  const inputs = { x: ['batch', 'samples'], far: ['batch', 3] } as const;
  const bytes = file(nodes, square, { inputs, outputs });
  const { layer, found } = readOnnxModel(bytes);
  expect(layer.inputSize).toEqual({ x: 3, far: 3 });
  expect(found).toEqual(['dims: { samples: 3 }']);
});

test('the size of an axis that nothing fixes is asked for, by sizes that work', () => {
  const nodes = [node('Mul x x -> a'), node('Add a far -> y'), node('Neg a -> z')];
  const inputs = { x: ['batch', 'samples'], far: ['batch', 1] } as const;
  const other = file(
    [...nodes, node('MatMul far u -> w')],
    { u: [[1, 3], numbers(3)] },
    {
      ...{ inputs, outputs: [...outputs, 'w'] },
    },
  );
  expect(refusal(() => readOnnx(other))).toContain(
    'of which several work, { dims: { samples: 3 } } and { dims: { samples: 4 } }',
  );
});

test('axes without a name are those of a batch of one where a state goes beside them', () => {
  const nodes = [
    node('MatMul x u -> a'),
    node('MatMul h u -> b'),
    node('Add a b -> s'),
    node('Tanh s -> n'),
    node('Mul n n -> y'),
  ];
  const inputs = { x: ['', ''], h: ['', 3] } as const;
  const bytes = file(nodes, square, { inputs, outputs: ['y', 'n'] });
  const { layer, found } = readOnnxModel(bytes, { states: { h: 'n' } });
  expect(found).toEqual(['dims: { x: [1, 3] }']);
  expect(layer.inputSize).toBe(3);
  const loose = file([node('MatMul x u -> a'), node('Add a far -> y')], square, {
    inputs: { x: ['', 3], far: ['', 3] },
  });
  expect(refusal(() => readOnnx(loose))).toContain('2 inputs beside states');
});
