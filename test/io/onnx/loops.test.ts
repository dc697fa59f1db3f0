import { expect, test } from 'vitest';
import { stateful } from '../../../src/core.js';
import { load, save } from '../../../src/io/index.js';
import { readOnnx } from '../../../src/io/onnx/index.js';
import { backends } from '../../../src/kernels/backends.js';
import { refusal } from '../files.js';
import { field, graphOf, initializer, input, joined, nodeOf, output } from './protobuf.js';

// Loops as exporters write them are in test/golden/onnx-loops.json: see matrix.test.ts.

const int = (name: string, value: number) =>
  field(5, joined(field(1, name), field(3, value), field(20, 2)));
const graph = (name: string, ...parts: Uint8Array[]) =>
  field(5, joined(field(1, name), field(6, joined(...parts)), field(20, 5)));
const floats = (name: string, dims: readonly number[], ...values: number[]) =>
  initializer(name, dims, new Uint8Array(Float32Array.from(values).buffer));
const wholes = (name: string, dims: readonly number[], ...values: number[]) =>
  initializer(name, dims, new Uint8Array(BigInt64Array.from(values, BigInt).buffer), 7);
const truth = (name: string) => initializer(name, [], Uint8Array.of(1), 9);
const named = (name: string) => field(11, field(1, name));

interface Loop {
  /** Nodes of the body: from `x_t` and `h` to `next`. */
  readonly body?: readonly Uint8Array[];
  /** The step that it reads. */
  readonly step?: Uint8Array;
  /** The condition that goes on. */
  readonly goes?: readonly Uint8Array[];
  readonly begin?: string;
  readonly answer?: string;
  readonly more?: readonly Uint8Array[];
  readonly outputs?: readonly string[];
}

const usualBody = [nodeOf('Mul', ['h', 'half'], ['p']), nodeOf('Add', ['p', 'x_t'], ['next'])];

/** h' = h / 2 + x over the steps of x, and all h. */
function loopFile({
  body = usualBody,
  step = nodeOf('Gather', ['x', 't'], ['x_t'], int('axis', 0)),
  goes = [nodeOf('Identity', ['going'], ['goes'])],
  begin = 'h0',
  answer = 'next',
  more = [],
  outputs = ['y', 'last'],
}: Loop = {}): Uint8Array {
  const inside = graph(
    'body',
    ...[step, ...goes, ...body, named('t'), named('going'), named('h')],
    ...['goes', 'next', answer].map(output),
  );
  return graphOf(
    nodeOf('Shape', ['x'], ['shape']),
    nodeOf('Gather', ['shape', 'zero'], ['count'], int('axis', 0)),
    nodeOf('Loop', ['count', 'true', begin], ['last', 'y'], inside),
    ...[truth('true'), wholes('zero', [], 0), floats('half', [], 0.5)],
    ...more,
    ...(begin === 'h0' ? [floats('h0', [1, 2], 0, 0)] : []),
    ...[input('x', ['steps', 1, 2]), ...outputs.map(output)],
  );
}

const xs = [
  [1, 8],
  [2, 4],
  [3, 2],
];
// h / 2 + x by hand.
const hs = [
  [1, 8],
  [2.5, 8],
  [4.25, 6],
];

const answers = (bytes: Uint8Array, options = {}) =>
  stateful(readOnnx(bytes, { output: 'y', ...options }))
    .map(xs)
    .map(y => [...y]);

test.each(backends())('a loop is stepped as a recurrence on %s', backend => {
  const m = stateful(readOnnx(loopFile(), { output: 'y' }), { backend });
  expect(m.map(xs).map(y => [...y])).toEqual(hs);
  expect([...(m.state as Float32Array)]).toEqual([4.25, 6]);
});

test('a loop is saved and loaded', () => {
  const layer = readOnnx(loopFile(), { output: 'y' });
  expect(String(layer)).toContain('h=2');
  expect(
    stateful(load(save(layer)))
      .map(xs)
      .map(y => [...y]),
  ).toEqual(hs);
});

test('a state that the file holds is where a loop begins', () => {
  const begun = loopFile({ begin: 'b', more: [floats('b', [1, 2], 2, 4)] });
  expect(answers(begun)[0]).toEqual([2, 10]);
});

test('a state that is an input of the graph is carried on', () => {
  const bytes = loopFile({ begin: 's', more: [input('s', [1, 2])] });
  const m = stateful(readOnnx(bytes));
  expect(xs.map(x => [...m(x)])).toEqual(hs);
  expect([...(m.state as Float32Array)]).toEqual([4.25, 6]);
});

test('a body that computes with the number of the step is refused', () => {
  const body = [
    nodeOf('Cast', ['t'], ['f'], int('to', 1)),
    nodeOf('Mul', ['h', 'f'], ['p']),
    nodeOf('Add', ['p', 'x_t'], ['next']),
  ];
  expect(refusal(() => readOnnx(loopFile({ body })))).toContain(
    "Loop 'last': expected a part of ONNX that runs here, got the number of the step, which Cast reads",
  );
});

test('a row for each step, taken out of a table, is refused', () => {
  const body = [
    nodeOf('Gather', ['table', 't'], ['row'], int('axis', 0)),
    nodeOf('Add', ['h', 'row'], ['p']),
    nodeOf('Add', ['p', 'x_t'], ['next']),
  ];
  const more = [floats('table', [3, 2], 1, 2, 3, 4, 5, 6)];
  expect(refusal(() => readOnnx(loopFile({ body, more })))).toContain(
    'the number of the step, which Gather reads',
  );
});

const compared = (...inputs: string[]) => [nodeOf('Less', inputs, ['goes'])];

test('a loop that ends before its sequence is refused', () => {
  const goes = compared('t', 'three');
  const bytes = loopFile({ goes, more: [wholes('three', [], 3)] });
  expect(refusal(() => readOnnx(bytes))).toContain('an end after 4 of 9 steps');
});

test('a condition that the input decides is refused', () => {
  const goes = [
    nodeOf('ReduceSum', ['next'], ['sum'], int('keepdims', 0)),
    ...compared('sum', 'half'),
  ];
  expect(refusal(() => readOnnx(loopFile({ goes })))).toContain(
    'a condition that is computed from the input',
  );
});

test('a body that reads other steps too is refused', () => {
  const body = [
    nodeOf('Gather', ['x', 'zero'], ['first'], int('axis', 0)),
    nodeOf('Add', ['h', 'first'], ['p']),
    nodeOf('Add', ['p', 'x_t'], ['next']),
  ];
  expect(refusal(() => readOnnx(loopFile({ body })))).toContain(
    'steps that do not all do the same, each with one step of its input',
  );
  const step = nodeOf('Gather', ['x', 'zero'], ['x_t'], int('axis', 0));
  expect(refusal(() => readOnnx(loopFile({ step })))).toContain(
    'steps that do not all do the same',
  );
});

test('answers in the order of a loop that runs backwards are refused', () => {
  const backwards = [
    nodeOf('Sub', ['end', 't'], ['place']),
    nodeOf('Gather', ['x', 'place'], ['x_t'], int('axis', 0)),
  ];
  const more = [wholes('one', [], 1), nodeOf('Sub', ['count', 'one'], ['end'])];
  const bytes = loopFile({ step: joined(...backwards), more });
  expect(refusal(() => readOnnx(bytes, { output: 'y' }))).toContain(
    'answers in another order than the steps that they are of',
  );
});

test('a state that begins with a step of the input is refused', () => {
  const more = [nodeOf('Gather', ['x', 'zero'], ['s'], int('axis', 0))];
  expect(refusal(() => readOnnx(loopFile({ begin: 's', more })))).toContain(
    'a state that begins with what is computed from the input',
  );
});

test('an operator of the body that has no layer is named', () => {
  const body = [nodeOf('Det', ['h'], ['p']), nodeOf('Add', ['p', 'x_t'], ['next'])];
  const message = refusal(() => readOnnx(loopFile({ body })));
  expect(message).toContain("its body's Det 'p': an operator without a layer");
});

test('a loop without a sequence is refused', () => {
  const step = nodeOf('Identity', ['h'], ['x_t']);
  const bytes = loopFile({ step, more: [nodeOf('Add', ['x', 'x'], ['z']), output('z')] });
  expect(refusal(() => readOnnx(bytes))).toContain(
    'no sequence of which it reads a step at a time',
  );
});

test('a size of the sequence is a place, and no number to compute with', () => {
  const place = [
    nodeOf('Shape', ['x'], ['sizes']),
    nodeOf('Gather', ['sizes', 'zero'], ['n'], int('axis', 0)),
    nodeOf('Sub', ['n', 'one'], ['end']),
    nodeOf('Sub', ['end', 't'], ['place']),
    nodeOf('Gather', ['x', 'place'], ['x_t'], int('axis', 0)),
  ];
  const one = wholes('one', [], 1);
  const bytes = loopFile({ step: joined(...place), more: [one], outputs: ['last'] });
  const turned = stateful(readOnnx(bytes));
  // The first step, which comes last: 1 + (2 + 3 / 2) / 2, 8 + (4 + 2 / 2) / 2.
  expect([...turned.map(xs)[0]]).toEqual([2.75, 10.5]);
  const body = [
    nodeOf('Shape', ['x'], ['sizes']),
    nodeOf('Cast', ['sizes'], ['f'], int('to', 1)),
    nodeOf('ReduceSum', ['f'], ['n'], int('keepdims', 0)),
    nodeOf('Mul', ['h', 'n'], ['p']),
    nodeOf('Add', ['p', 'x_t'], ['next']),
  ];
  expect(refusal(() => readOnnx(loopFile({ body })))).toContain('which Cast reads');
});

test('a body may have 256 nodes, as it is read for several steps', () => {
  const body = (count: number) => [
    ...Array.from({ length: count }, (_, i) => nodeOf('Neg', [i ? `n${i - 1}` : 'h'], [`n${i}`])),
    nodeOf('Add', [`n${count - 1}`, 'x_t'], ['next']),
  ];
  // The sums of all steps: h is negated 50 times.
  expect(answers(loopFile({ body: body(50) }))).toEqual([
    [1, 8],
    [3, 12],
    [6, 14],
  ]);
  expect(refusal(() => readOnnx(loopFile({ body: body(256) })))).toContain(
    'a body of more than 256 nodes',
  );
});

test('a loop that begins where the file says is saved and loaded', () => {
  const layer = readOnnx(loopFile({ begin: 'b', more: [floats('b', [1, 2], 2, 4)] }), {
    output: 'y',
  });
  const again = stateful(load(save(layer)));
  expect([...again(xs[0])]).toEqual([2, 10]);
  again.reset();
  expect([...again(xs[0])]).toEqual([2, 10]);
});
