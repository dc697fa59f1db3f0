import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chain, dense, lstm, recur, rnn } from '../../src/index.js';
import { type Backend, backends } from '../../src/kernels/backends.js';
import type { Heap } from '../../src/kernels/heap.js';
import { type AnyCell, internals } from '../../src/streams/cell.js';
import { keyedStates } from '../../src/streams/keyed-states.js';
import type { KeyedStates } from '../../src/streams/slot-states.js';
import { withParams } from '../../src/streams/with-params.js';
import { sameBits } from '../laws/bits.js';
import { law } from '../laws/law.js';
import { folded, type Net, netOf, someNet } from '../laws/nets.js';
import { signal, someSeed } from '../laws/streams.js';

/** Steps streams together and makes it so; what came out. */
function stepped(states: KeyedStates, slots: readonly number[], xs: readonly unknown[]): unknown[] {
  for (const [i, x] of xs.entries()) states.read(i, x);
  states.step(slots, 0, slots.length);
  return slots.map((_, i) => {
    const y = states.output(i);
    states.commit(i);
    return y;
  });
}

law(
  'streams that are stepped together are their cells alone, wherever their slots are',
  [someNet, fc.integer({ min: 1, max: 40 }), fc.constantFrom(...backends()), someSeed],
  (spec, count, backend, seed) => {
    const net = netOf(spec);
    const states = keyedStates(net.cell, { backend, most: count });
    const slots = Array.from({ length: count }, () => states.open(undefined));
    expect(new Set(slots).size).toBe(count);
    // A slot that was closed begins anew.
    states.close(slots[0]);
    slots[0] = states.open(undefined);
    const streams = slots.map((_, k) => signal(seed + k, spec.inputSize, 3));
    const order = slots.map((_, k) => (k * 7 + seed) % count);
    const turns = order.filter((k, i) => order.indexOf(k) === i);
    for (let t = 0; t < 3; t++) {
      const ys = stepped(
        states,
        turns.map(k => slots[k]),
        turns.map(k => streams[k][t]),
      );
      for (const [i, k] of turns.entries()) {
        const alone = keyedStates(net.cell, { backend, most: 1 });
        const own = [alone.open(undefined)];
        let y: unknown;
        for (const x of streams[k].slice(0, t + 1)) [y] = stepped(alone, own, [x]);
        sameBits(ys[i], y);
        sameBits(states.state(slots[k]), alone.state(own[0]));
        alone.end();
      }
    }
    states.end();
  },
);

law('one stream is its pure cell, a call a step', [someNet, someSeed], (spec, seed) => {
  const net = netOf(spec);
  const states = keyedStates(net.cell, { most: 1 });
  const slot = [states.open(undefined)];
  const stream = signal(seed, spec.inputSize, 4);
  const { outputs, state } = folded(net, stream);
  sameBits(
    stream.map(x => stepped(states, slot, [x])[0]),
    outputs,
  );
  sameBits(states.state(slot[0]), state);
  states.end();
});

const half = (v: Float32Array) => v.map(value => value / 2);
const models = {
  'a slab': lstm(2, 3, { seed: 1 }),
  machines: chain(lstm(2, 3, { seed: 1 }), half),
} as unknown as Record<string, Net>;

describe.each(Object.entries(models))('%s', (_, net) => {
  test('what was not committed did not happen', () => {
    const states = keyedStates(net.cell, { most: 2 });
    const slots = [states.open(undefined), states.open(undefined)];
    states.read(0, [1, 2]);
    states.read(1, [3, 4]);
    const before = states.state(slots[0]);
    states.step(slots, 0, 2);
    states.commit(1);
    sameBits(states.state(slots[0]), before);
    sameBits(states.state(slots[1]), folded(net, [[3, 4]]).state);
    sameBits(stepped(states, slots.slice(0, 1), [[1, 2]]), folded(net, [[1, 2]]).outputs);
    states.end();
  });

  test('a state that is given is copied, in and out', () => {
    const states = keyedStates(net.cell, { most: 1 });
    const given = folded(net, [[1, 2]]).state;
    const slot = states.open(given);
    const wanted = structuredClone(given);
    const lists = [given, states.state(slot)].flatMap(state => [state].flat());
    for (const state of lists) (state as { h: Float32Array } | undefined)?.h?.fill(9);
    sameBits(states.state(slot), wanted);
    states.end();
  });

  test('a state or an input that does not fit is refused and nothing is opened or read', () => {
    const states = keyedStates(net.cell, { most: 2 });
    const slot = states.open(undefined);
    expect(() => states.open([[1], [2]])).toThrow(/initialState/);
    expect(states.open(undefined)).toBe(slot + 1);
    const misread = (x: unknown) => {
      states.read(1, x);
      states.step([slot, slot + 1], 1, 1);
    };
    for (const x of [[1], [1, Number.NaN], 'ab', null]) expect(() => misread(x)).toThrow(/lstm\.x/);
    sameBits(states.state(slot + 1), folded(net, []).state ?? net.initialState());
    states.end();
  });
});

test('slots are apart in slabs that double', () => {
  const layer = rnn(1, 1, { activation: 'identity', bias: false, params: one() });
  const { pool } = layer.cell[internals].engines?.get() ?? {};
  const states = keyedStates(layer.cell, { most: 1 });
  const count = 70_000;
  for (let i = 0; i < count; i++) states.open([i]);
  for (const slot of [0, 15, 16, 31, 32, 63, 64, 65_535, 65_536, count - 1]) {
    expect(states.state(slot)).toEqual(Float32Array.of(slot));
  }
  const size = pool?.memory.length ?? 0;
  const regions = pool?.heap.regions;
  states.end();
  const again = keyedStates(layer.cell, { most: 1 });
  for (let i = 0; i < count; i++) again.open([i]);
  expect(pool?.memory.length).toBe(size);
  expect(pool?.heap.regions).toBe(regions);
  again.end();
});

const one = () => ({ weightIh: [1], weightHh: [1] });

test('a layer that begins elsewhere does so in a slab, asked anew for each stream', () => {
  let births = 0;
  const begun = recur(rnn(1, 1, { params: one(), bias: false }), {
    initialState: () => [++births],
  });
  const states = keyedStates(begun.cell, { most: 1 });
  expect([states.open(undefined), states.open(undefined)].map(slot => states.state(slot))).toEqual([
    Float32Array.of(1),
    Float32Array.of(2),
  ]);
  states.end();
});

test('where one of many refuses, none has stepped', () => {
  const net = chain(
    rnn(1, 1, { activation: 'identity', bias: false, params: one() }),
    dense(1, 1, { activation: 'identity', bias: false, params: { weight: [1] } }),
  );
  for (const backend of backends()) {
    const states = keyedStates(net.cell, { backend, most: 3 });
    const slots = [[1], [3e38], [2]].map(h => states.open([h, undefined]));
    for (const [i, x] of [[1], [3e38], [1]].entries()) states.read(i, x);
    expect(() => states.step(slots, 0, 3)).toThrow(
      'chain[1].dense.x: expected finite numbers, got Infinity at [0]',
    );
    expect(slots.map(slot => (states.state(slot) as Float32Array[])[0][0])).toEqual([
      1,
      Math.fround(3e38),
      2,
    ]);
    states.end();
  }
});

/** Runs something while the heap of a cell's engine has no more room. */
function withoutRoom(cell: AnyCell, backend: Backend, work: () => void): void {
  const heap = cell[internals].engines?.get(backend).pool.heap as Heap;
  const { allocate } = heap;
  heap.allocate = () => {
    throw new RangeError('no more room');
  };
  heap.full = true;
  try {
    work();
  } finally {
    heap.allocate = allocate;
    heap.full = false;
  }
}

describe('if the memory is full', () => {
  const cell = chain(lstm(2, 3, { seed: 1 }), dense(3, 1, { seed: 2 })).cell;
  const params = chain(lstm(2, 3, { seed: 3 }), dense(3, 1, { seed: 4 })).params;
  const xs = signal(1, 2, 40);

  test.each(backends())('keys go on in another one with their states: %s', backend => {
    const states = keyedStates(cell, { backend, most: 40 });
    const slots = xs.slice(0, 16).map(() => states.open(undefined));
    const first = stepped(states, slots, xs.slice(0, 16));
    states.close(slots[3]);
    const before = slots.map(slot => (slot === slots[3] ? undefined : states.state(slot)));
    withoutRoom(cell, backend, () => {
      slots[3] = states.open(undefined);
      for (let i = 16; i < 40; i++) slots.push(states.open(undefined));
    });
    expect(new Set(slots).size).toBe(40);
    for (const [i, state] of before.entries()) if (state) sameBits(states.state(slots[i]), state);
    const alone = keyedStates(cell, { backend, most: 1 });
    for (const [i, y] of stepped(states, slots, xs).entries()) {
      const own = [alone.open(undefined)];
      if (i < 16 && i !== 3) sameBits(stepped(alone, own, [xs[i]])[0], first[i]);
      sameBits(y, stepped(alone, own, [xs[i]])[0]);
    }
    alone.end();
    states.end();
  });

  test.each(backends())('weights are swapped into another one: %s', backend => {
    const states = keyedStates(cell, { backend, most: 1 });
    const slot = states.open(undefined);
    stepped(states, [slot], [xs[0]]);
    const state = states.state(slot);
    const next = withParams(cell, params, 'weights');
    withoutRoom(cell, backend, () => states.use(next));
    sameBits(states.state(slot), state);
    const other = keyedStates(next, { backend, most: 1 });
    const own = other.open(state, { batch: 0 });
    sameBits(stepped(states, [slot], [xs[1]]), stepped(other, [own], [xs[1]]));
    states.end();
    other.end();
  });
});
