import { from, lastValueFrom, tap, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { memoryLog } from '../../src/durable/memory-log.js';
import {
  durable,
  fromStream,
  ingest,
  type NewEvent,
  type PartitionLog,
  toStream,
  UnknownError,
} from '../../src/durable.js';
import { gru } from '../../src/index.js';
import { all, event } from './conformance.js';

/** A log in memory with other methods. */
function logWith(methods: (log: PartitionLog) => Partial<PartitionLog>): PartitionLog {
  const log = memoryLog({ partitions: 1 });
  const own = methods(log);
  return new Proxy(log, {
    get(target, name) {
      const found = Reflect.get(own, name) ?? Reflect.get(target, name, target);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
}

/** Each second append stores only its beginning, and says that it does not know. */
function unsure(log: PartitionLog, kept: (length: number) => number): PartitionLog['append'] {
  let count = 0;
  return async (partition, events, after) => {
    if (count++ % 2 === 0) return log.append(partition, events, after);
    const some = events.slice(0, kept(events.length));
    if (some.length) await log.append(partition, some, after);
    throw new UnknownError({ where: 'append.0', expected: 'an answer', got: 'nothing' });
  };
}

const keys = Array.from({ length: 300 }, (_, i) => `k${i % 7}`);
const readings = keys.map(key => event(key, 91, 49, 93));

test.each([
  ['none', () => 0],
  ['one', () => 1],
  ['half', (length: number) => length >> 1],
  ['all', (length: number) => length],
])('outputs are in the other log once where it stores %s and does not know', async (_, kept) => {
  const log = memoryLog({ partitions: 1 });
  await log.append(0, readings);
  const alarms = logWith(log => ({ append: unsure(log, kept) }));
  const job = { job: 'j', model: gru(1, 2, { seed: 1 }), maxEvents: 50, sinks: [toStream(alarms)] };
  const events = fromStream<number[]>(log, { follow: false });
  await lastValueFrom(events.pipe(durable(log, job)));
  const found = await all(alarms.read(0, 0));
  const ids = found.map(({ value }) => JSON.parse(new TextDecoder().decode(value)).id);
  expect(ids).toEqual(keys.map((_, i) => `j:0:${i}:0`));
});

test('ingest tells the offsets that a log gives to each event', async () => {
  // Another writer's event comes before each.
  const mixed = logWith(log => ({
    async appendEach(partition: number, events: readonly NewEvent[]) {
      const offsets: number[] = [];
      for (const own of events) {
        await log.append(partition, [event('other', 1)]);
        offsets.push(await log.append(partition, [own]));
      }
      return offsets;
    },
  }));
  const stored = await lastValueFrom(
    from(['a', 'b', 'c']).pipe(ingest(mixed, { key: id => id }), toArray()),
  );
  expect(stored.map(({ event, offset }) => [event, offset])).toEqual([
    ['a', 2],
    ['b', 4],
    ['c', 6],
  ]);
});

test('ingest ends with an UnknownError after the events that are stored for sure', async () => {
  const log = logWith(log => ({ append: unsure(log, () => 0) }));
  const told: string[] = [];
  async function* source() {
    yield 'a';
    await new Promise(resolve => setTimeout(resolve, 5));
    yield 'b';
  }
  const ingested = from(source()).pipe(
    ingest(log, { key: id => id }),
    tap(({ event }) => void told.push(event)),
  );
  await expect(lastValueFrom(ingested)).rejects.toThrow(UnknownError);
  expect(told).toEqual(['a']);
});
