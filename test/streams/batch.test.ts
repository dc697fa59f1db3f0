import { of, Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import { chain, dense, lstm, RecurError, recur, rnn, stateful } from '../../src/index.js';
import { columnOf } from '../laws/bits.js';

const layer = lstm(2, 3, { seed: 1 });
const batch = (n: number) =>
  new NdView(
    Float32Array.from({ length: 2 * n }, (_, i) => Math.cos(i)),
    [2, n],
  );

describe('the first datum after birth fixes the batch size', () => {
  test('another size is refused with both sizes', () => {
    const cases: [first: unknown, next: unknown, message: string][] = [
      [batch(2), batch(3), 'expected a batch of 2, got a batch of 3'],
      [batch(2), [1, 1], 'expected a batch of 2, got a vector'],
      [[1, 1], batch(1), 'expected a vector, got a batch of 1'],
      [batch(1), new NdView(new Float32Array(2), [2]), 'expected a batch of 1, got a vector'],
    ];
    for (const [first, next, message] of cases) {
      const m = stateful(layer);
      m(first as NdView);
      const { state } = m;
      expect(() => m(next as NdView)).toThrow(
        `lstm.x: ${message}; the first datum fixes the batch size; reset before another`,
      );
      expect(m.state).toEqual(state);
    }
  });

  test('a reset lets it change, with an operator too', () => {
    const source = new Subject<NdView>();
    const shapes: unknown[] = [];
    source.pipe(recur(layer, { reset: events$ => events$ })).subscribe(y => shapes.push(y.shape));
    for (const n of [1, 4, 2]) source.next(batch(n));
    expect(shapes).toEqual([
      [3, 1],
      [3, 4],
      [3, 2],
    ]);
  });

  test('a datum that is refused does not fix it', () => {
    const m = stateful(layer);
    const bad = new NdView(new Float32Array(4).fill(Number.NaN), [2, 2]);
    expect(() => m(bad)).toThrow('lstm.x: expected finite numbers, got NaN at [0]');
    expect(m([1, 1])).toEqual(stateful(layer)([1, 1]));
    expect(m.snapshot().batch).toBe(0);
  });

  test('an initial state of several columns has fixed it already', () => {
    const h = new NdView(new Float32Array(6), [3, 2]);
    const m = stateful(layer, { initialState: { h, c: [1, 2, 3] } });
    expect(() => m([1, 1])).toThrow('expected a batch of 2, got a vector');
    const y = m(batch(2));
    expect(y.shape).toEqual([3, 2]);
    const alone = stateful(layer, { initialState: { h: [0, 0, 0], c: [1, 2, 3] } });
    expect(columnOf(y, 1)).toEqual([...alone(columnOf(batch(2), 1))]);
  });

  test('a layer without state keeps to one size as well', () => {
    const m = stateful(dense(2, 1));
    m(batch(2));
    expect(() => m(batch(3))).toThrow(RecurError);
  });
});

test('a batch of one is a matrix still', () => {
  const y = stateful(layer)(batch(1));
  expect(y.shape).toEqual([3, 1]);
  expect(columnOf(y, 0)).toEqual([...stateful(layer)(columnOf(batch(1), 0))]);
});

test('a transposed batch is refused with the likely cause', () => {
  const wrong = new NdView(new Float32Array(10), [5, 2]);
  expect(() => stateful(layer)(wrong)).toThrow(
    'lstm.x: expected [2] or [2, batch], got [5, 2]; a batch is features × batch',
  );
});

test('an ndarray of one axis is one stream, and its answer has one axis', () => {
  const x = new NdView(Float32Array.of(1, -1), [2]);
  const y = stateful(layer)(x);
  expect(y.shape).toEqual([3]);
  expect([...y.data]).toEqual([...stateful(layer)([1, -1])]);
});

test('a function in a chain is given the whole batch', () => {
  const shapes: unknown[] = [];
  const look = (y: NdView) => {
    shapes.push(y.shape);
    return y;
  };
  const model = chain(rnn(2, 3), look, dense(3, 1));
  const outputs: unknown[] = [];
  of(batch(4))
    .pipe(model)
    .subscribe(y => outputs.push(y.shape));
  expect(shapes).toEqual([[3, 4]]);
  expect(outputs).toEqual([[1, 4]]);
});
