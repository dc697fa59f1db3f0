import { type Observable, of, Subject } from 'rxjs';
import {
  chain,
  dense,
  type EventOperator,
  lstm,
  recur,
  type StateOf,
  stateful,
} from '../../src/index.js';
import { same } from './expect-type.js';

// Plain functions, select and project: nothing needs to be annotated twice.

interface Reading {
  readonly at: number;
  readonly volts: number[];
}
declare const reading$: Observable<Reading>;
const count = (n: number, word: string) => [n + word.length, word.length > n] as const;

// A plain function (h, x) => [h, y] is an operator from x to y.
const layer = recur(count, { initialState: 0 });
same<StateOf<typeof layer>, number>(true);
const counted = of('a', 'b').pipe(layer);
same<typeof counted, Observable<boolean>>(true);
const cellOf = layer.cell(undefined, 'a');
same<typeof cellOf, [h: number, y: boolean]>(true);
const inline = of(1, 2).pipe(recur((sum, x) => [sum + x, String(sum)], { initialState: 0 }));
same<typeof inline, Observable<string>>(true);
const annotated = of(1).pipe(
  recur((sum: number, x: number) => [sum + x, `${sum}`], { initialState: 0 }),
);
same<typeof annotated, Observable<string>>(true);
const list = stateful((seen: number[], x: number) => [[...seen, x], seen.length], {
  initialState: [],
  state: ({ state }) => same<typeof state, number[]>(true),
});
same<typeof list.state, number[]>(true);
// @ts-expect-error: the function takes texts
of(1).pipe(layer);
// @ts-expect-error: the state is a number
recur(count, { initialState: 'none' });

// Its configuration knows its types.
const operator = recur(count, {
  initialState: () => 0,
  reset: new Subject<void>(),
  state: ({ state }) => same<typeof state, number>(true),
  select: (event: Reading) => String(event.at),
  project: (isLong, event) => {
    same<typeof isLong, boolean>(true);
    same<typeof event, Reading>(true);
    return isLong ? event.at : 'short';
  },
  onInvalid: (error, event) => {
    same<typeof error.step, number | undefined>(true);
    same<typeof event, Reading>(true);
  },
});
same<typeof operator, EventOperator<Reading, number | 'short'>>(true);
const projected = of('a').pipe(
  recur(count, { initialState: 0, project: (y, x) => [y, x] as const }),
);
same<typeof projected, Observable<readonly [boolean, string]>>(true);
const chunked = of(['a', 'b']).pipe(recur(count, { initialState: 0, chunks: true }));
same<typeof chunked, Observable<boolean[]>>(true);
const ofStateful = stateful(count, {
  initialState: 0,
  state: s => same<typeof s.state, number>(true),
});
const called = ofStateful('a');
same<typeof called, boolean>(true);
const mapped = ofStateful.map(['a', 'b']);
same<typeof mapped, boolean[]>(true);
same<typeof ofStateful.state, number>(true);

// A layer of a plain function takes a configuration, too.
const resettable = of('a').pipe(recur(layer, { reset: new Subject<void>() }));
same<typeof resettable, Observable<boolean>>(true);
const isLong = stateful(layer)('word');
same<typeof isLong, boolean>(true);

// select and project on layers.
const net = lstm(10, 15);
const selected = reading$.pipe(recur(net, { select: ({ volts }) => volts }));
same<typeof selected, Observable<Float32Array>>(true);
const both = reading$.pipe(
  recur(net, {
    select: ({ volts }) => volts,
    project: (y, { at }) => {
      same<typeof y, Float32Array>(true);
      return { at, y: y[0] };
    },
  }),
);
same<typeof both, Observable<{ at: number; y: number }>>(true);
const onlyProject = of([1, 2]).pipe(recur(net, { project: (y, x) => y.length + x.length }));
same<typeof onlyProject, Observable<number>>(true);
const standalone = recur(net, { project: (y: Float32Array, x: number[]) => y[0] + x[0] });
same<typeof standalone, EventOperator<number[], number>>(true);
const inChunks = reading$.pipe(
  recur(net, {
    chunks: true,
    select: ({ volts }) => [volts],
    project: (ys, { at }) => {
      same<typeof ys, Float32Array[]>(true);
      return at;
    },
  }),
);
same<typeof inChunks, Observable<number>>(true);
// @ts-expect-error: a reading is no vector
reading$.pipe(net);
// @ts-expect-error: nor is a text that was selected
recur(net, { select: (event: Reading) => String(event.at) });

// The reset function is fed events.
reading$.pipe(
  recur(net, {
    select: ({ volts }) => volts,
    reset: event$ => {
      same<typeof event$, Observable<Reading>>(true);
      return event$;
    },
  }),
);

// Functions at the beginning, in the middle and at the end of a chain.
const begins = chain(({ volts }: Reading) => volts, lstm(10, 15), dense(15, 1));
const begun = reading$.pipe(begins);
same<typeof begun, Observable<Float32Array>>(true);
const withAt = reading$.pipe(recur(begins, { reset: [], project: (y, { at }) => [y[0], at] }));
same<typeof withAt, Observable<number[]>>(true);
const ends = chain(lstm(10, 15), (y: Float32Array) => y[0] > 0);
const ended = of([1]).pipe(ends);
same<typeof ended, Observable<boolean>>(true);
const ended2 = stateful(ends)([1]);
same<typeof ended2, boolean>(true);
const middle = chain(lstm(10, 15), (y: Float32Array) => y.map(Math.abs), dense(15, 1));
const passed = of([1]).pipe(middle);
same<typeof passed, Observable<Float32Array>>(true);
const recurring = chain(
  lstm(10, 15),
  recur((max: number, y: Float32Array) => [max, `${y[0] / max}`] as const, { initialState: 1 }),
);
const texts = of([1]).pipe(recurring);
same<typeof texts, Observable<`${number}`>>(true);
// @ts-expect-error: the chain takes readings
of([1]).pipe(begins);
// @ts-expect-error: a stateful function enters as recur(fn, { initialState })
chain(lstm(10, 15), count);
