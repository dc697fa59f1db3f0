import { lastValueFrom, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { jsonBytes } from '../../src/durable/codec.js';
import { keptAfter } from '../../src/durable/position.js';
import {
  type DurableOutput,
  durable,
  fromStream,
  memoryLog,
  type PartitionLog,
  type PartitionMetrics,
  partitionOf,
  UnknownError,
} from '../../src/durable.js';

const partitions = 3;
const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
const count = 40;

/** The sum of a key's events, which are 1, 2, 3 and so on. */
const model = (sum: number, x: number): [number, number] => [sum + x, sum + x];

async function filled(): Promise<PartitionLog> {
  const log = memoryLog({ partitions });
  for (let x = 1; x <= count; x++) {
    for (const key of keys) {
      await log.append(partitionOf(key, partitions), [{ key, value: jsonBytes(x) }]);
    }
  }
  return log;
}

const silent = () => new UnknownError({ where: 'test', expected: 'an answer', got: 'nothing' });

/** A log that does not answer some calls, of membership and leases or of the ends of events. */
function silentLog(log: PartitionLog, isSilent: (call: string) => boolean): PartitionLog {
  const answer =
    <A extends unknown[], T>(call: string, work: (...values: A) => Promise<T>) =>
    async (...values: A): Promise<T> => {
      if (isSilent(call)) throw silent();
      return work(...values);
    };
  return new Proxy(log, {
    get(target, name) {
      const own = Reflect.get(target, name);
      if (typeof own !== 'function') return own;
      const work = own.bind(target);
      if (name === 'lease' || name === 'join') {
        return answer(name, async (...values) => {
          const parts = await work(...values);
          const names = parts && Object.entries(parts as Record<string, () => Promise<unknown>>);
          const calls = names?.map(([of, call]: [string, () => Promise<unknown>]) => {
            return [of, answer(`${name}.${of}`, call)];
          });
          return calls && Object.fromEntries(calls);
        });
      }
      const isAsked = name === 'members' || name === 'owner' || name === 'lastOffset';
      return isAsked ? answer(name, work) : work;
    },
  });
}

const options = { job: 'sums', model, initialState: 0, ttl: 60 };

const run = (log: PartitionLog, own: object = {}) => {
  const source = fromStream<number>(log, { follow: false });
  return lastValueFrom(source.pipe(durable(log, { ...options, ...own }), toArray()), {
    defaultValue: [],
  }) as Promise<DurableOutput<number>[]>;
};

/** All sums are there once, in order. */
function checkSums(outputs: readonly DurableOutput<number>[]): void {
  const sums = Array.from({ length: count }, (_, i) => ((i + 1) * (i + 2)) / 2);
  for (const key of keys) {
    expect(outputs.filter(output => output.key === key).map(({ y }) => y)).toEqual(sums);
  }
}

const calls = ['join', 'members', 'lease', 'owner', 'lease.release', 'join.leave'];

test.each(calls)('a job goes on when %s was not answered five times', async call => {
  let left = 5;
  const log = silentLog(await filled(), name => name === call && left-- > 0);
  checkSums(await run(log));
});

test.each(['lease.renew', 'join.renew', 'members'])(
  'a job that follows goes on when %s is not answered for a while',
  async call => {
    const store = await filled();
    let asked = 0;
    const log = silentLog(store, name => name === call && asked++ < 6);
    const stopping = new AbortController();
    const outputs: DurableOutput<number>[] = [];
    const done = new Promise<void>((complete, error) => {
      fromStream<number>(log)
        .pipe(durable(log, { ...options, signal: stopping.signal }))
        .subscribe({ next: output => outputs.push(output as never), complete, error });
    });
    await expect.poll(() => outputs.length, { timeout: 8000 }).toBe(count * keys.length);
    await expect.poll(() => asked, { timeout: 8000 }).toBeGreaterThan(7);
    stopping.abort();
    await done;
    checkSums(outputs);
  },
);

test('a log that never answers ends a job after ten times', async () => {
  let asked = 0;
  const log = silentLog(await filled(), name => name === 'members' && ++asked > 0);
  await expect(run(log)).rejects.toThrow(UnknownError);
  expect(asked).toBe(10);
});

test('what a log refuses for good ends a job at once', async () => {
  const store = await filled();
  let asked = 0;
  const log = new Proxy(store, {
    get(target, name) {
      const own = Reflect.get(target, name);
      if (name !== 'members') return typeof own === 'function' ? own.bind(target) : own;
      return async () => {
        asked++;
        throw new Error('no such user');
      };
    },
  });
  await expect(run(log)).rejects.toThrow('no such user');
  expect(asked).toBe(1);
});

test('metrics leave out what the log does not answer, and come again', async () => {
  let left = 5;
  const log = silentLog(await filled(), name => name === 'lastOffset' && left-- > 0);
  const told: (readonly PartitionMetrics[])[] = [];
  const stopping = new AbortController();
  const outputs: DurableOutput<number>[] = [];
  const metrics = (all: readonly PartitionMetrics[]) => told.push(all);
  const own = { signal: stopping.signal, metrics, metricsEvery: 5 };
  const done = new Promise<void>((complete, error) => {
    fromStream<number>(log)
      .pipe(durable(log, { ...options, ...own }))
      .subscribe({ next: output => outputs.push(output as never), complete, error });
  });
  const isTold = () => told.some(all => all.length === partitions && all.every(m => !m.lag));
  await expect.poll(isTold, { timeout: 8000 }).toBe(true);
  expect(left).toBeLessThanOrEqual(0);
  stopping.abort();
  await done;
  checkSums(outputs);
});

test('whose records are gone, and who cannot know why, asks again', async () => {
  const store = await filled();
  const lost = new Set([0, 1, 2]);
  const unheard = new Set<number>();
  const log = new Proxy(store, {
    get(target, name) {
      const own = Reflect.get(target, name);
      if (typeof own !== 'function') return own;
      const work = own.bind(target);
      if (name !== 'records' && name !== 'restore') return work;
      return (job: string, p: number, ...rest: unknown[]) => {
        if (name === 'records' && lost.delete(p)) {
          unheard.add(p);
          throw new Error('number 1 is not kept any more');
        }
        if (name === 'restore' && unheard.delete(p)) return Promise.reject(silent());
        return work(job, p, ...rest);
      };
    },
  });
  checkSums(await run(log));
  expect([lost.size, unheard.size]).toEqual([0, 0]);
});

test('a snapshot that a newer one replaces while it is read is read again', async () => {
  const store = await filled();
  await run(store, { snapshotBytes: 1 });
  const { revision = 0 } = (await store.restore('sums', 0)) ?? {};
  const kept = await keptAfter(store, 'sums', 0);
  expect(kept).toBeGreaterThan(0);
  let reads = 0;
  const log = new Proxy(store, {
    get(target, name) {
      const own = Reflect.get(target, name);
      if (name !== 'restore') return typeof own === 'function' ? own.bind(target) : own;
      return async (job: string, p: number) => {
        const newest = await target.restore(job, p);
        if (reads++) return newest;
        const chunks = async function* () {
          yield* [] as Uint8Array[];
          throw new Error('a newer one took its place');
        };
        return { revision: revision - 1, chunks };
      };
    },
  });
  expect(await keptAfter(log, 'sums', 0)).toBe(kept);
  expect(reads).toBeGreaterThan(1);
});
