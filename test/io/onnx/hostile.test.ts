import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecurError } from '../../../src/index.js';
import { onnxInitializers, readOnnx } from '../../../src/io/onnx/index.js';
import { onnx } from '../../fuzz/onnx.js';
import { refusal } from '../files.js';
import { bytesOf, field, graphOf, initializer, input, joined, nodeOf, output } from './protobuf.js';

const read = (bytes: unknown) => refusal(() => readOnnx(bytes as Uint8Array));
const relu = nodeOf('Relu', ['x'], ['y']);
const model = (...parts: Uint8Array[]) => graphOf(...parts, input('x', ['t', 1, 2]), output('y'));

const files: Readonly<Record<string, readonly [bytes: unknown, message: string]>> = {
  'no bytes at all': [undefined, "onnx: expected a file's bytes as a Uint8Array, got undefined"],
  'an ArrayBuffer': [new ArrayBuffer(8), "a file's bytes as a Uint8Array, got a ArrayBuffer"],
  'an empty file': [bytesOf(), 'onnx: expected an ONNX file, got an empty file'],
  'a pickle': [bytesOf(0x80, 2, 0x8a, 10, 0x6c, 0xfc), 'onnx: expected'],
  'a length beyond the end': [bytesOf(0x3a, 5, 1), 'as many bytes as the file says, got fewer'],
  'a length of 2⁶³': [
    bytesOf(0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1),
    'as many bytes as the file says, got fewer',
  ],
  'a message longer than the one around it': [
    bytesOf(0x3a, 2, 0x0a, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1),
    'as many bytes as the file says, got fewer',
  ],
  'an integer without an end': [
    bytesOf(0x08, ...new Array(12).fill(0xff)),
    'integers of at most 10 bytes',
  ],
  'an integer that is cut': [bytesOf(0x08, 0xff), 'as many bytes as the file says, got fewer'],
  'a field numbered 0': [bytesOf(0x00, 1), 'fields numbered from 1, got field 0'],
  'a field of a type that there is not': [bytesOf(0x4b, 1), 'fields of types 0, 1, 2 and 5'],
  'a graph that is an integer': [bytesOf(0x38, 1), 'a field of type 2, got type 0'],
  'a name that is no UTF-8': [model(nodeOf('Relu', ['x'], [bytesOf(0xff)])), 'text in UTF-8'],
  'a million nodes of two bytes': [
    field(
      7,
      new Uint8Array(2e6).map((_, i) => (i % 2 ? 0 : 0x0a)),
    ),
    'at most 131072 parts, got more',
  ],
  'five thousand nodes': [
    model(
      ...Array.from({ length: 5000 }, (_, i) =>
        nodeOf('Relu', [i ? `r${i}` : 'x'], [i < 4999 ? `r${i + 1}` : 'y']),
      ),
    ),
    'onnx graph: expected at most 4096 nodes, got 5000',
  ],
  'an initializer twice': [
    model(relu, initializer('w', [1], 4), initializer('w', [1], 4)),
    "onnx graph: expected every name once, got 'w' twice",
  ],
  'an output of two nodes': [model(relu, relu), "every name once, got 'y' twice"],
  'an output with the name of the input': [
    model(relu, nodeOf('Relu', ['y'], ['x'])),
    "every name once, got 'x' twice",
  ],
  'an attribute twice': [
    model(nodeOf('Relu', ['x'], ['y'], field(5, field(1, 'a')), field(5, field(1, 'a')))),
    "Relu 'y': expected every attribute once, got 'a' twice",
  ],
  'a node that reads itself': [
    model(nodeOf('Relu', ['y'], ['y'])),
    "Relu 'y': expected inputs that are there before it, got a cycle, or names of nothing",
  ],
  'a cycle of two': [
    model(nodeOf('Relu', ['a'], ['y']), nodeOf('Relu', ['y'], ['a'])),
    'got a cycle, or names of nothing',
  ],
  'a tensor of 2⁵³ numbers': [
    model(relu, initializer('w', [2 ** 53], 4)),
    "onnx 'w': expected at most 8 counts as its dimensions, got [9007199254740992]",
  ],
  'a tensor whose sizes have a product beyond 2⁵³': [
    model(relu, initializer('w', [2 ** 31, 2 ** 31], 4)),
    "onnx 'w': expected 4611686018427388000 numbers for [2147483648, 2147483648], got 1",
  ],
  'a tensor with fewer bytes than its shape': [
    model(relu, initializer('w', [2], 4)),
    "onnx 'w': expected 2 numbers for [2], got 1",
  ],
  'a tensor with half a number': [
    model(relu, initializer('w', [1], 3)),
    "onnx 'w': expected 1 numbers for [1], got 0.75",
  ],
  'a tensor of nine axes': [
    model(relu, initializer('w', new Array(9).fill(1), 4)),
    "onnx 'w': expected at most 8 counts as its dimensions",
  ],
  'a tensor of texts': [model(relu, initializer('w', [1], 4, 8)), 'got type 8'],
  'a tensor in another file that it does not name': [
    model(relu, initializer('w', [1], 0, 1, field(14, 1))),
    "onnx 'w'.external_data: expected the location of its numbers, got none",
  ],
  'a name that would steer a terminal': [
    model(relu, initializer('\u001b[31m', [2], 4)),
    "onnx '\\u{1b}[31m': expected 2 numbers for [2], got 1",
  ],
};

test.each(Object.entries(files))('%s is refused', (_, [bytes, message]) => {
  expect(read(bytes)).toContain(message);
});

test('a NaN among weights is refused by the name of its tensor', () => {
  const w = new Uint8Array(Float32Array.of(1, Number.NaN).buffer);
  const file = model(nodeOf('MatMul', ['x', 'w'], ['y']), initializer('w', [2, 1], w));
  expect(read(file)).toContain("onnx 'w': expected finite float32 numbers, got NaN at [1]");
  expect([...onnxInitializers(file).w.data]).toEqual([1, Number.NaN]);
});

test('constants of which one is left out are refused', () => {
  const file = model(
    nodeOf('Concat', ['c', ''], ['d'], axis(0)),
    nodeOf('Add', ['x', 'd'], ['y']),
    initializer('c', [2], 8),
  );
  expect(read(file)).toContain("Concat 'd': expected a part of ONNX that runs here, got an input");
});

test('vectors that are doubled again and again are refused', () => {
  const doubling = Array.from({ length: 60 }, (_, i) => {
    const from = i ? `d${i}` : 'x';
    return nodeOf('Concat', [from, from], [i < 59 ? `d${i + 1}` : 'y'], axis(2));
  });
  expect(read(model(...doubling))).toContain('too many parts in a row');
});

test('constants that are doubled again and again are refused', () => {
  const doubling = Array.from({ length: 60 }, (_, i) =>
    nodeOf('Concat', [`c${i}`, `c${i}`], [`c${i + 1}`], axis(0)),
  );
  const file = model(...doubling, initializer('c0', [1], 4), nodeOf('Add', ['x', 'c60'], ['y']));
  expect(read(file)).toContain('more numbers than the file is worth');
});

test('a constant of a size below 0 is refused', () => {
  const minus = new Uint8Array(new BigInt64Array([-1n]).buffer);
  const file = model(
    nodeOf('ConstantOfShape', ['shape'], ['c']),
    nodeOf('Add', ['x', 'c'], ['y']),
    initializer('shape', [1], minus, 7),
  );
  expect(read(file)).toContain(
    "ConstantOfShape 'c': expected a part of ONNX that runs here, got sizes",
  );
});

test.each([[-1n], [-2n, -3n], [-(2n ** 62n)]])(
  'a constant expanded to %s is refused',
  (...sizes) => {
    const shape = new Uint8Array(BigInt64Array.from(sizes).buffer);
    const file = model(
      nodeOf('Expand', ['w', 'n'], ['a']),
      nodeOf('Add', ['x', 'a'], ['y']),
      initializer('w', [1], 4),
      initializer('n', [sizes.length], shape, 7),
    );
    expect(read(file)).toContain('got sizes below 0');
  },
);

test('a number that is repeated a million times is refused where it is used', () => {
  const many = new Uint8Array(BigInt64Array.of(2n ** 21n, 1n).buffer);
  const file = model(
    nodeOf('Expand', ['w', 'n'], ['a']),
    nodeOf('Add', ['x', 'a'], ['y']),
    initializer('w', [1, 2], 8),
    initializer('n', [2], many, 7),
  );
  expect(read(file)).toContain('more numbers than the file is worth');
});

test('constants that are copied a thousand times are refused', () => {
  // A dense view is a copy where its axes are joined in another order.
  const nodes = Array.from({ length: 1000 }, (_, i) => [
    nodeOf('Transpose', [`w${i}`], [`t${i}`]),
    nodeOf('Reshape', [`t${i}`, 's'], [`w${i + 1}`]),
  ]);
  const shape = new Uint8Array(BigInt64Array.of(256n, -1n).buffer);
  const file = graphOf(
    ...nodes.flat(),
    nodeOf('MatMul', ['x', 'w1000'], ['y']),
    initializer('w0', [256, 255], 4 * 256 * 255),
    initializer('s', [2], shape, 7),
    input('x', ['t', 1, 256]),
    output('y'),
  );
  expect(read(file)).toContain('more numbers than the file is worth');
});

test('weights that a thousand nodes share are refused', () => {
  const nodes = Array.from({ length: 1000 }, (_, i) =>
    nodeOf('MatMul', [i ? `m${i}` : 'x', 'w'], [i < 999 ? `m${i + 1}` : 'y']),
  );
  const file = graphOf(
    ...nodes,
    initializer('w', [256, 256], 4 * 256 * 256),
    input('x', ['t', 1, 256]),
    output('y'),
  );
  expect(read(file)).toContain('more numbers than the file is worth');
});

test('names of Object.prototype are names like others', () => {
  const file = model(
    nodeOf('Add', ['x', '__proto__'], ['constructor']),
    nodeOf('Relu', ['constructor'], ['y']),
    initializer('__proto__', [2], new Uint8Array(Float32Array.of(1, -5).buffer)),
  );
  const layer = readOnnx(file);
  expect(layer.cell(undefined, [1, 1])[1]).toEqual(Float32Array.of(2, 0));
  expect(Object.keys(onnxInitializers(file))).toEqual(['__proto__']);
  expect(read(model(nodeOf('toString', ['x'], ['y'])))).toContain('an operator without a layer');
});

function axis(value: number): Uint8Array {
  return field(5, joined(field(1, 'axis'), field(3, value), field(20, 2)));
}

const seeds = onnx.seeds();

test('a file that is cut anywhere is refused, or is as good as whole', () => {
  for (const seed of seeds) {
    for (let i = 0; i < 60; i++) outcome(seed.slice(0, Math.floor((seed.length * i) / 60)));
  }
});

const changes = fc.array(
  fc.record({ at: fc.nat(), bits: fc.integer({ min: 1, max: 255 }), cut: fc.nat({ max: 8 }) }),
  { minLength: 1, maxLength: 4 },
);

/** Bytes with some changed, and perhaps some left out. */
function changed(bytes: Uint8Array, how: readonly { at: number; bits: number; cut: number }[]) {
  let result: Uint8Array = bytes.slice();
  for (const { at, bits, cut } of how) {
    if (result.length === 0) return result;
    const place = at % result.length;
    if (cut < 5) result[place] ^= bits;
    else result = joined(result.subarray(0, place), result.subarray(place + cut - 4));
  }
  return result;
}

test('whatever is changed in a file, it is read or refused', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.nat({ max: seeds.length - 1 }), changes, fc.boolean(), (i, how, structured) => {
      const mutate = (bytes: Uint8Array) => changed(bytes, how);
      outcome(structured ? onnx.inside(seeds[i], mutate) : mutate(seeds[i]));
    }),
    { numRuns: 2000 },
  );
});

/** Reads bytes: they make a layer, or a RecurError with a reason of the reader's own. */
function outcome(bytes: Uint8Array): void {
  try {
    onnx.read(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(RecurError);
    expect((error as Error).message).not.toContain('a file that can be read');
  }
}
