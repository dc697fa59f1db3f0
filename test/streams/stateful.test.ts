import { describe, expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import { chain, dense, gru, lstm, RecurError, recur, rnn, stateful } from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { heapFor } from '../../src/kernels/heap.js';

const seeded = { seed: 1 };
const layer = gru(2, 3, seeded);
const x = [0.5, -0.25];

describe('what can be made stateful', () => {
  test('a layer, its cell, a chain and a plain function', () => {
    const y = stateful(layer)(x);
    expect(stateful(layer.cell)(x)).toEqual(y);
    expect(stateful(chain(layer))(x)).toEqual(y);
    const count = stateful((n: number, _: unknown) => [n + 1, n] as const, { initialState: 0 });
    expect([count('a'), count('b')]).toEqual([0, 1]);
  });

  test('a layer without state', () => {
    const m = stateful(dense(2, 1, { params: { weight: [1, 2], bias: [3] } }));
    expect(m([1, 1])).toEqual(Float32Array.of(6));
    expect(m.state).toBeUndefined();
    m.reset();
    m.restore(m.snapshot());
    expect(m([1, 1])).toEqual(Float32Array.of(6));
  });

  test('one layer many times: they share nothing but parameters', () => {
    const [a, b] = [stateful(layer), stateful(layer)];
    a(x);
    a(x);
    expect(b(x)).toEqual(stateful(layer)(x));
  });
});

describe('state', () => {
  test('is an array, a record by name, a tuple, or undefined', () => {
    expect(stateful(layer).state).toEqual(new Float32Array(3));
    expect(stateful(lstm(2, 3)).state).toEqual({ h: new Float32Array(3), c: new Float32Array(3) });
    const m = stateful(chain(lstm(2, 3), x => x, dense(3, 1), rnn(1, 2)));
    expect(m.state).toEqual([
      { h: new Float32Array(3), c: new Float32Array(3) },
      undefined,
      undefined,
      new Float32Array(2),
    ]);
    expect(Object.keys(stateful(lstm(2, 3)).state)).toEqual(['h', 'c']);
  });

  test('is [hidden, batch] in a batch', () => {
    const m = stateful(lstm(2, 3, seeded));
    m(new NdView(new Float32Array(8).fill(1), [2, 4]));
    expect(m.state.h).toBeInstanceOf(NdView);
    expect((m.state.h as NdView).shape).toEqual([3, 4]);
    m.reset();
    expect(m.state.h).toEqual(new Float32Array(3));
  });

  test('can be read while a sequence is under way: it is the one before it', () => {
    const m = stateful(layer);
    m(x);
    const { state } = m;
    const batch = new NdView(new Float32Array(6).fill(1), [2, 3]);
    const seen: unknown[] = [];
    function* watching(sequence: readonly (number[] | NdView)[]) {
      for (const item of sequence) {
        yield item;
        seen.push(m.state);
      }
    }
    const outputs = m.map(watching([x, x]));
    expect(seen).toEqual([state, state]);
    m.reset();
    const batches = m.map(watching([batch, batch]));
    expect(seen.slice(2)).toEqual([new Float32Array(3), new Float32Array(3)]);
    const fresh = stateful(layer);
    fresh(x);
    expect(fresh.map([x, x])).toEqual(outputs);
    fresh.reset();
    expect(fresh.map([batch, batch])).toEqual(batches);
  });

  test('is read-only', () => {
    const m = stateful(layer);
    expect(() => Object.assign(m, { state: 5 })).toThrow(TypeError);
  });
});

describe('reset', () => {
  test('returns to a given value, or calls the factory again', () => {
    const m = stateful(layer, { initialState: [1, 2, 3] });
    m(x);
    m.reset();
    expect(m.state).toEqual(Float32Array.of(1, 2, 3));
    let births = 0;
    const n = stateful(layer, { initialState: () => [++births, 0, 0] });
    n(x);
    n.reset();
    n(x);
    n.reset();
    expect(n.state).toEqual(Float32Array.of(3, 0, 0));
  });

  test('returns to the initial state after restore, too', () => {
    const saved = stateful(layer);
    saved(x);
    const m = stateful(layer, { restore: saved.snapshot() });
    expect(m.state).toEqual(saved.state);
    m.reset();
    expect(m.state).toEqual(new Float32Array(3));
  });
});

describe('map', () => {
  test('is atomic: when one step is refused none has happened', () => {
    const m = stateful(layer);
    m(x);
    const { state } = m;
    expect(() => m.map([x, x, [Number.NaN, 0]])).toThrow(
      '[2].gru.x: expected finite numbers, got NaN at [0]',
    );
    expect(m.state).toEqual(state);
  });

  test('is atomic where the sequence itself throws', () => {
    const m = stateful(layer);
    m(x);
    const { state } = m;
    function* broken() {
      yield x;
      throw new Error('no more');
    }
    expect(() => m.map(broken())).toThrow(RecurError);
    expect(() => m.map(broken())).toThrow('no more');
    expect(m.state).toEqual(state);
  });

  test('is atomic across the members of a chain and for plain functions', () => {
    const strict = (n: number, y: Float32Array) => {
      if (n === 2) throw new Error('two is enough');
      return [n + 1, y] as const;
    };
    const m = stateful(chain(layer, recur(strict, { initialState: 0 })));
    m(x);
    const { state } = m;
    expect(() => m.map([x, x])).toThrow('two is enough');
    expect(m.state).toEqual(state);
    m(x);
    expect(m.state[1]).toBe(2);
  });

  test('of nothing is nothing', () => {
    const m = stateful(layer);
    expect(m.map([])).toEqual([]);
    expect(m.state).toEqual(new Float32Array(3));
  });

  test('inside a step of the same model is refused', () => {
    const inner: { m?: (x: number) => unknown } = {};
    const m = stateful((n: number, x: number) => [n, inner.m?.(x)] as const, { initialState: 0 });
    inner.m = m;
    expect(() => m(1)).toThrow('expected one step at a time, got a step inside a step');
    inner.m = () => 5;
    expect(m(1)).toBe(5);
  });
});

describe('restore', () => {
  const saved = stateful(layer);
  saved(x);
  const snapshot = saved.snapshot();
  const text = JSON.stringify(snapshot);

  test('goes on where the snapshot was taken', () => {
    const m = stateful(layer);
    m.restore(JSON.parse(text));
    expect(m(x)).toEqual(saved(x));
  });

  test('refuses what does not fit and keeps its state', () => {
    const m = stateful(layer);
    m(x);
    const { state } = m;
    const json = (change: object) => ({ ...JSON.parse(text), ...change });
    const wrong: [message: string, given: unknown][] = [
      [
        'restore: expected a snapshot of Recur(GRUCell(2, 3)), got one of Recur(GRUCell(2, 4))',
        stateful(gru(2, 4)).snapshot(),
      ],
      [
        'restore: expected a snapshot of Recur(GRUCell(2, 3)), got one of Recur(GRUCell(2, 3; resetGate=before))',
        stateful(gru(2, 3, { resetGate: 'before' })).snapshot(),
      ],
      ['restore: expected a snapshot', undefined],
      ['restore: expected a snapshot', text],
      ['snapshot.version: expected 1, got 2', json({ version: 2 })],
      ['snapshot.backend: expected one of portable, simd,', json({ backend: 'gpu' })],
      ['snapshot.batch: expected null or a count, got -1', json({ batch: -1 })],
      ['gru.restore: expected a state of batch 2, got one of batch 0', json({ batch: 2 })],
      ['gru.restore: expected a state of batch 1000000000000', json({ batch: 1e12 })],
      ['gru.restore: expected the state h, got undefined', json({ state: undefined })],
      ['gru.initialState: expected [3] or [3, batch], got [2]', json({ state: [1, 2] })],
      ['gru.initialState: expected [3] or [3, batch]', json({ state: { h: [1, 2, 3] } })],
    ];
    for (const [message, given] of wrong) {
      expect(() => m.restore(given as never), message).toThrow(RecurError);
      expect(() => m.restore(given as never)).toThrow(message);
      expect(m.state).toEqual(state);
    }
  });

  test('of a batch goes on as that batch, and refuses another', () => {
    const batch = new NdView(new Float32Array(4).fill(0.5), [2, 2]);
    const first = stateful(layer);
    first(batch);
    const m = stateful(layer);
    m.restore(first.snapshot());
    expect(() => m(x)).toThrow('gru.x: expected a batch of 2, got a vector');
    expect(m(batch)).toEqual(first(batch));
  });
});

test('a given [hidden] state is broadcast over a batch', () => {
  const batch = new NdView(new Float32Array(4).fill(0.5), [2, 2]);
  const state = [0.1, 0.2, 0.3];
  const y = stateful(layer, { initialState: state })(batch);
  const alone = stateful(layer, { initialState: state })([0.5, 0.5]);
  for (const j of [0, 1]) expect([0, 1, 2].map(i => y.get(i, j))).toEqual([...alone]);
});

test('map with reuse gives the outputs of each step, apart from each other', () => {
  const cell = gru(1, 2, seeded);
  const sequence = [[1], [2], [-1]];
  const expected = stateful(cell).map(sequence);
  const reusing = stateful(cell, { reuse: true });
  expect(reusing.map(sequence)).toEqual(expected);
  reusing.reset();
  const steps = { data: Float32Array.of(1, 2, -1), shape: [1, 3], stride: [3, 1], offset: 0 };
  const whole = reusing.map(steps);
  expect([0, 1, 2].map(t => [whole.get(0, t), whole.get(1, t)])).toEqual(
    expected.map(y => Array.from(y)),
  );
});

describe.each(backends())('a step by a Float32Array on %s', backend => {
  test.each([1, 3, 4, 8, 9, 17, 33])('of %i numbers names the one that is not finite', size => {
    const m = stateful(gru(size, size, seeded), { backend, reuse: true });
    const right = new Float32Array(size).fill(0.5);
    const before = String(m(right));
    const state = m.state;
    for (let i = 0; i < size; i++) {
      for (const wrong of [Number.NaN, Infinity, -Infinity]) {
        const input = right.map((value, k) => (k === i ? wrong : value));
        expect(() => m(input)).toThrow(`gru.x: expected finite numbers, got ${wrong} at [${i}]`);
      }
    }
    expect(m.state).toEqual(state);
    m.reset();
    expect(String(m(right))).toBe(before);
  });

  test.each([8, 9])('of %i numbers is refused where its length is not what it says', size => {
    const m = stateful(gru(size, 2, seeded), { backend });
    const state = m.state;
    const shorter = Object.defineProperty(new Float32Array(size - 1), 'length', { value: size });
    expect(() => m(shorter)).toThrow(RecurError);
    expect(m.state).toEqual(state);
  });

  test.each([3, 20])('of %i numbers goes on where memory has grown meanwhile', size => {
    const [one, other] = [true, false].map(reuse => {
      return stateful(gru(size, size, seeded), { backend, reuse });
    });
    const input = new Float32Array(size).fill(0.5);
    const y = one(input);
    expect(y).toEqual(other(input));
    const heap = heapFor(backend === 'portable' ? 'portable' : 'wasm', 0);
    const { floats } = heap;
    heap.free(heap.allocate(floats.length), floats.length);
    expect(heap.floats === floats).toBe(false);
    expect(one(input)).toBe(y);
    expect(y).toEqual(other(input));
  });
});
