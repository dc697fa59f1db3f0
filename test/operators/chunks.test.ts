import { from, Subject } from 'rxjs';
import { expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import { chain, dense, type RecurError, recur, stateful } from '../../src/index.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { emitted, recurOf } from '../laws/nets.js';
import { sum, sumChain, sumLayer } from './models.js';

nothingIsThrownLate();

const floats = (...values: number[]) => Float32Array.from(values);
/** Steps of one feature as `[1, steps]`. */
const row = (...values: number[]) => new NdView(floats(...values), [1, values.length]);

test('an array of steps gives the array of their outputs, the state going on', () => {
  const chunks = recur(sumLayer, { chunks: true });
  expect(emitted(chunks, [[[1], [2]], [[4]]])).toEqual([[floats(1), floats(3)], [floats(7)]]);
  expect(emitted(chunks, [[1, 2], [4]])).toEqual([[floats(1), floats(3)], [floats(7)]]);
});

test('an ndarray [features, steps] gives [outputs, steps]', () => {
  for (const model of [sumLayer, sumChain]) {
    const chunks = recurOf(model, { chunks: true });
    expect(emitted(chunks, [row(1, 2), row(4)])).toEqual([row(1, 3), row(7)]);
  }
});

test('an ndarray [features, steps, batch] gives [outputs, steps, batch]', () => {
  const twice = dense(1, 2, { params: { weight: [1, 10], bias: [0, 0] } });
  const chunks = recurOf(chain(sumLayer, twice), { chunks: true });
  const cube = new NdView(floats(1, 100, 2, 200, 4, 400), [1, 3, 2]);
  const [output] = emitted(chunks, [cube]);
  const sums = [1, 100, 3, 300, 7, 700];
  expect(output).toEqual(new NdView(floats(...sums, ...sums.map(v => 10 * v)), [2, 3, 2]));
});

test('an empty chunk gives an empty one and moves nothing', () => {
  const chunks = recurOf(sumLayer, { chunks: true });
  expect(emitted(chunks, [[1], [], [2]])).toEqual([[floats(1)], [], [floats(3)]]);
  expect(emitted(chunks, [row(1), row(), row(2)])).toEqual([row(1), row(), row(3)]);
  expect(emitted(chunks, [new NdView(floats(), [1, 0, 2])])).toEqual([
    new NdView(floats(), [1, 0, 2]),
  ]);
});

test('chunks of a plain function are arrays of whatever it takes and answers', () => {
  const chunks = recurOf(sum, { initialState: 0, chunks: true });
  expect(emitted(chunks, [[1, 2], [], [4]])).toEqual([[1, 3], [], [7]]);
});

test('a chain that begins or ends with a function of the user answers chunks as well', () => {
  const first = chain((x: NdView) => [x.data[x.offset] * 2], sumLayer);
  expect(emitted(recurOf(first, { chunks: true }), [row(1, 2)])).toEqual([row(2, 6)]);
  const last = chain(sumLayer, (y: NdView) => y.data[0]);
  expect(emitted(recurOf(last, { chunks: true }), [row(1, 2)])).toEqual([[1, 3]]);
});

test('an iterable of steps is a chunk', () => {
  const chunks = recurOf(sumLayer, { chunks: true });
  expect(emitted(chunks, [new Set([[1], [2]])])).toEqual([[floats(1), floats(3)]]);
});

test('a wrong step in a chunk names the chunk and the step, and loses nothing', () => {
  const source = new Subject<unknown>();
  const seen: unknown[] = [];
  const onInvalid = ({ where, got, step }: RecurError) => seen.push({ where, got, step });
  source.pipe(recurOf(sumLayer, { chunks: true, onInvalid }) as never).subscribe(y => seen.push(y));
  source.next([1, 2]);
  source.next([4, Number.NaN, 8]);
  source.next(row(4, Number.POSITIVE_INFINITY));
  source.next([4]);
  expect(seen).toEqual([
    [floats(1), floats(3)],
    { where: '[1].rnn.x', got: 'NaN at [0]', step: 1 },
    { where: '[1].rnn.x', got: 'Infinity at [0]', step: 2 },
    [floats(7)],
  ]);
});

test('what is no chunk is an invalid datum', () => {
  const wrong = [1, 'abc', null, undefined, {}, new NdView(floats(1), [1])];
  const errors: unknown[] = [];
  const onInvalid = (error: RecurError) => errors.push(error.got);
  expect(emitted(recurOf(sumLayer, { chunks: true, onInvalid }), wrong)).toEqual([]);
  expect(errors).toEqual(['1', "'abc'", 'null', 'undefined', 'an object {  }', 'an ndarray [1]']);
});

test('select and project see chunks', () => {
  const model = recur(sumLayer, {
    chunks: true,
    select: (packet: { samples: number[] }) => packet.samples,
    project: (y: Float32Array[], { samples }) => ({ of: samples.length, last: y[y.length - 1][0] }),
  });
  const outputs: unknown[] = [];
  from([{ samples: [1, 2] }, { samples: [4] }])
    .pipe(model)
    .subscribe(v => outputs.push(v));
  expect(outputs).toEqual([
    { of: 2, last: 3 },
    { of: 1, last: 7 },
  ]);
});

test('map of a stateful model is a chunk', () => {
  const m = stateful(sumLayer);
  expect(m.map([[1], [2]])).toEqual([floats(1), floats(3)]);
  expect(m.map(row(4))).toEqual(row(7));
  expect(() => m.map([[1], [Number.NaN]])).toThrow(
    '[1].rnn.x: expected finite numbers, got NaN at [0]',
  );
  expect(m([0])).toEqual(floats(7));
});
