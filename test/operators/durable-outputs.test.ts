import { lastValueFrom, Subject, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { decodeRecord } from '../../src/durable/record.js';
import {
  type DurableOutput,
  durable,
  fromStream,
  jsonBytes,
  memoryLog,
  type PartitionLog,
  partitionOf,
  type Sink,
  type Told,
  toStream,
} from '../../src/durable.js';
import { gru } from '../../src/index.js';
import { pinned } from '../laws/pinned.js';

const model = gru(1, 2, { seed: 1 });
const numbers = [0.5, -0.25, 1];

async function filled() {
  const log = memoryLog({ partitions: 1 });
  await log.append(
    0,
    numbers.map(x => ({ key: 'a', value: jsonBytes([x]) })),
  );
  return log;
}

/** A sink that keeps what is new by its id, and says when it was told. */
function knowing(tell: (told: Told) => void = () => {}) {
  const had = new Map<string, DurableOutput>();
  const sink: Sink = {
    name: 'a table',
    deduplicates: true,
    last: async () => undefined,
    async write(_, __, told) {
      tell(told);
      for (const output of told.outputs) if (!had.has(output.id)) had.set(output.id, output);
    },
  };
  return { sink, had };
}

/** A log that tells of each commit. */
function watching(log: PartitionLog, tell: (record: Uint8Array) => void): PartitionLog {
  return new Proxy(log, {
    get(target, name: keyof PartitionLog) {
      const value = target[name];
      if (name !== 'commit') {
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      }
      return (...args: Parameters<PartitionLog['commit']>) => {
        tell(args[3]);
        return target.commit(...args);
      };
    },
  });
}

const job = { job: 'j', model, backend: pinned, outputs: 'msgid' as const };

test("outputs: 'msgid' tells sinks before it stores, and stores no outputs", async () => {
  const log = await filled();
  const order: string[] = [];
  const { sink, had } = knowing(() => order.push('sink'));
  const watched = watching(log, () => order.push('commit'));
  const source = fromStream<number[]>(log, { follow: false });
  const outputs = await lastValueFrom(
    source.pipe(durable(watched, { ...job, sinks: [sink] }), toArray()),
  );
  expect([...had.values()]).toEqual(outputs);
  const plain = fromStream<number[]>(log, { follow: false });
  const expected = { job: 'plain', model, backend: pinned };
  const atomic = await lastValueFrom(plain.pipe(durable(log, expected), toArray()));
  expect(outputs.map(({ y }) => y)).toEqual(atomic.map(({ y }) => y));
  // The first record is the claim.
  expect(order).toEqual(['commit', 'sink', 'commit']);
  for await (const records of log.records('j', 0, 0)) {
    for (const { bytes } of records) {
      const { head, values } = decodeRecord(bytes, 'test');
      expect([head.outputs, values]).toEqual([undefined, undefined]);
      expect(head.sent).toBe(head.done || undefined);
    }
  }
});

test("with outputs: 'msgid' a swap of weights is stored before an output shows it", async () => {
  const log = await filled();
  const causes: unknown[] = [];
  const weights = new Subject<unknown>();
  const { sink } = knowing(async ({ outputs }) => {
    if (outputs.length) causes.push('outputs');
  });
  const watched = watching(log, record => causes.push(decodeRecord(record, 'test').head.cause));
  const stopping = new AbortController();
  const options = { ...job, sinks: [sink], weights, signal: stopping.signal };
  const source = fromStream<number[]>(log);
  const swapped = gru(1, 2, { seed: 2 }).params;
  let count = 0;
  await new Promise<void>((complete, error) => {
    source.pipe(durable(watched, options)).subscribe({
      error,
      complete,
      async next() {
        count++;
        if (count === 3) {
          weights.next(swapped);
          await log.append(0, [{ key: 'a', value: jsonBytes([2]) }]);
        }
        if (count === 4) stopping.abort();
      },
    });
  });
  expect(causes.filter((cause, i) => cause !== undefined || causes[i - 1] !== 'outputs')).toEqual([
    ...['claim', 'outputs', 'weights', 'outputs'],
  ]);
});

test.each([
  ['no sinks', { sinks: [] }, /durable\.sinks: expected sinks with outputs: 'msgid', got 'none'/],
  [
    'a sink that takes an id twice',
    { sinks: [toStream(memoryLog())] },
    /expected a sink that drops ids which it has had/,
  ],
  [
    'another word',
    { outputs: 'both' },
    /durable\.outputs: expected 'atomic' or 'msgid', got 'both'/,
  ],
])("outputs: 'msgid' with %s is refused", (_, options, message) => {
  expect(() => durable(memoryLog(), { ...job, ...options } as never)).toThrow(message);
});

test('outputs of a worker that died before it told a sink reach it, though its place is not free yet', async () => {
  const log = memoryLog({ partitions: 4 });
  const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
  for (const key of keys) {
    await log.append(partitionOf(key, 4), [{ key, value: jsonBytes([0.5]) }]);
  }
  const run = (sinks: readonly Sink[]) => {
    const options = { job: 'j', model, backend: pinned, sinks };
    return lastValueFrom(
      fromStream<number[]>(log, { follow: false }).pipe(durable(log, options), toArray()),
    );
  };
  // As a worker leaves it that is killed between storing and telling.
  await run([]);
  await log.join('j', 'dead', 60_000);
  const told: string[] = [];
  const lasts = new Map<number, string | undefined>();
  const sink: Sink = {
    name: 'a list',
    last: async (_, partition) => lasts.get(partition),
    async write(_, partition, { outputs }) {
      told.push(...outputs.map(({ key }) => key));
      lasts.set(partition, outputs.at(-1)?.id);
    },
  };
  expect(await run([sink])).toEqual([]);
  expect(told.sort()).toEqual(keys.sort());
});
