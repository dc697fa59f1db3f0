import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  backend,
  chain,
  dense,
  gru,
  lstm,
  lstmCell,
  RecurError,
  ready,
  recur,
  stateful,
} from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { stub } from '../equations/web-assembly.js';

const [fastest] = backends();
const halve = (y: Float32Array) => y.map(v => v / 2);
const count = (n: number, y: Float32Array) => [n + 1, y] as const;

afterEach(() => vi.unstubAllGlobals());

const models = {
  'a layer': lstm(2, 3),
  'a cell': lstmCell(2, 3),
  'a chain': chain(lstm(2, 3), dense(3, 1)),
  'a layer that begins elsewhere': recur(gru(2, 3), { initialState: [1, 2, 3] }),
  'a chain with a plain function': chain(lstm(2, 3), halve, dense(3, 1)),
  'a chain that begins with plain functions': chain(
    chain(halve, recur(count, { initialState: 0 })),
    gru(2, 3),
  ),
};

describe.each(Object.entries(models))('%s', (_, model) => {
  test('runs on the fastest backend that there is', async () => {
    expect(backend(model)).toBe(fastest);
    expect(await ready(model)).toBe(fastest);
    expect(stateful(model).snapshot().backend).toBe(fastest);
  });

  test('runs on the one that is pinned', () => {
    for (const pinned of backends()) {
      expect(stateful(model, { backend: pinned }).snapshot().backend).toBe(pinned);
    }
  });
});

test('plain functions alone are portable', async () => {
  for (const model of [halve, recur(count, { initialState: 0 }), chain(halve, halve)]) {
    expect(backend(model as never)).toBe('portable');
    expect(await ready(model as never)).toBe('portable');
  }
});

test('what is no model is refused, and so is a configured layer', async () => {
  const configured = recur(lstm(2, 3), { reuse: true });
  for (const wrong of [undefined, 3, {}, configured]) {
    expect(() => backend(wrong as never)).toThrow(RecurError);
    await expect(ready(wrong as never)).rejects.toThrow(RecurError);
  }
  expect(() => backend(3 as never)).toThrow(
    'backend: expected a layer, a cell or a function, got 3',
  );
});

test('where compiling at once is refused, streams that start after ready take the compiled code', async () => {
  const refuse = class {
    constructor() {
      throw new RangeError('too large on the main thread');
    }
  };
  const layer = chain(lstm(2, 29, { seed: 1 }), halve, gru(29, 31, { seed: 1 }));
  stub({ Module: refuse });
  const before = stateful(layer);
  expect(before.snapshot().backend).toBe('portable');
  expect(backend(layer)).toBe('portable');
  const first = before([1, -1]);
  expect(await ready(layer)).toBe(fastest);
  expect(backend(layer)).toBe(fastest);
  const after = stateful(layer)([1, -1]);
  for (const [i, y] of after.entries()) expect(Math.abs(y - first[i])).toBeLessThan(1e-6);
  // The stream that was there goes on as it began.
  const alone = stateful(layer, { backend: 'portable' });
  alone([1, -1]);
  expect(before([0, 1])).toEqual(alone([0, 1]));
});

test('a snapshot of another backend is where a stream goes on', () => {
  const layer = chain(lstm(2, 3, { seed: 1 }), dense(3, 2, { seed: 1 }));
  for (const from of backends()) {
    const first = stateful(layer, { backend: from });
    first([1, -1]);
    const snapshot = JSON.parse(JSON.stringify(first.snapshot()));
    expect(snapshot.backend).toBe(from);
    for (const to of backends()) {
      const second = stateful(layer, { backend: to, restore: snapshot });
      expect(second.state).toEqual(first.state);
      expect(second.snapshot().backend).toBe(to);
      const third = stateful(layer, { backend: to, initialState: first.state });
      expect(second([0.5, 0.25])).toEqual(third([0.5, 0.25]));
    }
  }
});
