import { expect, test } from 'vitest';
import { stateful } from '../../../src/index.js';
import { onnxInitializers, readOnnx } from '../../../src/io/onnx/index.js';
import { onnxDataFiles } from '../../../src/io/onnx/open-model.js';
import { refusal } from '../files.js';
import { elsewhere, field, graphOf, input, joined, nodeOf, output } from './protobuf.js';

const bytesOf = (...numbers: number[]) => new Uint8Array(Float32Array.from(numbers).buffer);
type Entries = readonly (readonly [string, string])[];

/** y = x · m + b, of a matrix and a vector in other files. */
const model = (m: readonly Uint8Array[], b: readonly Uint8Array[] = elsewhere(...first)) =>
  graphOf(
    nodeOf('MatMul', ['x', 'm'], ['p']),
    nodeOf('Add', ['p', 'b'], ['y']),
    tensor('m', [2, 3], m),
    tensor('b', [3], b),
    input('x', ['t', 1, 2]),
    output('y'),
  );
const tensor = (name: string, dims: number[], more: readonly Uint8Array[]) =>
  field(5, joined(...dims.map(n => field(1, n)), field(2, 1), field(8, name), ...more));

const first: Entries = [
  ['location', 'w.data'],
  ['length', '12'],
];
const second: Entries = [
  ['location', 'w.data'],
  ['offset', '12'],
  ['length', '24'],
];
const data = { 'w.data': bytesOf(10, 20, 30, 1, 2, 3, 4, 5, 6) };
// [1, 2] · [[1, 2, 3], [4, 5, 6]] + [10, 20, 30], by hand.
const answer = Float32Array.of(19, 32, 45);

test('numbers come from the file beside it, at their offsets', () => {
  const layer = readOnnx(model(elsewhere(...second)), { data });
  expect(stateful(layer)([1, 2])).toEqual(answer);
  expect(onnxDataFiles(model(elsewhere(...second)))).toEqual(['w.data']);
});

test('the fields of a tensor may come in any order', () => {
  const fields = elsewhere(...second);
  for (let turn = 0; turn < fields.length; turn++) {
    fields.push(fields.shift() as Uint8Array);
    expect(stateful(readOnnx(model(fields), { data }))([1, 2])).toEqual(answer);
  }
});

test('without a length, as many bytes are taken as the shape needs', () => {
  const entries = second.filter(([key]) => key !== 'length');
  expect(stateful(readOnnx(model(elsewhere(...entries)), { data }))([1, 2])).toEqual(answer);
});

test('bytes may be a part of a buffer, and ./ changes no name', () => {
  const whole = new Uint8Array([7, ...data['w.data']]);
  const entries: Entries = [['location', './w.data'], ...second.slice(1)];
  const layer = readOnnx(model(elsewhere(...entries)), { data: { 'w.data': whole.subarray(1) } });
  expect(stateful(layer)([1, 2])).toEqual(answer);
});

test('several files', () => {
  const own: Entries = [['location', 'b.data']];
  const layer = readOnnx(model(elsewhere(...second), elsewhere(...own)), {
    data: { ...data, 'b.data': bytesOf(1, 1, 1) },
  });
  expect(stateful(layer)([1, 2])).toEqual(Float32Array.of(10, 13, 16));
});

test('keys of data_location 0 say nothing: the numbers are in the file', () => {
  const here = [
    field(9, bytesOf(1, 2, 3, 4, 5, 6)),
    ...elsewhere(['location', 'old']).slice(0, -1),
    field(14, 0),
  ];
  expect(stateful(readOnnx(model(here), { data }))([1, 2])).toEqual(answer);
});

test('the tensor of a node Constant may lie in another file', () => {
  const value = joined(
    field(1, 'value'),
    field(
      5,
      joined(field(1, 2), field(2, 1), ...elsewhere(['location', 'w.data'], ['offset', '4'])),
    ),
    field(20, 4),
  );
  const file = graphOf(
    nodeOf('Constant', [], ['c'], field(5, value)),
    nodeOf('Add', ['x', 'c'], ['y']),
    input('x', ['t', 1, 2]),
    output('y'),
  );
  expect(stateful(readOnnx(file, { data }))([1, 2])).toEqual(Float32Array.of(21, 32));
  expect(refusal(() => readOnnx(file))).toContain("onnx 'c': expected its numbers, which are in");
});

test('onnxInitializers gives what lies in other files, too', () => {
  const { b, m } = onnxInitializers(model(elsewhere(...second)), { data });
  expect([...b.data, ...m.data]).toEqual([10, 20, 30, 1, 2, 3, 4, 5, 6]);
  expect(refusal(() => onnxInitializers(model(elsewhere(...second))))).toBe(
    "onnx 'm': expected its numbers, which are in the file 'w.data', got none; " +
      "give its bytes: onnxInitializers(bytes, { data: { 'w.data': … } })",
  );
});

const at = (...more: Entries): readonly Uint8Array[] => elsewhere(['location', 'w.data'], ...more);

const refusals: Readonly<Record<string, readonly [m: readonly Uint8Array[], message: string]>> = {
  'a file that is not given': [
    elsewhere(['location', 'v.data']),
    "onnx 'm': expected its numbers, which are in the file 'v.data', got none; " +
      "give its bytes: readOnnx(bytes, { data: { 'v.data': … } })",
  ],
  'a file named like a member of Object.prototype': [
    elsewhere(['location', 'toString']),
    "in the file 'toString', got none",
  ],
  'bytes beyond the end': [
    at(['offset', '16'], ['length', '24']),
    "onnx 'm': expected 24 bytes at 16 of 'w.data', got a file of 36; it is cut short, or that of",
  ],
  'an offset of 10¹⁵': [at(['offset', '999999999999999']), 'bytes at 999999999999999 of'],
  'an offset beyond 2⁵³': [at(['offset', '9'.repeat(16)]), 'a number of bytes as its offset'],
  'an offset below 0': [at(['offset', '-4']), "a number of bytes as its offset, got '-4'"],
  'an offset that is no number': [
    at(['offset', '0x10']),
    "a number of bytes as its offset, got '0",
  ],
  'an empty length': [at(['length', '']), "a number of bytes as its length, got ''"],
  'a length for another shape': [
    at(['length', '20']),
    "onnx 'm': expected 6 numbers for [2, 3], got 5",
  ],
  'a checksum': [
    at(['checksum', 'a'.repeat(40)]),
    "onnx 'm'.external_data: expected no checksum, got one; it is not checked here; save the model",
  ],
  'a key that nobody knows': [
    at(['compression', 'zip']),
    "expected the keys location, offset and length, got 'compression'",
  ],
  'a key twice': [at(['offset', '0'], ['offset', '4']), 'expected every key once, got one twice'],
  'no location': [elsewhere(['offset', '0']), 'expected the location of its numbers, got none'],
  'numbers in both files': [
    [field(9, bytesOf(1, 2, 3, 4, 5, 6)), ...at(['offset', '12'])],
    "onnx 'm': expected its numbers in one place, got some here, and some in 'w.data'",
  ],
  'a place that ONNX does not have': [
    [...at(['offset', '12']), field(14, 2)],
    "onnx 'm': expected data_location 0 or 1, got 2",
  ],
};

test.each(Object.entries(refusals))('%s is refused', (_, [m, message]) => {
  expect(refusal(() => readOnnx(model(m), { data }))).toContain(message);
});

test('keys of onnxruntime for weights that it has put in another order are passed over', () => {
  const layer = readOnnx(model(at(['offset', '12'], ['prepacked_0', 'k|0|24'])), { data });
  expect(stateful(layer)([1, 2])).toEqual(answer);
});

test('files that the model does not name, and what are no bytes, are refused', () => {
  const file = model(elsewhere(...second));
  const given = (more: unknown) => refusal(() => readOnnx(file, { data: more } as object));
  expect(given({ ...data, 'v.data': data['w.data'] })).toBe(
    "readOnnx.data: expected files that the model names ('w.data'), got 'v.data'",
  );
  expect(given({ 'w.data': [1, 2] })).toContain("readOnnx.data 'w.data': expected a file's bytes");
  expect(given({ 'w.data': new Float32Array(9) })).toContain("expected a file's bytes");
  expect(given(null)).toContain('readOnnx.data: expected an object of bytes by the name');
  const whole = graphOf(nodeOf('Relu', ['x'], ['y']), input('x', ['t', 1, 2]), output('y'));
  expect(refusal(() => readOnnx(whole, { data }))).toContain('that the model names (none)');
});
