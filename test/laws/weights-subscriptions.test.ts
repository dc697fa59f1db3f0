import fc from 'fast-check';
import {
  BehaviorSubject,
  concat,
  defer,
  from,
  of,
  repeat,
  retry,
  Subject,
  take,
  throwError,
} from 'rxjs';
import { expect, test } from 'vitest';
import { type ParamsOf, rnn, stateful, type Vec } from '../../src/index.js';
import { numbersOf, sameBits } from './bits.js';
import { nothingIsThrownLate } from './late.js';
import { law } from './law.js';
import { drawnAnew, emitted, folded, netOf, recurOf, someNet } from './nets.js';
import { signal, someSeed } from './streams.js';

// Sets of parameters belong to a subscription: it hears them from its beginning to its end.

nothingIsThrownLate();

law(
  'two subscriptions of one operator, and the layer, do not see what one of them is given',
  [someNet, fc.array(fc.boolean(), { maxLength: 12 }), someSeed],
  (spec, turns, seed) => {
    const layer = netOf(spec);
    const before = JSON.stringify(layer.params);
    const sources = [new Subject<Vec>(), new Subject<Vec>()];
    const notifiers = [new Subject(), new Subject()];
    let subscriptions = 0;
    const weights = defer(() => notifiers[subscriptions++]);
    const model = recurOf(layer, { weights });
    const outputs: unknown[][] = [[], []];
    for (const [k, source] of sources.entries()) {
      source.pipe(model).subscribe(y => outputs[k].push(y));
    }
    const nets = [layer, layer];
    const states: unknown[] = [undefined, undefined];
    for (const [t, x] of signal(seed, spec.inputSize, turns.length).entries()) {
      const k = Number(turns[t]);
      if (t % 3 === 0) {
        nets[k] = netOf(drawnAnew(spec, t + 1));
        notifiers[k].next(nets[k].params);
      }
      sources[k].next(x);
      const [state, y] = nets[k].cell(states[k], x);
      states[k] = state;
      sameBits(outputs[k].at(-1), y);
    }
    expect(JSON.stringify(layer.params)).toBe(before);
    const stream = signal(seed, spec.inputSize, 3);
    sameBits(emitted(layer, stream), folded(netOf(spec), stream).outputs);
  },
);

law(
  'all subscriptions of one operator hear one subject; who comes later begins with the layer',
  [someNet, someSeed],
  (spec, seed) => {
    const [x] = signal(seed, spec.inputSize, 1);
    const [layer, next] = [netOf(spec), netOf(drawnAnew(spec, 1))];
    const [weights, source] = [new Subject(), new Subject<Vec>()];
    const output$ = source.pipe(recurOf(layer, { weights }));
    const outputs: unknown[][] = [[], [], []];
    output$.subscribe(y => outputs[0].push(y));
    output$.subscribe(y => outputs[1].push(y));
    weights.next(next.params);
    output$.subscribe(y => outputs[2].push(y));
    source.next(x);
    const answers = [next, next, layer].map(net => folded(net, [x]).outputs);
    sameBits(outputs, answers);
  },
);

law(
  'retry and repeat begin with the parameters of the layer',
  [someNet, fc.integer({ min: 1, max: 6 }), someSeed],
  (spec, until, seed) => {
    const [layer, next] = [netOf(spec), netOf(drawnAnew(spec, 1))];
    const stream = signal(seed, spec.inputSize, until);
    const weights = new Subject();
    // Other parameters step the second half of the events, in each subscription.
    const source$ = from([...stream, ...stream]);
    let t = 0;
    const select = (x: Vec) => {
      if (t++ % (2 * until) === until - 1) weights.next(next.params);
      return x;
    };
    const first = folded(layer, stream);
    const once = [...first.outputs, ...folded(next, stream, first.state).outputs];
    const repeated: unknown[] = [];
    source$.pipe(recurOf(layer, { weights, select }), repeat(2)).subscribe(y => repeated.push(y));
    sameBits(repeated, [...once, ...once]);
    let isFirst = true;
    const failing$ = defer(() => {
      const isBroken = isFirst;
      isFirst = false;
      return isBroken
        ? concat(
            source$,
            throwError(() => new Error('line lost')),
          )
        : source$;
    });
    const retried: unknown[] = [];
    failing$.pipe(recurOf(layer, { weights, select }), retry(1)).subscribe(y => retried.push(y));
    sameBits(retried, [...once, ...once]);
  },
);

law(
  'a set that is emitted as it is subscribed to counts for the first event, of a cold source too',
  [someNet, fc.constantFrom('of', 'two', 'behavior', 'array', 'iterable'), someSeed],
  (spec, kind, seed) => {
    const nets = [1, 2].map(k => netOf(drawnAnew(spec, k)));
    const [first, second] = nets.map(({ params }) => params);
    const weights = {
      ...{ of: of(second), two: of(first, second), behavior: new BehaviorSubject(second) },
      ...{ array: [first, second], iterable: new Set([first, second]) },
    }[kind];
    const stream = signal(seed, spec.inputSize, 3);
    const wanted = folded(nets[1], stream).outputs;
    const model = recurOf(netOf(spec), { weights });
    sameBits(emitted(model, stream), wanted);
    let pulled = 0;
    function* endless() {
      for (;;) yield stream[pulled++ % 3];
    }
    const taken: unknown[] = [];
    from(endless())
      .pipe(model, take(2))
      .subscribe(y => taken.push(y));
    sameBits(taken, wanted.slice(0, 2));
    expect(pulled).toBe(2);
  },
);

law(
  'arrays of a set that are changed after it was given change nothing',
  [someNet, someSeed],
  (spec, seed) => {
    const stream = signal(seed, spec.inputSize, 4);
    const next = netOf(drawnAnew(spec, 1));
    const given = next.params;
    const m = stateful(netOf(spec));
    m.use(given as never);
    const scribble = (value: unknown): void => {
      for (const part of Object.values(value as object)) {
        if (part?.data) part.data.fill(7);
        else scribble(part);
      }
    };
    const outputs = stream.slice(0, 2).map(x => m(x));
    scribble(given);
    outputs.push(...stream.slice(2).map(x => m(x)));
    sameBits(outputs, folded(next, stream).outputs);
  },
);

test('a set is subscribed to before the source, and no longer than the output', () => {
  const layer = rnn(1, 1, { seed: 1 });
  const ends = {
    complete: (source: Subject<number[]>) => source.complete(),
    error: (source: Subject<number[]>) => source.error(new Error('line lost')),
    invalid: (source: Subject<number[]>) => source.next([Number.NaN]),
    take: (source: Subject<number[]>) => source.next([1]),
    unsubscribe: (_: Subject<number[]>, end: () => void) => end(),
  };
  for (const [name, end] of Object.entries(ends)) {
    const weights = new Subject<ParamsOf<typeof layer>>();
    const source = new Subject<number[]>();
    let wasObserved = false;
    const watched = defer(() => {
      wasObserved = weights.observed;
      return source;
    });
    const outputs = watched.pipe(
      recurOf(layer, { weights }) as never,
      take(name === 'take' ? 1 : 9),
    );
    const subscription = outputs.subscribe({ error: () => {} });
    expect(wasObserved).toBe(true);
    expect(weights.observed).toBe(true);
    end(source, () => subscription.unsubscribe());
    expect([name, weights.observed]).toEqual([name, false]);
    // Nobody hears it any more.
    weights.next({ weightIh: [Number.NaN] });
  }
});

test('completion of weights changes nothing', () => {
  const layer = rnn(1, 1, { seed: 1 });
  const next = rnn(1, 1, { seed: 2 });
  const weights = new Subject();
  const source = new Subject<number[]>();
  const outputs: unknown[] = [];
  source.pipe(recurOf(layer, { weights }) as never).subscribe(y => outputs.push(numbersOf(y)));
  weights.next(next.params);
  weights.complete();
  source.next([1]);
  source.next([2]);
  sameBits(outputs, folded(next as never, [[1], [2]]).outputs.map(numbersOf));
});
