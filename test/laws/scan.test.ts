import fc from 'fast-check';
import {
  defer,
  filter,
  from,
  ignoreElements,
  map,
  type Observable,
  Subject,
  scan,
  take,
  tap,
} from 'rxjs';
import { describe, expect, test } from 'vitest';
import { type RecurConfig, recur } from '../../src/index.js';
import { nothingIsThrownLate } from './late.js';
import { law } from './law.js';

// `recur(fn)` is RxJS's `scan` over states, then `map` to outputs, for any plain function.

nothingIsThrownLate();

type Pair = readonly [h: unknown, y: unknown];
type Fn = (h: unknown, x: unknown) => Pair;
type Operator = (source: Observable<unknown>) => Observable<unknown>;

interface Event {
  readonly x: unknown;
  /** True: a reset fires before this event. */
  readonly first: boolean;
}

/** A function of any states, inputs and outputs; undefined: there it throws. */
const someFn = fc.func<[unknown, unknown], Pair | undefined>(
  fc.option(fc.tuple(fc.jsonValue(), fc.anything()), { nil: undefined, freq: 12 }),
);
const someState = fc.jsonValue();
const someInputs = fc.array(fc.anything(), { maxLength: 10 });
const someEvents = fc.array(fc.record({ x: fc.anything(), first: fc.boolean() }), {
  maxLength: 10,
});
/** How a source ends, and how many outputs its subscriber takes. */
const someEnd = fc.constantFrom('completes', 'fails');
const someLimit = fc.option(fc.integer({ min: 1, max: 12 }), { nil: Infinity });

/** What a synchronous source and its subscribers see, in order, in two subscriptions. */
function trace(
  fn: (...args: [unknown, unknown]) => Pair | undefined,
  events: readonly unknown[],
  end: string,
  limit: number,
  operator: (fn: Fn) => Operator,
): unknown[] {
  const seen: unknown[] = [];
  function* pulled() {
    try {
      for (const event of events) {
        seen.push(['pulled', event]);
        yield event;
      }
      if (end === 'fails') throw 'line lost';
    } finally {
      seen.push('closed');
    }
  }
  const logged: Fn = (h, x) => {
    const pair = fn(h, x);
    seen.push(['called', h, x, pair]);
    if (!pair) throw 'mine';
    return pair;
  };
  const output$ = defer(() => from(pulled())).pipe(operator(logged), take(limit));
  for (let subscription = 0; subscription < 2; subscription++) {
    output$.subscribe({
      next: y => seen.push(['next', y]),
      // What a function throws is the cause of a RecurError.
      error: error => seen.push(['error', error instanceof Error ? error.cause : error]),
      complete: () => seen.push('complete'),
    });
  }
  return seen;
}

const recurring = (fn: Fn, config: RecurConfig<never, never, never, never, never, unknown>) =>
  recur(fn, config as object) as Operator;

law(
  'recur(fn) is scan and map: calls, values, ends, pulls, and a fresh state a subscription',
  [someFn, someState, someInputs, someEnd, someLimit],
  (fn, initialState, inputs, end, limit) => {
    const scanned = (fn: Fn): Operator => {
      const seed: Pair = [initialState, undefined];
      return source =>
        source.pipe(
          scan(([h]: Pair, x) => fn(h, x), seed),
          map(([, y]) => y),
        );
    };
    expect(trace(fn, inputs, end, limit, fn => recurring(fn, { initialState }))).toStrictEqual(
      trace(fn, inputs, end, limit, scanned),
    );
  },
);

law(
  'with a reset from the events it is a scan that begins again where one is marked',
  [someFn, someState, someEvents, someEnd, someLimit],
  (fn, initialState, events, end, limit) => {
    const scanned = (fn: Fn): Operator => {
      const seed: Pair = [initialState, undefined];
      const step = ([h]: Pair, { x, first }: Event) => fn(first ? initialState : h, x);
      return source =>
        (source as Observable<Event>).pipe(
          scan(step, seed),
          map(([, y]) => y),
        );
    };
    const config = {
      initialState,
      select: ({ x }: Event) => x as never,
      reset: (events$: Observable<Event>) => events$.pipe(filter(({ first }) => first)),
    };
    expect(trace(fn, events, end, limit, fn => recurring(fn, config))).toStrictEqual(
      trace(fn, events, end, limit, scanned),
    );
  },
);

law(
  'where it skips what is invalid it is a scan that keeps its state there, and a filter',
  [someFn, someState, someInputs, someEnd, someLimit],
  (fn, initialState, inputs, end, limit) => {
    const none = Symbol('none');
    const scanned = (fn: Fn): Operator => {
      const seed: Pair = [initialState, none];
      const step = ([h]: Pair, x: unknown): Pair => {
        try {
          return fn(h, x);
        } catch {
          return [h, none];
        }
      };
      return source =>
        source.pipe(
          scan(step, seed),
          filter(([, y]) => y !== none),
          map(([, y]) => y),
        );
    };
    const config = { initialState, onInvalid: 'skip' } as const;
    expect(trace(fn, inputs, end, limit, fn => recurring(fn, config))).toStrictEqual(
      trace(fn, inputs, end, limit, scanned),
    );
  },
);

law(
  'a function that alters its state alters that of its own subscription alone, as a deferred scan',
  [fc.array(fc.integer(), { maxLength: 3 }), fc.array(fc.integer(), { maxLength: 10 })],
  (initialState, inputs) => {
    const collecting: Fn = (h, x) => {
      (h as unknown[]).push(x);
      return [h, (h as unknown[]).join()];
    };
    const scanned = (fn: Fn): Operator => {
      const begin = (): Pair => [[...initialState], undefined];
      return source =>
        defer(() =>
          source.pipe(
            scan(([h]: Pair, x) => fn(h, x), begin()),
            map(([, y]) => y),
          ),
        );
    };
    const outputs = (operator: Operator) => {
      const seen: unknown[] = [];
      const output$ = from(inputs).pipe(operator);
      for (let k = 0; k < 2; k++) output$.subscribe(y => seen.push(y));
      return seen;
    };
    expect(outputs(recurring(collecting, { initialState }))).toEqual(outputs(scanned(collecting)));
  },
);

/** The outputs for two events, of which the first one's `feed` may send another into the source. */
function fed(config: (feed: () => void) => object): unknown[] {
  const source = new Subject<number>();
  let isFed = false;
  const feed = () => {
    if (isFed) return;
    isFed = true;
    source.next(10);
  };
  const sum = (h: number, x: number) => {
    if (x < 0) throw new Error('negative');
    return [h + x, h + x] as const;
  };
  const outputs: unknown[] = [];
  source
    .pipe(recur(sum as Fn, { initialState: 0, ...config(feed) } as object) as Operator)
    .subscribe(y => outputs.push(y));
  for (const x of [1, -2, 3]) source.next(x);
  return outputs;
}

describe('an event that is fed back', () => {
  test('by the observer of states is emitted before the event that it follows', () => {
    expect(fed(feed => ({ state: feed, onInvalid: 'skip' }))).toEqual([11, 1, 14]);
  });

  test('by onInvalid is emitted once, in place of what was dropped', () => {
    expect(fed(feed => ({ onInvalid: feed }))).toEqual([1, 11, 14]);
  });

  test('by a reset from the events is emitted before the event that the reset was fed', () => {
    const reset = (feed: () => void) => (events$: Observable<unknown>) =>
      events$.pipe(tap(feed), ignoreElements());
    expect(fed(feed => ({ reset: reset(feed), onInvalid: 'skip' }))).toEqual([10, 11, 14]);
  });
});
