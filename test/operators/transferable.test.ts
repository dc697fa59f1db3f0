import { from, type Observable, Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import {
  chain,
  dense,
  forecast,
  gru,
  lstm,
  recur,
  recurBy,
  type StateObserver,
  stateful,
  telemetry,
} from '../../src/index.js';
import { sameBits } from '../laws/bits.js';
import { emitted, recurOf } from '../laws/nets.js';
import { signal } from '../laws/streams.js';
import { keyedOf } from './keyed.js';

// Which outputs share a buffer: neighbours of one stream, eight at most; none where that is asked
// for.

const size = 40;
const model = lstm(2, size, { seed: 1 });
const stream = signal(1, 2, 40);
type Operator = (source: Observable<unknown>) => Observable<unknown>;

const dataOf = (y: unknown) => (ArrayBuffer.isView(y) ? y : (y as { data: Float32Array }).data);
const buffersOf = (ys: readonly unknown[]) => ys.map(y => dataOf(y).buffer);

/** How many of these outputs each buffer holds. */
function sharing(ys: readonly unknown[]): number[] {
  const counts = new Map<unknown, number>();
  for (const buffer of buffersOf(ys)) counts.set(buffer, (counts.get(buffer) ?? 0) + 1);
  return [...counts.values()];
}

const keyed = keyedOf as unknown as (model: unknown, config: object) => Operator;
const ahead = forecast as unknown as (model: unknown, steps: number, config: object) => Operator;
const watched = telemetry as unknown as (model: unknown, config: object) => Operator;
const matrix = {
  data: Float32Array.from({ length: 2 * 3 }, (_, i) => Math.sin(i)),
  shape: [2, 3],
  stride: [3, 1],
  offset: 0,
};

/** Outputs, one after another, of everything that has them. */
const outputsOf: Readonly<Record<string, (config: object) => unknown[]>> = {
  recur: config => emitted(recurOf(model, config), stream),
  'recur of a chain with a function': config =>
    emitted(
      recurOf(
        chain(model, (y: Float32Array) => y),
        config,
      ),
      stream,
    ),
  'recur of a batch': config => emitted(recurOf(model, config), new Array(30).fill(matrix)),
  'recur of chunks': config =>
    emitted(recurOf(model, { ...config, chunks: true }), [stream, stream]).flat(),
  recurBy: config => emitted(keyed(model, { ...config, key: () => 'a' }) as never, stream),
  'recurBy of a chain with a function': config =>
    emitted(
      keyed(
        chain(model, (y: Float32Array) => y),
        { ...config, key: () => 'a' },
      ) as never,
      stream,
    ),
  stateful: config => {
    const m = stateful(model, config);
    return stream.map(x => m(x));
  },
  'map of stateful': config => stateful(model, config).map(stream),
  telemetry: config => emitted(watched(model, config) as never, stream),
  forecast: config => {
    const feedback = () => [0.1, 0.2];
    const told = emitted(ahead(model, 3, { ...config, feedback }) as never, stream);
    return (told as { y: unknown; ahead: unknown[] }[]).flatMap(({ y, ahead: ys }) => [y, ...ys]);
  },
};

describe.each(Object.entries(outputsOf))('%s', (name, run) => {
  test('at most eight outputs share a buffer, which is no larger than they are', () => {
    const outputs = run({});
    expect(Math.max(...sharing(outputs))).toBeLessThanOrEqual(8);
    for (const y of outputs) {
      const { buffer, byteLength } = dataOf(y);
      expect(buffer.byteLength).toBeLessThanOrEqual(8 * byteLength);
    }
  });

  test('with transferable no two outputs share a buffer, and they are the same numbers', () => {
    const outputs = run({ transferable: true });
    expect(Math.max(...sharing(outputs))).toBe(1);
    for (const y of outputs) expect(dataOf(y).buffer.byteLength).toBe(dataOf(y).byteLength);
    sameBits(outputs, run({}));
  });

  test('a transferred output takes none of the others along', () => {
    const outputs = run({ transferable: true });
    const want = structuredClone(outputs.slice(1).map(dataOf));
    const [buffer] = buffersOf(outputs);
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    expect(buffer.byteLength, name).toBe(0);
    sameBits(outputs.slice(1).map(dataOf), want);
  });
});

describe('outputs of different keys', () => {
  const config = {
    key: ({ id }: { id: string }) => id,
    select: ({ x }: { x: number[] }) => x,
    project: (y: Float32Array, { id }: { id: string }) => ({ id, y }),
  };
  const events = Array.from({ length: 60 }, (_, t) => {
    return { id: 'abc'[Math.floor(t / (1 + (t % 5))) % 3], x: stream[t % stream.length] };
  });
  const nets = {
    'a layer': model,
    'a chain with a function': chain(model, (y: Float32Array) => y),
  };

  test.each(Object.entries(nets))('of %s share no buffer, alone and in batches', (_, net) => {
    for (const batch of [undefined, { maxSize: 4, maxDelay: 1e6 }]) {
      const told: { id: string; y: Float32Array }[] = [];
      from(events)
        .pipe(keyedOf(net, { ...config, batch }))
        .subscribe(output => told.push(output as (typeof told)[number]));
      expect(told).toHaveLength(60);
      const owners = new Map<ArrayBufferLike, Set<string>>();
      for (const { id, y } of told) {
        const own = owners.get(y.buffer) ?? new Set();
        owners.set(y.buffer, own.add(id));
      }
      for (const ids of owners.values()) expect(ids.size).toBe(1);
    }
  });

  test('nor does a key that takes the place of one that was given up', () => {
    const source = new Subject<{ id: string; x: number[] }>();
    const told: Float32Array[] = [];
    source
      .pipe(keyedOf(model, { ...config, project: (y: unknown) => y, maxKeys: 1 }))
      .subscribe(y => told.push(y as Float32Array));
    for (const id of ['a', 'a', 'b', 'b']) source.next({ id, x: [1, 2] });
    expect(told[1].buffer).not.toBe(told[2].buffer);
  });

  test('of 2,000 rare keys, the last output of each keeps its own bytes and no more', () => {
    const net = dense(1, 30, { seed: 1 });
    const last = new Map<number, Float32Array>();
    from(Array.from({ length: 20_000 }, (_, t) => (t * 7919) % 2000))
      .pipe(
        recurBy(net, {
          key: (id: number) => id,
          select: id => [id / 2000],
          project: (y, id) => ({ y, id }),
        }),
      )
      .subscribe(({ y, id }) => last.set(id, y));
    expect(last.size).toBe(2000);
    const kept = new Set([...last.values()].map(({ buffer }) => buffer));
    const bytes = [...kept].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(bytes).toBe(2000 * 30 * 4);
  });
});

test('a pure cell answers a buffer that holds nothing else', () => {
  const cell = gru(2, size, { seed: 1 }).cell;
  const [, y] = cell(undefined, [1, 2]);
  expect(y.buffer.byteLength).toBe(4 * size);
});

test('transferable belongs to the types of all that emits outputs', () => {
  const state: StateObserver = () => {};
  const on = { transferable: true } as const;
  expect([
    recur(model, { ...on, state }),
    stateful(model, on),
    forecast(lstm(2, 2), 2, on),
    telemetry(model, on),
    recurBy(model, { ...on, key: () => 0 }),
  ]).toHaveLength(5);
});
