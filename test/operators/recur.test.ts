import { EMPTY, NEVER, type OperatorFunction, of, Subject, tap } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { recur } from '../../src/index.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { marbles, runningSums, sum, sumChain, sumLayer } from './models.js';

nothingIsThrownLate();

const x = { a: 1, b: 2, c: 4 };
const y = { p: 1, q: 3, r: 7 };

describe.each(Object.entries(runningSums))('%s', (_, model) => {
  test('never emits where the source never does', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-');
      expectObservable(source.pipe(model as never), '^---!').toBe('-');
      expectSubscriptions(source.subscriptions).toBe('^---!');
    });
    marbles(({ expectObservable }) => {
      expectObservable(NEVER.pipe(model)).toBe('');
    });
  });

  test('completes at once where the source is empty', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<number>('|');
      expectObservable(source.pipe(model)).toBe('|');
      expectSubscriptions(source.subscriptions).toBe('(^!)');
      expectObservable(EMPTY.pipe(model)).toBe('|');
    });
  });

  test('emits one output a datum, at once, and completes with the source', () => {
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a-b--(c|)', x);
      expectObservable(source.pipe(model)).toBe('-p-q--(r|)', y);
      expectSubscriptions(source.subscriptions).toBe('^-----!');
      const warm = hot('-a-^-b-c-|', x);
      expectObservable(warm.pipe(model)).toBe('--b-s-|', { b: 2, s: 6 });
    });
  });

  test("passes the source's error on, once", () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const broken = cold('-a-b-#', x, new Error('line lost'));
      expectObservable(broken.pipe(model)).toBe('-p-q-#', y, new Error('line lost'));
      expectSubscriptions(broken.subscriptions).toBe('^----!');
      expectObservable(cold<number>('#').pipe(model)).toBe('#');
    });
  });

  test('goes on with an unending source', () => {
    marbles(({ hot, expectObservable }) => {
      expectObservable(hot('-a-b-c---', x).pipe(model)).toBe('-p-q-r---', y);
    });
  });

  test('leaves the source when its subscriber leaves', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('-a-b-c-', x);
      expectObservable(source.pipe(model), '^---!').toBe('-p-q-', y);
      expectSubscriptions(source.subscriptions).toBe('^---!');
    });
  });

  test('works in the turn of the datum: no scheduler, no timer', () => {
    const order: string[] = [];
    of(1, 2)
      .pipe(
        tap(v => order.push(`in ${v}`)),
        model,
      )
      .subscribe(v => order.push(`out ${v}`));
    order.push('subscribed');
    expect(order).toEqual(['in 1', 'out 1', 'in 2', 'out 3', 'subscribed']);
  });
});

test('a subscriber that feeds its output back into the source gets it in order', () => {
  const source = new Subject<number>();
  const outputs: number[] = [];
  source.pipe(recur(sum, { initialState: 0 })).subscribe(total => {
    outputs.push(total);
    if (total < 20) source.next(total);
  });
  source.next(1);
  expect(outputs).toEqual([1, 2, 4, 8, 16, 32]);
});

test('feedback through a layer and a chain is a step after a step', () => {
  for (const model of [sumLayer, sumChain] as OperatorFunction<Float32Array, Float32Array>[]) {
    const source = new Subject<Float32Array>();
    const outputs: number[] = [];
    source.pipe(model).subscribe(y => {
      outputs.push(y[0]);
      if (y[0] < 20) source.next(y);
    });
    source.next(Float32Array.of(1));
    expect(outputs).toEqual([1, 2, 4, 8, 16, 32]);
  }
});

test('a layer is recur of its cell, and recur of a layer is the layer again', () => {
  const texts = [sumLayer, recur(sumLayer), recur(sumLayer.cell)].map(String);
  expect(new Set(texts)).toEqual(new Set(['Recur(RNNCell(1, 1, identity; bias=false))']));
});

test('a plain function prints by its name', () => {
  expect(String(recur(sum, { initialState: 0 }))).toBe('Recur(sum)');
  expect(String(recur((h: number, x: number) => [h, x] as const))).toBe('Recur(function)');
});

test('operators show what their cells do', () => {
  const own = recur(sumChain.cell, { initialState: [[5], undefined, undefined] });
  expect(own.inputSize).toBe(1);
  expect(own.outputSize).toBe(1);
  expect(own.hiddenSize).toBe(1);
  expect(own.initialState()).toEqual([Float32Array.of(5), undefined, undefined]);
  expect(own.params[0].weightIh.data).toEqual(Float32Array.of(1));
  expect(own.cell.initialState()).toEqual(own.initialState());
  expect(sumChain.initialState()).toEqual([new Float32Array(1), undefined, undefined]);
});
