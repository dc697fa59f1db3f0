import { describe, expect, test } from 'vitest';
import { recur, stateful } from '../../src/index.js';
import { emitted, recurOf } from '../laws/nets.js';

const mean = ({ n, sum }: { n: number; sum: number }, x: number) =>
  [{ n: n + 1, sum: sum + x }, (sum + x) / (n + 1)] as const;
const layer = recur(mean, { initialState: { n: 0, sum: 0 } });

test('any pure function (h, x) => [h, y] is a cell, its state what it likes', () => {
  expect(emitted(layer, [2, 4, 9])).toEqual([2, 3, 5]);
  const longest = (h: string, x: string) =>
    (x.length > h.length ? [x, x] : [h, h]) as [string, string];
  expect(emitted(recur(longest, { initialState: '' }), ['a', 'bcd', 'ef'])).toEqual([
    'a',
    'bcd',
    'bcd',
  ]);
});

test('its layer has no sizes and no parameters', () => {
  const { inputSize, outputSize, hiddenSize, params } = layer;
  expect({ inputSize, outputSize, hiddenSize, params }).toEqual({
    inputSize: undefined,
    outputSize: undefined,
    hiddenSize: 0,
    params: {},
  });
});

test('its cell is the function with its initial state for an undefined one', () => {
  const [h, y] = layer.cell(undefined, 5);
  expect([h, y]).toEqual([{ n: 1, sum: 5 }, 5]);
  expect(layer.cell(h, 7)).toEqual([{ n: 2, sum: 12 }, 6]);
  expect(layer.initialState()).toEqual({ n: 0, sum: 0 });
});

test('without an initial state it begins at undefined', () => {
  const last = (h: unknown, x: unknown) => [x, h] as const;
  expect(emitted(recurOf(last), ['a', 'b'])).toEqual([undefined, 'a']);
  const m = stateful(last);
  m('a');
  m.reset();
  expect(m.state).toBeUndefined();
});

describe('an initial state', () => {
  test('of null, false, 0 or an empty text is one', () => {
    for (const initialState of [null, false, 0, '']) {
      const m = stateful((h: unknown, x: unknown) => [x, h] as const, { initialState });
      expect(m(1)).toBe(initialState);
      m.reset();
      expect(m.state).toBe(initialState);
    }
  });

  test('from a factory may be of a class of its own, which is never copied', () => {
    const initialState = () => new Set<number>();
    const m = stateful((seen: Set<number>, x: number) => [seen.add(x), seen.size] as const, {
      initialState,
    });
    expect([m(1), m(1), m(2)]).toEqual([1, 1, 2]);
    expect(m.state).toEqual(new Set([1, 2]));
    m.reset();
    expect(m(5)).toBe(1);
  });

  test('is copied for each birth', () => {
    const careless = (h: number[], x: number) => [h, h.push(x)] as const;
    const model = recur(careless, { initialState: [] as number[] });
    expect(emitted(model, [1, 2])).toEqual([1, 2]);
    expect(emitted(model, [1, 2])).toEqual([1, 2]);
  });
});

test('a state that becomes undefined is restored as undefined', () => {
  const forget = (h: number | undefined, x: number) =>
    [x === 0 ? undefined : (h ?? 100) + x, h] as const;
  const m = stateful(forget, { initialState: 1 });
  m(0);
  const n = stateful(forget, { initialState: 1 });
  n.restore(JSON.parse(JSON.stringify(m.snapshot())));
  expect([n(5), n(0)]).toEqual([undefined, 105]);
  expect([m(5), m(0)]).toEqual([undefined, 105]);
});

test('what it answers goes out as it is, the same object', () => {
  const y = { any: 'thing' };
  expect(
    emitted(
      recurOf((h: unknown) => [h, y]),
      [1],
    )[0],
  ).toBe(y);
});
