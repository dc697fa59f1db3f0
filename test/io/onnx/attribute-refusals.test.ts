import { expect, test } from 'vitest';
import { readOnnx } from '../../../src/io/onnx/index.js';
import { refusal } from '../files.js';
import { file, node } from './graphs.js';
import { bytesOf, field, graphOf, input, joined, nodeOf, output } from './protobuf.js';
import { ints, lone, refused, tensors } from './refused-attributes.js';

test.each(refused)('%s of %o in set %i is refused by name', (name, value, set, message) => {
  const [operator, attribute] = name.split('.');
  const shape = attribute === 'allowzero' ? 'zeros' : 'shape';
  const bytes =
    attribute === 'allowzero'
      ? file([node(`Reshape x ${shape} -> y`, { allowzero: value })], { zeros: [[2], [0, 2]] })
      : lone(operator, set, { [attribute]: value });
  expect(refusal(() => readOnnx(bytes))).toContain(message);
});

test('an attribute that is left out is refused where it has to be there', () => {
  const bytes = file([node('Concat x x -> y')], {});
  expect(refusal(() => readOnnx(bytes))).toContain("no attribute 'axis', which Concat needs");
  const old = lone('Dropout', 6, {});
  expect(refusal(() => readOnnx(old))).toContain('no is_test, which stands for 0, not 1');
});

test('an attribute that holds another value than its type says is refused', () => {
  const axis = field(5, joined(field(1, 'axis'), field(3, 2), field(4, 'two'), field(20, 2)));
  const bytes = graphOf(
    nodeOf('Softmax', ['x'], ['y'], axis),
    input('x', ['t', 1, 2]),
    output('y'),
  );
  const message = "the attribute 'axis' of type int, which holds string";
  expect(refusal(() => readOnnx(bytes))).toContain(message);
});

test('an attribute that stands for that of a function is refused', () => {
  const axis = field(5, joined(field(1, 'axis'), field(20, 2), field(21, 'outer')));
  const bytes = graphOf(
    nodeOf('Softmax', ['x'], ['y'], axis),
    input('x', ['t', 1, 2]),
    output('y'),
  );
  expect(refusal(() => readOnnx(bytes))).toContain("the attribute 'axis' of type int, which holds");
});

test('a sparse constant is refused by its name', () => {
  const value = field(5, joined(field(1, 'sparse_value'), field(22, bytesOf()), field(20, 11)));
  const bytes = graphOf(nodeOf('Constant', [], ['y'], value), output('y'), input('x', ['t', 1, 2]));
  const message = "the attribute 'sparse_value', which is not read here";
  expect(refusal(() => readOnnx(bytes))).toContain(message);
});

const parts: Readonly<Record<string, readonly [Uint8Array, string]>> = {
  'an operator set of the future': [
    file([node('Relu x -> y')], {}, { set: 99 }),
    'operator set 99: export with one of at most 28',
  ],
  'a file without an operator set': [
    joined(
      field(1, 8),
      field(7, joined(nodeOf('Relu', ['x'], ['y']), input('x', ['t', 1, 2]), output('y'))),
    ),
    'no operator set: opset_import is missing',
  ],
  'an operator of another domain': [
    graphOf(
      nodeOf('Relu', ['x'], ['y'], field(7, 'com.example')),
      ...[input('x', ['t', 1, 2]), output('y')],
    ),
    "an operator of 'com.example'",
  ],
  'an input more than the standard has': [
    file([node('Relu x v -> y')], { v: tensors.v }),
    '2 inputs, not 1 at most',
  ],
  'an input less': [file([node('Gemm x -> y')], {}), '1 inputs, not 2 at least'],
  'axes of Squeeze as an attribute where they are an input': [
    file([node('Squeeze x -> y', { axes: ints(1) })], {}),
    "the attribute 'axes', which Squeeze of operator set 17 has not",
  ],
  'the indices of MaxPool': [
    file(
      [node('MaxPool x -> m y', { kernel_shape: ints(2) })],
      {},
      {
        inputs: { x: ['batch', 2, 'steps'] },
      },
    ),
    'its output 1, which is not computed here',
  ],
  'BatchNormalization that puts out running means': [
    file(
      [node('BatchNormalization x v v v v -> y mean')],
      { v: tensors.v },
      {
        inputs: { x: ['batch', 2, 'steps'] },
        outputs: ['y', 'mean'],
      },
    ),
    'outputs of training',
  ],
  'Dropout in training': [
    file([node('Dropout x half on -> y')], {
      half: [[], Float32Array.of(0.5)],
      on: [[], [1]],
    }),
    'training_mode, in which it drops numbers at random',
  ],
  'slopes of PRelu along the channels of operator set 6': [
    lone('PRelu', 6, {}),
    'slopes along axis 1, as before operator set 7',
  ],
};

test.each(Object.entries(parts))('%s is refused', (_, [bytes, message]) => {
  expect(refusal(() => readOnnx(bytes))).toContain(message);
});
