import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { chain, forecast, gru, recur, stateful } from '../../src/index.js';
import type { Backend } from '../../src/kernels/backends.js';
import type { Heap } from '../../src/kernels/heap.js';
import { enginesIn } from '../../src/streams/backend.js';
import { sameBits } from './bits.js';
import { type Net, recurOf } from './nets.js';
import { configOf, eventOf, modelOf, sequenceModels } from './sequence-layers.js';

// Swaps of every kind of layer: their numbers, and the room that they give back.

/** The heap of a model, which has all its weights there. */
function heapOf({ cell }: Net, backend?: Backend): Heap {
  const [engine] = enginesIn(cell).map(engines => engines.get(backend));
  return engine.pool.heap;
}

const names = Object.keys(sequenceModels);

test.each(names)('%s goes on as the next model does from its snapshot', name => {
  const [weights, source] = [new Subject(), new Subject<unknown>()];
  const outputs: unknown[] = [];
  const config = configOf(name);
  const model = recurOf(modelOf(name, 1), { ...config, weights });
  source.pipe(model as never).subscribe(y => outputs.push(y));
  const answer = (m: { map(x: never): unknown; (x: never): unknown }, x: unknown) =>
    'chunks' in config ? m.map(x as never) : m(x as never);
  let fresh = stateful(modelOf(name, 1));
  const used = stateful(modelOf(name, 1));
  for (let t = 0; t < 9; t++) {
    if (t % 3 === 2) {
      const net = modelOf(name, t);
      weights.next(net.params);
      used.use(net.params as never);
      fresh = stateful(net, { restore: fresh.snapshot() });
    }
    const x = eventOf(name, t);
    source.next(x);
    const want = answer(fresh, x);
    sameBits(outputs.at(-1), want);
    sameBits(answer(used, x), want);
    if (t % 3 === 2) expect(want).not.toEqual(answer(stateful(modelOf(name, 1)), x));
  }
  expect(outputs).toHaveLength(9);
});

describe('the heap is where it was', { timeout: 60_000 }, () => {
  test.each(names.map(name => [name, name.startsWith('one cell') ? 20_000 : 200] as const))(
    'after swaps of %s, %i times',
    (name, times) => {
      const layer = modelOf(name, 1);
      const sets = [2, 3].map(seed => modelOf(name, seed).params);
      const heap = heapOf(layer);
      const { regions: before } = heap;
      const [weights, source] = [new Subject(), new Subject<unknown>()];
      const model = recurOf(layer, { ...configOf(name), weights });
      const subscription = source.pipe(model as never).subscribe();
      const x = eventOf(name, 1);
      source.next(x);
      weights.next(sets[0]);
      source.next(x);
      const { regions, floats } = heap;
      for (let i = 0; i < times; i++) {
        weights.next(sets[i % 2]);
        if (i % 8 === 0) source.next(x);
      }
      expect(heap.regions).toBe(regions);
      expect(heap.floats.length).toBe(floats.length);
      subscription.unsubscribe();
      expect(heap.regions).toBe(before);
    },
  );

  test.each(names)('after sets, misfits and resets in the middle of steps of %s', name => {
    const layer = modelOf(name, 1);
    const sets = [2, 3].map(seed => modelOf(name, seed).params);
    const heap = heapOf(layer);
    const { regions: before } = heap;
    for (let i = 0; i < 30; i++) {
      const [weights, reset, source] = [new Subject(), new Subject(), new Subject<unknown>()];
      let t = 0;
      const select = (x: unknown) => {
        const say = [() => weights.next(sets[0]), () => reset.next(1), () => weights.next(sets[1])];
        for (const k of [t, t + 1, t + i]) say[k % 3]();
        if (t++ === 4 && i % 3 === 0) weights.next('a misfit');
        return x;
      };
      const model = recurOf(layer, { ...configOf(name), weights, reset, select });
      const subscription = source.pipe(model as never).subscribe({ error: () => {} });
      for (let k = 0; k < 6; k++) source.next(eventOf(name, k));
      subscription.unsubscribe();
      expect(heap.regions).toBe(before);
    }
  });

  test('after swaps by use, and of what looks ahead', () => {
    const layer = chain(gru(2, 4, { seed: 1 }), gru(4, 2, { seed: 1 }));
    const sets = [2, 3].map(seed => [gru(2, 4, { seed }).params] as const);
    const heap = heapOf(layer as never);
    const m = stateful(layer);
    m.use(sets[0]);
    const { regions, floats } = heap;
    for (let i = 0; i < 1000; i++) {
      m.use(sets[i % 2]);
      m([i, 1]);
    }
    expect(heap.regions).toBe(regions);
    const [weights, source] = [new Subject<(typeof sets)[number]>(), new Subject<number[]>()];
    const subscription = source.pipe(forecast(layer, 3, { weights })).subscribe();
    for (let i = 0; i < 1000; i++) {
      weights.next(sets[i % 2]);
      source.next([i % 3, 1]);
    }
    subscription.unsubscribe();
    expect(heap.regions).toBe(regions);
    expect(heap.floats.length).toBe(floats.length);
  });

  test('of other backends after swaps of a stream that is pinned to one', () => {
    const heap = heapOf(gru(2, 2) as never);
    const { regions } = heap;
    const initialState = [0.5, 0.5];
    const begun = recur(gru(2, 2, { seed: 1 }).cell, { initialState });
    const { regions: after } = heap;
    const m = stateful(
      chain(begun, (y: Float32Array) => y),
      { backend: 'portable' },
    );
    const isShared = heap === heapOf(begun as never, 'portable');
    const { regions: running } = heap;
    for (let i = 0; i < 100; i++) {
      m.use([gru(2, 2, { seed: i }).params]);
      m([1, 2]);
    }
    expect(heap.regions).toBe(running);
    if (!isShared) expect([regions + 1, after]).toEqual([after, running]);
  });
});
