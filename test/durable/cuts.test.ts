import { lastValueFrom, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import type { DurableConfig } from '../../src/durable.js';
import { durable, fromStream, jsonBytes, memoryLog, type PartitionLog } from '../../src/durable.js';
import { RecurError } from '../../src/errors.js';
import { lstm } from '../../src/index.js';
import { all } from './conformance.js';

interface Reading {
  readonly x: number;
  readonly at: number;
}

const model = lstm(1, 16, { seed: 1 });
const maxBytes = 16_384;
const count = 2000;
const select = ({ value }: { readonly value: Reading }) => [value.x];

/** A log of 2,000 readings of so many keys. */
async function filled(keys: number, atOf: (i: number) => number, bytes?: number) {
  const log = memoryLog({ partitions: 1, ...(bytes && { maxBytes: bytes }) });
  const events = Array.from({ length: count }, (_, i) => ({
    key: `key ${i % keys}`,
    value: jsonBytes({ x: i / count, at: atOf(i) }),
  }));
  await log.append(0, events);
  return log;
}

const outputsOf = (log: PartitionLog, options: object) => {
  const job = { job: 'cut', model, select, ...options } as unknown as DurableConfig<
    typeof model,
    Reading,
    number[],
    Float32Array
  > & { readonly select: typeof select };
  const source = fromStream<Reading>(log, { follow: false });
  return lastValueFrom(source.pipe(durable(log, job), toArray()));
};

const sizesOf = async (log: PartitionLog) =>
  (await all(log.records('cut', 0, 0))).map(({ bytes }) => bytes.length);

const cases: readonly (readonly [string, number, (i: number) => number, object])[] = [
  ['many keys', 2000, i => i, {}],
  ['few keys', 3, i => i, {}],
  // The last reading is so late that the others have their turn with it.
  [
    'a crowd that waits for its turn',
    2000,
    i => (i === count - 1 ? 1e6 : i),
    { late: 'reorder', lateness: 1e5, time: ({ value }: { value: Reading }) => value.at },
  ],
  [
    'long outputs',
    2000,
    i => i,
    { project: (y: Float32Array, _: unknown, key: string) => ({ y, text: key.repeat(20) }) },
  ],
];

test.each(cases)(
  'records of %s are cut so that the log takes them',
  async (_, keys, atOf, options) => {
    const small = await filled(keys, atOf, maxBytes);
    const large = await filled(keys, atOf);
    expect(await outputsOf(small, options)).toEqual(await outputsOf(large, options));
    const sizes = await sizesOf(small);
    expect(Math.max(...(await sizesOf(large)))).toBeGreaterThan(maxBytes);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(maxBytes);
    // Few records are small without need.
    expect(sizes.filter(size => size < maxBytes / 8).length).toBeLessThanOrEqual(4);
  },
);

test('snapshots are cut so that the log takes them', async () => {
  const log = await filled(2000, i => i, maxBytes);
  await outputsOf(log, { snapshotBytes: 1 });
  const snapshot = await log.restore('cut', 0);
  const sizes: number[] = [];
  for await (const { length } of snapshot!.chunks()) sizes.push(length);
  expect(sizes.length).toBeGreaterThan(10);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(maxBytes);
});

test('a state that is too large for the log is refused, with both sizes', async () => {
  const log = memoryLog({ partitions: 1, maxBytes: 300 });
  await log.append(0, [{ key: 'a', value: jsonBytes({ x: 1, at: 1 }) }]);
  const error = await outputsOf(log, {}).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(RecurError);
  expect(String(error)).toMatch(/expected 1 byte to 300 bytes, got \d+ bytes/);
});

test('a plain function’s states, which grow, are cut as well', async () => {
  const log = memoryLog({ partitions: 1, maxBytes: 65_536 });
  const events = Array.from({ length: 3000 }, (_, i) => ({
    key: `k${i % 50}`,
    value: jsonBytes(i),
  }));
  await log.append(0, events);
  const job = {
    job: 'cut',
    model: (h: readonly number[], x: number): [number[], number] => {
      const next = [...h, x];
      return [next, next.length];
    },
    initialState: [] as number[],
  };
  const source = fromStream<number>(log, { follow: false });
  const outputs = await lastValueFrom(source.pipe(durable(log, job as never), toArray()));
  expect(outputs.map(output => (output as { y: number }).y)).toEqual(
    events.map((_, i) => Math.floor(i / 50) + 1),
  );
});
