import {
  concat,
  defer,
  EMPTY,
  from,
  NEVER,
  of,
  repeat,
  retry,
  Subject,
  take,
  throwError,
} from 'rxjs';
import { describe, expect, test } from 'vitest';
import { chain, lstm, recur } from '../../src/index.js';
import { internals } from '../../src/streams/cell.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { keyedOf, type Pair, pairs, sums } from './keyed.js';
import { marbles, sum, sumChain } from './models.js';

nothingIsThrownLate();

const x: Readonly<Record<string, Pair>> = { a: ['a', 1], b: ['b', 10], c: ['a', 2], d: ['b', 20] };
const y = { p: 'a1', q: 'b10', r: 'a3', s: 'b30' };
const models = {
  'a layer': sums,
  'a chain': sumChain,
  'a plain function': recur((h: number, [v]: number[]) => sum(h, v), { initialState: 0 }),
};

describe.each(Object.entries(models))('%s', (_, model) => {
  const keyed = keyedOf(model, pairs);

  test('never emits where the source never does', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-');
      expectObservable(source.pipe(keyed), '^---!').toBe('-');
      expectSubscriptions(source.subscriptions).toBe('^---!');
      expectObservable(NEVER.pipe(keyed)).toBe('');
    });
  });

  test('completes at once where the source is empty', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('|');
      expectObservable(source.pipe(keyed)).toBe('|');
      expectSubscriptions(source.subscriptions).toBe('(^!)');
      expectObservable(EMPTY.pipe(keyed)).toBe('|');
    });
  });

  test('emits one output an event, at once, from its key, and completes with the source', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a-b-c-(d|)', x);
      expectObservable(source.pipe(keyed)).toBe('-p-q-r-(s|)', y);
      expectSubscriptions(source.subscriptions).toBe('^------!');
    });
  });

  test("passes the source's error on, once", () => {
    marbles(({ cold, expectObservable }) => {
      const broken = cold('-a-b-#', x, new Error('line lost'));
      expectObservable(broken.pipe(keyed)).toBe('-p-q-#', y, new Error('line lost'));
    });
  });

  test('goes on with an unending source', () => {
    marbles(({ hot, expectObservable }) => {
      expectObservable(hot('-a-b-c---', x).pipe(keyed)).toBe('-p-q-r---', y);
    });
  });

  test('leaves the source when its subscriber leaves', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('-a-b-c-', x);
      expectObservable(source.pipe(keyed), '^---!').toBe('-p-q-', y);
      expectSubscriptions(source.subscriptions).toBe('^---!');
    });
  });

  test('two subscriptions, retry and repeat have each their own states', () => {
    marbles(({ hot, cold, expectObservable }) => {
      const output = hot('-a-b-c-d|', x).pipe(keyed);
      expectObservable(output).toBe('-p-q-r-s|', y);
      expectObservable(output, '--^').toBe('---q-t-s|', { ...y, t: 'a2' });
      const broken = cold('-a-c-#', x);
      expectObservable(broken.pipe(keyed, retry(1))).toBe('-p-r--p-r-#', y);
      expectObservable(cold('-a-c|', x).pipe(keyed, repeat(2))).toBe('-p-r-p-r|', y);
    });
  });
});

const batches = { 'each event at once': {}, 'in batches': { batch: { maxSize: 3, maxDelay: 50 } } };

describe.each(Object.entries(batches))('%s', (_, config) => {
  const isBatched = 'batch' in config;

  test('take(2) pulls no more of an endless synchronous source than it must', () => {
    let pulled = 0;
    function* endless() {
      for (;;) yield [`key ${pulled++}`, 1];
    }
    const outputs: unknown[] = [];
    from(endless())
      .pipe(keyedOf(sums, { ...pairs, ...config }), take(2))
      .subscribe(output => outputs.push(output));
    expect(outputs).toEqual(['key 01', 'key 11']);
    expect(pulled).toBe(isBatched ? 3 : 2);
  });

  test('events of one key pull one by one', () => {
    let pulled = 0;
    function* endless() {
      for (;;) yield ['a', ++pulled];
    }
    const outputs: unknown[] = [];
    from(endless())
      .pipe(keyedOf(sums, { ...pairs, ...config }), take(2))
      .subscribe(output => outputs.push(output));
    expect(outputs).toEqual(['a1', 'a3']);
    expect(pulled).toBe(isBatched ? 3 : 2);
  });

  test('an emission that causes the next event keeps the order of each key', () => {
    const source = new Subject<Pair>();
    const outputs: unknown[] = [];
    source.pipe(keyedOf(sums, { ...pairs, ...config })).subscribe(output => {
      outputs.push(output);
      if (outputs.length < 8) for (const key of ['a', 'b']) source.next([key, 1]);
      else source.complete();
    });
    for (const key of ['a', 'b', 'c', 'a']) source.next([key, 1]);
    for (const key of ['a', 'b']) {
      const own = outputs.filter(output => String(output).startsWith(key));
      expect(own).toEqual(own.map((_, i) => `${key}${i + 1}`));
    }
  });

  test('a reset from a subscriber keeps the order of what was stepped already', () => {
    const reset = new Subject<string>();
    const source = new Subject<Pair>();
    const outputs: unknown[] = [];
    source.pipe(keyedOf(sums, { ...pairs, ...config, reset })).subscribe(output => {
      outputs.push(output);
      if (outputs.length > 1) return;
      source.next(['b', 5]);
      reset.next('b');
    });
    for (const key of ['a', 'b', 'c', 'b']) source.next([key, 1]);
    source.complete();
    const own = outputs.filter(output => String(output).startsWith('b'));
    expect(own).toEqual(isBatched ? ['b1', 'b6', 'b1'] : ['b5', 'b1', 'b2']);
  });

  test('states begin with the subscription', () => {
    let births = 0;
    const initialState = () => [births++];
    const operator = keyedOf(sums, { ...pairs, ...config, initialState });
    expect(births).toBe(0);
    const flaky$ = defer(() => concat(of(['a', 1]), births < 2 ? throwError(() => 'lost') : EMPTY));
    const outputs: unknown[] = [];
    flaky$.pipe(operator, retry()).subscribe(output => outputs.push(output));
    expect(births).toBe(3);
    expect(outputs).toEqual(isBatched ? ['a3'] : ['a1', 'a2', 'a3']);
  });

  test('what a subscription took of the memory it gives back', () => {
    const layer = lstm(1, 4, { seed: 1 });
    const { pool } = layer.cell[internals].engines?.get() ?? {};
    const operator = keyedOf(layer, { ...pairs, ...config, project: undefined, maxKeys: 50 });
    const sizes = new Set<number | undefined>();
    for (let cycle = 0; cycle < 20; cycle++) {
      const source = new Subject<Pair>();
      const subscription = source.pipe(operator).subscribe({ error: () => {} });
      for (let i = 0; i < 2000; i++) source.next([`key ${i % 100}`, 1]);
      if (cycle % 2) subscription.unsubscribe();
      else source.error(new Error('lost'));
      // The first cycle makes the room.
      if (cycle > 0) sizes.add(pool?.memory.length);
      // Room that is free again is the next to be taken: what is taken now was there before.
      const at = pool?.take(64) ?? 0;
      expect(at).toBeLessThan(pool?.memory.length ?? 0);
      pool?.give(at, 64);
    }
    expect(sizes.size).toBe(1);
  });
});

test('a project that unsubscribes leaves the model as it was', () => {
  const layer = lstm(1, 4, { seed: 1 });
  const steps = (): number[] => {
    const outputs: number[] = [];
    of([1], [2], [3])
      .pipe(layer)
      .subscribe(output => outputs.push(...output));
    return outputs;
  };
  const before = steps();
  for (const batch of [undefined, { maxSize: 3, maxDelay: 9 }]) {
    const source = new Subject<Pair>();
    const project = () => subscription.unsubscribe();
    const subscription = source.pipe(keyedOf(layer, { ...pairs, project, batch })).subscribe();
    for (const key of ['a', 'b', 'c', 'd']) source.next([key, 1]);
    expect(source.observed).toBe(false);
  }
  expect(steps()).toEqual(before);
});

test("an event that a user's function sends while another is taken is refused, no state touched", () => {
  const source = new Subject<Pair>();
  let sent = false;
  const invalid: string[] = [];
  const outputs: unknown[] = [];
  const project = (output: Float32Array, [key]: Pair) => {
    if (!sent) {
      sent = true;
      source.next(['b', 100]);
    }
    return `${key}${output[0]}`;
  };
  const operator = keyedOf(sums, { ...pairs, project });
  operator.invalid.subscribe(({ error }) => invalid.push(error.message));
  source.pipe(operator).subscribe(output => outputs.push(output));
  source.next(['a', 1]);
  source.next(['b', 2]);
  source.next(['a', 3]);
  expect(outputs).toEqual(['a1', 'b2', 'a4']);
  expect(invalid).toEqual([
    'RNNCell(1, 1, identity; bias=false): expected one step at a time, got a step inside a step',
  ]);
});

test('no chain takes it for a function of a vector', () => {
  const operator = keyedOf(sums, pairs);
  expect(() => chain(sums, operator as never)).toThrow(/without configuration of a stream/);
});
