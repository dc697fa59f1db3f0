import { map, of, Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { chain, RecurError, recur } from '../../src/index.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { emitted, recurOf } from '../laws/nets.js';
import { sum, sumChain, sumLayer } from './models.js';

nothingIsThrownLate();

interface Reading {
  readonly at: number;
  readonly volts: number;
}
const readings: Reading[] = [1, 2, 4].map((volts, at) => ({ at, volts }));

test('select reads the input out of an event, project writes the emission', () => {
  const config = {
    select: ({ volts }: Reading) => volts,
    project: (y: Float32Array, { at }: Reading) => `${at}: ${y[0]}`,
  };
  const wanted = ['0: 1', '1: 3', '2: 7'];
  for (const model of [sumLayer, sumChain]) {
    expect(emitted(recurOf(model, config), readings)).toEqual(wanted);
  }
  const ofFunction = recur(sum, {
    initialState: 0,
    select: ({ volts }: Reading) => volts,
    project: (total, { at }) => `${at}: ${total}`,
  });
  expect(emitted(ofFunction, readings)).toEqual(wanted);
});

test('select alone emits outputs, project alone is given the event as it came', () => {
  expect(
    emitted(recurOf(sum, { initialState: 0, select: ({ volts }: Reading) => volts }), readings),
  ).toEqual([1, 3, 7]);
  expect(
    emitted(recurOf(sum, { initialState: 0, project: (y: number, x: number) => [y, x] }), [1, 2]),
  ).toEqual([
    [1, 1],
    [3, 2],
  ]);
});

test('project may emit anything, undefined too', () => {
  expect(emitted(recurOf(sum, { initialState: 0, project: () => undefined }), [1, 2])).toEqual([
    undefined,
    undefined,
  ]);
});

test('the reset function and the invalid datum are given the event, not the input', () => {
  const seen: unknown[] = [];
  const model = recurOf(sumLayer, {
    select: ({ volts }: Reading) => volts,
    reset: map((event: unknown) => seen.push(event)),
    onInvalid: (_: RecurError, event: unknown) => seen.push(event),
  });
  const broken = { at: 0, volts: Number.NaN };
  emitted(model, [broken]);
  expect(seen).toEqual([broken, broken]);
});

/** What a subscriber is notified of for a source of three events. */
function notifications(model: unknown): unknown[] {
  const seen: unknown[] = [];
  of(1, 2, 4)
    .pipe(model as never)
    .subscribe({
      next: y => seen.push(y),
      error: error => seen.push(error),
      complete: () => seen.push('complete'),
    });
  return seen;
}

const broken = new Error('mine');
const atTwo = (event: unknown) => {
  if (event === 2) throw broken;
  return event;
};
const throwing: Record<string, [where: string, model: unknown]> = {
  select: ['select', recurOf(sum, { initialState: 0, select: atTwo })],
  project: [
    'project',
    recurOf(sum, { initialState: 0, project: (y: number, x: number) => atTwo(x) && y }),
  ],
  "a user's cell": [
    'careful',
    recurOf(
      function careful(total: number, x: number) {
        return sum(total, atTwo(x) as number);
      },
      { initialState: 0 },
    ),
  ],
  "a user's function in a chain": [
    'chain[1].a member',
    recurOf(
      chain(recur(sum, { initialState: 0 }), (y: number) => {
        if (y === 3) throw broken;
        return y;
      }),
    ),
  ],
};

describe.each(Object.entries(throwing))('a throw in %s', (_, [where, model]) => {
  test('is one RecurError notification that keeps it as its cause', () => {
    const [first, error, ...rest] = notifications(model);
    expect(first).toBe(1);
    expect(rest).toEqual([]);
    expect(error).toBeInstanceOf(RecurError);
    expect(error).toMatchObject({ where, expected: 'a return', got: 'Error: mine', step: 1 });
    expect((error as RecurError).cause).toBe(broken);
  });
});

test('skipped, what threw in select, project or a cell leaves the state as it was', () => {
  for (const option of ['select', 'project']) {
    const f = option === 'select' ? atTwo : (y: unknown, x: unknown) => atTwo(x) && y;
    const model = recurOf(sum, { initialState: 0, [option]: f, onInvalid: 'skip' });
    expect(notifications(model)).toEqual([1, 5, 'complete']);
  }
  const careful = (total: number, x: number) => sum(total, atTwo(x) as number);
  const skipping = recurOf(careful, { initialState: 0, onInvalid: 'skip' });
  expect(notifications(skipping)).toEqual([1, 5, 'complete']);
});

test('within a chain, the members before the one that threw go back too', () => {
  const model = chain(sumLayer, (y: Float32Array) => {
    if (y[0] === 3) throw broken;
    return y;
  });
  const outputs = notifications(recurOf(model, { onInvalid: 'skip' }));
  expect(outputs).toEqual([Float32Array.of(1), Float32Array.of(5), 'complete']);
});

test('anything can be thrown', () => {
  for (const [thrown, got] of [
    ['text', "a throw of 'text'"],
    [undefined, 'a throw of undefined'],
    [null, 'a throw of null'],
    [{ code: 5 }, 'a throw of an object { code }'],
    [new TypeError('odd'), 'TypeError: odd'],
  ]) {
    const select = () => {
      throw thrown;
    };
    const [error] = notifications(recurOf(sum, { initialState: 0, select }));
    expect(error).toMatchObject({ name: 'RecurError', where: 'select', got, step: 0 });
    expect((error as RecurError).cause).toBe(thrown);
  }
});

test('a RecurError that a user throws keeps its words and gains the step', () => {
  const own = new RecurError({ where: 'pump', expected: 'pressure', got: 'none' });
  const model = recurOf((h: number, x: unknown) => [h, x && raise()]);
  function raise() {
    throw own;
  }
  expect(notifications(model)).toEqual([
    expect.objectContaining({ message: 'pump: expected pressure, got none', step: 0 }),
  ]);
});

test('a function that returns no pair is an invalid datum', () => {
  const named = function halved(_: unknown, x: number) {
    return x / 2;
  };
  const [error] = notifications(recurOf(named));
  expect(error).toMatchObject({
    where: 'halved',
    expected: 'a pair [h, y] to be returned',
    got: '0.5',
  });
});

test('a cell that feeds its own source within a step is refused, once', () => {
  const source = new Subject<number>();
  const eager = (total: number, x: number) => {
    if (x === 2) source.next(4);
    return sum(total, x);
  };
  const seen: unknown[] = [];
  source.pipe(recur(eager, { initialState: 0 })).subscribe({
    next: v => seen.push(v),
    error: error => seen.push(String(error)),
  });
  for (const v of [1, 2, 8]) source.next(v);
  expect(seen).toEqual([
    1,
    'RecurError: eager: expected one step at a time, got a step inside a step',
  ]);
});
