import { type Observable, of, Subject } from 'rxjs';
import {
  chain,
  dense,
  type Forecast,
  forecast,
  gru,
  type Keyed,
  type KeyedOperator,
  keyedSnapshots,
  lstm,
  type NdView,
  type Reading,
  recurBy,
  type Snapshot,
  type StateArray,
  type TelemetryOperator,
  telemetry,
} from '../../src/index.js';
import { same } from './expect-type.js';

// recurBy, forecast and telemetry.

interface Sample {
  readonly id: string;
  readonly values: Float32Array;
}
const layer = gru(3, 4);
const model = chain(lstm(3, 4), dense(4, 3));
const count = (h: number, x: string) => [h + x.length, x.length > 3] as const;
declare const sample$: Observable<Sample>;

// The key's type is what `key` answers; the emission is the output, or what `project` makes of it.
const keyed = recurBy(layer, { key: (e: Sample) => e.id, select: e => e.values });
same<typeof keyed, KeyedOperator<Sample, Float32Array, string>>(true);
const outputs = sample$.pipe(keyed);
same<typeof outputs, Observable<Float32Array>>(true);
const projected = recurBy(model, {
  key: (e: Sample) => e.id,
  select: e => e.values,
  project: (y, e, key) => {
    same<typeof y, Float32Array>(true);
    same<typeof e, Sample>(true);
    same<typeof key, string>(true);
    return [key, y[0]] as const;
  },
  reset: new Subject<string>(),
  evict: source => {
    same<typeof source, Observable<Sample>>(true);
    return of('a');
  },
  evicted: ({ key, reason }) => {
    same<typeof key, string>(true);
    same<typeof reason, 'idle' | 'count' | 'evict'>(true);
  },
  batch: { maxSize: 64, maxDelay: 5 },
});
same<typeof projected, KeyedOperator<Sample, readonly [string, number], string>>(true);
keyed.invalid.subscribe(({ event, key }) => {
  same<typeof event, Sample>(true);
  same<typeof key, string | undefined>(true);
});

// Without select an event is an input.
const vectors = recurBy(layer, { key: (x: NdView) => x.shape[0] });
same<typeof vectors, KeyedOperator<NdView, NdView, number>>(true);

// States are those of the model, a plain function's is its own.
recurBy(layer, {
  key: (x: number[]) => x[0],
  evicted: ({ snapshot }) => same<typeof snapshot.state, StateArray>(true),
  initialState: key => [key, 0, 0, 0],
});
const counted = recurBy(count, { key: (x: string) => x, initialState: 0 });
same<typeof counted, KeyedOperator<string, boolean, string>>(true);

// The keys of a subscription are what `key` answers; a store answers at once or in time.
recurBy(layer, {
  key: (x: number[]) => x[0],
  keyed: keyed => {
    same<typeof keyed, Keyed<number>>(true);
    keyed.restore(keyedSnapshots<number>(keyed.snapshots({ changed: true })));
  },
  restore: async key => {
    same<typeof key, number>(true);
    return undefined;
  },
});
recurBy(layer, { key: (x: number[]) => x[0], restore: new Map<number, Snapshot>() });

// @ts-expect-error an operator of keys needs a key
recurBy(layer, {});
// @ts-expect-error a reset is a key
recurBy(layer, { key: (e: Sample) => e.id, select: e => e.values, reset: of(1) });
// @ts-expect-error an event that is no input needs select
recurBy(layer, { key: (e: Sample) => e.id });
// @ts-expect-error both bounds of a batch
recurBy(layer, { key: (x: number[]) => x[0], batch: { maxSize: 3 } });

// A forecast is the output and those after it.
const ahead = of([1, 2, 3]).pipe(forecast(model, 5));
same<typeof ahead, Observable<Forecast<Float32Array>>>(true);
const fed = sample$.pipe(
  forecast(model, 5, {
    select: e => e.values,
    feedback: (y, i) => {
      same<typeof y, Float32Array>(true);
      same<typeof i, number>(true);
      return y;
    },
    project: ({ y, ahead: after }, e) => [e.id, y.length, after.length] as const,
  }),
);
same<typeof fed, Observable<readonly [string, number, number]>>(true);
const functions = of('a').pipe(forecast(count, 2, { initialState: 0, feedback: String }));
same<typeof functions, Observable<Forecast<boolean>>>(true);
// @ts-expect-error a forecast has no chunks
forecast(model, 5, { chunks: true });
// @ts-expect-error steps are a number
forecast(model);

// Telemetry emits what recur does, and has readings beside.
const watched = telemetry(layer);
const emissions = of([1, 2, 3]).pipe(telemetry(layer));
same<typeof emissions, Observable<Float32Array>>(true);
watched.readings.subscribe(reading => same<typeof reading, Reading>(true));
const own = telemetry(layer, { select: (e: Sample) => e.values, project: (_, e) => e.id });
same<typeof own, TelemetryOperator<Sample, string>>(true);
const plain = telemetry(count, { initialState: 0 });
same<typeof plain, TelemetryOperator<string, boolean>>(true);
// @ts-expect-error telemetry has no chunks
telemetry(layer, { chunks: true });
