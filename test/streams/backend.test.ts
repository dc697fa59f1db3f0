import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  backend,
  backwardCell,
  bidirectionalCell,
  chain,
  chainCell,
  conv1dCell,
  dense,
  globalMaxPool1dCell,
  gru,
  gruCell,
  lastCell,
  lstm,
  lstmCell,
  maxPool1dCell,
  parallelCell,
  RecurError,
  ready,
  recur,
  skipCell,
  stateful,
  tap,
  windowCell,
} from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { stub } from '../code/web-assembly.js';

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
  'a layer that runs both ways': bidirectionalCell(gruCell(2, 3)),
  'a layer that runs backwards': backwardCell(gruCell(2, 3)),
  'a convolution over sequences': conv1dCell(2, 3, 2),
  'a window': windowCell(2, gruCell(1, 3)),
  'a window of a layer that runs both ways': windowCell(2, bidirectionalCell(gruCell(1, 3))),
  'the last step': chainCell(gruCell(2, 3), lastCell(3)),
  'pooling before a layer': chainCell(maxPool1dCell(2, 2), gruCell(2, 3), globalMaxPool1dCell(3)),
  'branches of whole sequences': parallelCell('add', backwardCell(gruCell(2, 3)), gruCell(2, 3)),
  'a way around a whole sequence': skipCell(backwardCell(gruCell(2, 2))),
  'a tap of a whole sequence': chainCell(tap('x', conv1dCell(2, 2, 1)), dense(2, 1)),
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

test('whole sequences run on the backend that is pinned: their members’ bits are those of the members alone', () => {
  const cell = gruCell(2, 33, { seed: 1 });
  const steps = Array.from({ length: 40 }, (_, t) => [Math.sin(t), Math.cos(3 * t)]);
  const reversed = [...steps].reverse();
  const bits = backends().map(pinned => {
    const alone = (xs: number[][]) => stateful(cell, { backend: pinned }).map(xs);
    const both = stateful(bidirectionalCell(cell, 'concat', cell), { backend: pinned });
    const ys = both.map(steps);
    const [forward, backward] = [alone(steps), alone(reversed).reverse()];
    expect(ys.map(y => [...y])).toEqual(forward.map((y, t) => [...y, ...backward[t]]));
    const window = stateful(windowCell(40, cell), { backend: pinned });
    expect([...window(steps.flat())]).toEqual(forward.flatMap(y => [...y]));
    expect([both, window].map(m => m.snapshot().backend)).toEqual([pinned, pinned]);
    return forward.map(String).join();
  });
  // Backends that agreed to the last bit would show nothing.
  expect(new Set(bits).size).toBe(bits.length);
});

test('layers that read sequences as wholes run on the backend that is asked for', () => {
  for (const model of [
    conv1dCell(2, 2, 2, { groups: 2 }),
    maxPool1dCell(2, 2),
    lastCell(2),
    bidirectionalCell(gruCell(2, 2)),
  ]) {
    expect(backend(model)).toBe(fastest);
    expect(stateful(model, { backend: fastest }).snapshot().backend).toBe(fastest);
    expect(stateful(model, { backend: 'portable' }).snapshot().backend).toBe('portable');
  }
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

test('members of whole sequences are compiled by ready; until all are, the model is portable', async () => {
  const refuse = class {
    constructor() {
      throw new RangeError('too large on the main thread');
    }
  };
  const layer = chainCell(gruCell(2, 27, { seed: 1 }), lastCell(27));
  expect(backend(layer)).toBe(fastest);
  stub({ Module: refuse });
  const late = gruCell(27, 26, { seed: 1 });
  const model = chainCell(layer, bidirectionalCell(late), conv1dCell(52, 25, 1, { seed: 1 }));
  expect(backend(model)).toBe('portable');
  expect(stateful(model).snapshot().backend).toBe('portable');
  expect(await ready(model)).toBe(fastest);
  expect(backend(model)).toBe(fastest);
  expect(stateful(model).snapshot().backend).toBe(fastest);
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
