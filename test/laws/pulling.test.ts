import { first, from, of, Subject, take, throwError } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { chain, dense, gru, rnn } from '../../src/index.js';
import { nothingIsThrownLate } from './late.js';
import { recurOf } from './nets.js';

// Law 7: a synchronous source is never pulled further than its subscriber asks.

nothingIsThrownLate();

/** An endless source that counts what is pulled from it. */
class Endless {
  pulled = 0;

  *[Symbol.iterator](): Generator<number[]> {
    for (;;) yield [0.1 * this.pulled++];
  }
}

const deep = chain(gru(1, 4, { seed: 1 }), (x: Float32Array) => x.slice(0, 2), dense(2, 1));
const layer = rnn(1, 2, { seed: 1 });
const models = {
  'a layer': layer,
  'a chain': deep,
  'a plain function': recurOf((h: number, x: number[]) => [h + x[0], h], { initialState: 0 }),
  reset: recurOf(layer, { reset: new Subject() }),
  'a reset that emits at once': recurOf(layer, { reset: of(1, 2, 3) }),
  'a reset from the events': recurOf(layer, { reset: (events$: unknown) => events$ }),
  state: recurOf(layer, { state: new Subject() }),
  'select and project': recurOf(layer, {
    select: (x: number[]) => x,
    project: (y: unknown, x: unknown) => [y, x],
  }),
  onInvalid: recurOf(layer, { onInvalid: 'skip' }),
  reuse: recurOf(layer, { reuse: true }),
  'everything at once': recurOf(deep, {
    initialState: () => undefined,
    reset: (events$: unknown) => events$,
    state: () => {},
    select: (x: number[]) => x,
    project: (y: unknown) => y,
    onInvalid: () => {},
  }),
};

describe.each(Object.entries(models))('%s', (_, model) => {
  test('take(2) pulls 2, and take(1) and first() pull 1', () => {
    for (const [limit, wanted] of [
      [take(2), 2],
      [take(1), 1],
      [first(), 1],
      [take(0), 0],
    ] as const) {
      const source = new Endless();
      let count = 0;
      from(source)
        .pipe(model as never, limit)
        .subscribe(() => count++);
      expect(source.pulled).toBe(wanted);
      expect(count).toBe(wanted);
    }
  });
});

test('take(2) of chunks pulls 2 chunks', () => {
  let pulled = 0;
  function* chunks() {
    for (;;) yield [[pulled++], [1], [2]];
  }
  from(chunks())
    .pipe(recurOf(layer, { chunks: true }) as never, take(2))
    .subscribe();
  expect(pulled).toBe(2);
});

test('an error pulls no more', () => {
  let pulled = 0;
  function* source() {
    for (;;) yield [pulled++ === 1 ? Number.NaN : 1];
  }
  const errors: unknown[] = [];
  from(source())
    .pipe(layer)
    .subscribe({ error: error => errors.push(error) });
  expect(errors).toHaveLength(1);
  expect(pulled).toBe(2);
});

test('a reset that errors as it is subscribed pulls nothing', () => {
  const source = new Endless();
  const errors: unknown[] = [];
  const broken = new Error('no reset');
  from(source)
    .pipe(recurOf(layer, { reset: throwError(() => broken) }) as never)
    .subscribe({ error: error => errors.push(error) });
  expect(errors).toEqual([broken]);
  expect(source.pulled).toBe(0);
});
