import { lastValueFrom, of, tap, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import {
  type DurableOutput,
  durable,
  fromStream,
  jobStates,
  jsonBytes,
  memoryLog,
  partitionOf,
} from '../../src/durable.js';
import { dense, gru, lstm, type Snapshot, stateful } from '../../src/index.js';
import { sameBits } from '../laws/bits.js';

const model = lstm(2, 5, { seed: 1 });
const backend = 'simd' as const;
const keys = ['a', 'b', 'c', 'sensor 7'];
const inputs = (count: number, phase = 0) =>
  Array.from({ length: count }, (_, i) => [Math.sin(i + phase), Math.cos(i / 3)]);

type Log = ReturnType<typeof memoryLog>;

async function append(log: Log, key: string, values: readonly unknown[]) {
  const events = values.map(value => ({ key, value: jsonBytes(value) }));
  await log.append(partitionOf(key, log.partitions), events);
}

/** A log that a job has read to its end. */
async function ran(partitions = 3, count = 7) {
  const log = memoryLog({ partitions });
  for (const [i, key] of keys.entries()) await append(log, key, inputs(count, i));
  await drain(log);
  return log;
}

function drain(log: Log, options = {}): Promise<DurableOutput<unknown>[]> {
  const source = fromStream<number[]>(log, { follow: false });
  return lastValueFrom(source.pipe(durable(log, { job: 'j', model, ...options }), toArray()));
}

/** The library's sequential model, after so many events. */
function stepped(values: readonly number[][], restore?: Snapshot) {
  const m = stateful(model, { backend, restore: restore as never });
  const ys = values.map(x => m(x as [number, number]));
  return { ys, snapshot: m.snapshot() };
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

describe('the states of a job, from outside', () => {
  test('list names each key with its partition, the offset there, and the epoch', async () => {
    const log = await ran(3, 7);
    const list = await all(jobStates(log, 'j').list());
    const lasts = keys.map(
      key => keys.filter(k => partitionOf(k, 3) === partitionOf(key, 3)).length,
    );
    expect(list.sort((x, y) => (x.key < y.key ? -1 : 1))).toEqual(
      keys.map((key, i) => ({
        key,
        partition: partitionOf(key, 3),
        offset: 7 * lasts[i],
        epoch: 1,
        time: undefined,
      })),
    );
  });

  test('list tells when a key was used, in log time, if the job counts it', async () => {
    const log = memoryLog({ partitions: 1 });
    await append(log, 'a', [[1, 5000, 2]]);
    const select = ({ value: [x, , y] }: { value: number[] }) => [x, y];
    const source = fromStream<number[]>(log, { follow: false });
    await lastValueFrom(source.pipe(durable(log, { job: 'j', model, select, idle: 1e9 })));
    const [{ time }] = await all(jobStates(log, 'j').list());
    let appended = 0;
    for await (const [event] of log.read(0, 0)) appended = event.time;
    expect(time).toBe(appended);
  });

  test('get is the snapshot of the sequential model, bit for bit', async () => {
    const log = await ran();
    for (const [i, key] of keys.entries()) {
      const snapshot = await jobStates(log, 'j').get(key);
      sameBits(snapshot?.state, stepped(inputs(7, i)).snapshot.state);
      expect(snapshot).toMatchObject({ backend, layer: String(model) });
    }
    expect(await jobStates(log, 'j').get('nobody')).toBeUndefined();
  });

  test('get reads snapshots of the log and the records after them', async () => {
    const log = memoryLog({ partitions: 1 });
    await append(log, 'a', inputs(4));
    await drain(log, { snapshotBytes: 1 });
    expect(await log.restore('j', 0)).toBeDefined();
    await append(log, 'a', inputs(3, 9));
    await drain(log);
    const { snapshot } = stepped([...inputs(4), ...inputs(3, 9)]);
    sameBits((await jobStates(log, 'j').get('a'))?.state, snapshot.state);
  });

  test('after a reset a key begins anew, and the others go on', async () => {
    const log = await ran();
    expect(await jobStates(log, 'j').reset('a')).toBe(true);
    expect(await jobStates(log, 'j').get('a')).toBeUndefined();
    expect(await jobStates(log, 'j').reset('a')).toBe(false);
    for (const key of ['a', 'b']) await append(log, key, inputs(3, 20));
    const outputs = await drain(log);
    const of = (key: string) => outputs.filter(o => o.key === key).map(({ y }) => y);
    sameBits(of('a'), stepped(inputs(3, 20)).ys);
    sameBits(of('b'), stepped([...inputs(7, 1), ...inputs(3, 20)]).ys.slice(7));
  });

  test('what is exported can be imported into another key, and its JSON too', async () => {
    const log = await ran();
    const states = jobStates(log, 'j');
    const exported = new Map(await all(states.export()));
    expect([...exported.keys()].sort()).toEqual([...keys].sort());
    await states.import('new', exported.get('b'));
    await states.import('a', JSON.parse(JSON.stringify(exported.get('c'))));
    for (const key of ['new', 'a']) await append(log, key, inputs(2, 30));
    const outputs = await drain(log);
    const of = (key: string) => outputs.filter(o => o.key === key).map(({ y }) => y);
    sameBits(of('new'), stepped([...inputs(7, 1), ...inputs(2, 30)]).ys.slice(7));
    sameBits(of('a'), stepped([...inputs(7, 2), ...inputs(2, 30)]).ys.slice(7));
  });

  test('what is imported is idle since the last event was appended, whenever that happened', async () => {
    const log = memoryLog({ partitions: 1 });
    const happened = { idle: 60_000, time: () => 5 };
    await append(log, 'a', inputs(3));
    await drain(log, happened);
    const imported = stepped(inputs(9, 50)).snapshot;
    await jobStates(log, 'j').import('b', imported);
    await append(log, 'b', inputs(4));
    const outputs = await drain(log, happened);
    sameBits(
      outputs.map(({ y }) => y),
      stepped(inputs(4), imported).ys,
    );
  });

  test('what is imported counts among maxKeys as soon as a key comes', async () => {
    const log = memoryLog({ partitions: 1 });
    for (const key of ['a', 'b']) await append(log, key, inputs(1));
    await drain(log, { maxKeys: 2 });
    const states = jobStates(log, 'j');
    for (const key of ['c', 'd']) await states.import(key, stepped(inputs(2)).snapshot);
    await append(log, 'e', inputs(1));
    await drain(log, { maxKeys: 2 });
    expect((await all(states.list())).map(({ key }) => key)).toEqual(['d', 'e']);
  });

  test('a running worker loses a partition that is changed, and goes on from the imported state', async () => {
    const log = memoryLog({ partitions: 2 });
    const [mine, other] = ['a', 'b'];
    const stop = new AbortController();
    const outputs: DurableOutput<unknown>[] = [];
    const came = async (count: number) => {
      while (outputs.length < count) await new Promise(resolve => setTimeout(resolve, 5));
    };
    const running = lastValueFrom(
      fromStream<number[]>(log).pipe(
        durable(log, { job: 'j', model, signal: stop.signal }),
        tap(output => outputs.push(output)),
      ),
    );
    for (const key of [mine, other]) await append(log, key, inputs(6));
    await came(12);
    const imported = stepped(inputs(9, 50)).snapshot;
    const before = (await all(jobStates(log, 'j').list())).find(({ key }) => key === mine);
    await jobStates(log, 'j').import(mine, imported);
    for (const key of [mine, other]) await append(log, key, inputs(4, 70));
    await came(20);
    stop.abort();
    await running;
    const of = (key: string) => outputs.filter(o => o.key === key).map(({ y }) => y);
    sameBits(of(mine), [...stepped(inputs(6)).ys, ...stepped(inputs(4, 70), imported).ys]);
    sameBits(of(other), stepped([...inputs(6), ...inputs(4, 70)]).ys);
    const now = (await all(jobStates(log, 'j').list())).find(({ key }) => key === mine);
    // One for the import, one for the worker that took the partition again.
    expect(now?.epoch).toBe((before?.epoch ?? 0) + 2);
    expect(new Set(outputs.map(({ id }) => id)).size).toBe(20);
  });

  test('a worker that commits all the time does not keep a change away', async () => {
    const log = memoryLog({ partitions: 1 });
    await append(log, 'a', inputs(300));
    const stop = new AbortController();
    const source = fromStream<number[]>(log);
    const options = { job: 'j', model, maxEvents: 1, signal: stop.signal };
    let count = 0;
    const running = lastValueFrom(
      source.pipe(
        durable(log, options),
        tap(() => count++),
      ),
    );
    await append(log, 'b', inputs(1));
    while (count < 20) await new Promise(resolve => setTimeout(resolve, 1));
    await jobStates(log, 'j').import('c', stepped(inputs(2)).snapshot);
    while (count < 301) await new Promise(resolve => setTimeout(resolve, 5));
    stop.abort();
    await running;
    expect(count).toBe(301);
    sameBits((await jobStates(log, 'j').get('a'))?.state, stepped(inputs(300)).snapshot.state);
  });
});

describe('it refuses', () => {
  test('a job that nobody has, and names those that are there', async () => {
    const log = await ran();
    await expect(all(jobStates(log, 'k').list())).rejects.toThrow(
      "jobStates.job: expected one of the jobs in the log in memory: 'j', got 'k'",
    );
  });

  test('a state of another layer, of other parameters, and of another form', async () => {
    const log = await ran();
    const states = jobStates(log, 'j');
    const other = stateful(gru(2, 5)).snapshot();
    await expect(states.import('a', other)).rejects.toThrow(
      'import.layer: expected Recur(LSTMCell',
    );
    const retrained = stateful(lstm(2, 5, { seed: 2 }));
    retrained([1, 2]);
    await expect(states.import('a', retrained.snapshot())).rejects.toThrow('import.weights');
    const json = JSON.parse(JSON.stringify(await states.get('a')));
    const { h } = json.state;
    await expect(states.import('a', { ...json, state: { h } })).rejects.toThrow('import.state');
    await expect(states.import('a', {})).rejects.toThrow("format 'rxrecur/state'");
  });

  test('a state before the job has begun', async () => {
    const log = memoryLog({ partitions: 1 });
    const { snapshot } = stepped(inputs(2));
    await expect(jobStates(log, 'j').import('a', snapshot)).rejects.toThrow('jobStates.job');
  });

  test('wrong arguments, at the call', () => {
    expect(() => jobStates({} as never, 'j')).toThrow('jobStates.log: expected a log');
    expect(() => jobStates(memoryLog({ partitions: 1 }), '')).toThrow('jobStates.job');
  });
});

describe('where a new job begins', () => {
  test('after the offsets of fromStream, and once it has begun, where it stands', async () => {
    const log = memoryLog({ partitions: 1 });
    await append(log, 'a', inputs(10));
    const run = (after: number) => {
      const source = fromStream<number[]>(log, { follow: false, after: { 0: after } });
      return lastValueFrom(source.pipe(durable(log, { job: 'late', model }), toArray()));
    };
    const outputs = await run(6);
    expect(outputs.map(({ offset, id }) => [offset, id])).toEqual(
      [7, 8, 9, 10].map((offset, i) => [offset, `late:0:${i}:0`]),
    );
    sameBits(
      outputs.map(({ y }) => y),
      stepped(inputs(10).slice(6)).ys,
    );
    expect(await run(2)).toEqual([]);
  });
});

test('a key of a model without a state is listed, too', async () => {
  const log = memoryLog({ partitions: 1 });
  await append(log, 'a', inputs(2));
  await drain(log, { model: dense(2, 1) });
  expect(await all(jobStates(log, 'j').list())).toHaveLength(1);
});

describe('states that parameters made which were swapped in later', () => {
  const later = lstm(2, 5, { seed: 9 }).params;

  /** A log whose job has gone on with the later parameters after so many events of each key. */
  async function swapped(before: number, after: number) {
    const log = await ran(3, before);
    for (const [i, key] of keys.entries()) {
      await append(log, key, inputs(before + after, i).slice(before));
    }
    await drain(log, { weights: of(later) });
    return log;
  }

  /** The sequential model, which takes the later parameters after so many events. */
  function oracle(before: number, values: readonly number[][]) {
    const early = stepped(values.slice(0, before)).snapshot;
    const m = stateful(lstm(2, 5, { params: later }), { backend });
    // The snapshot's own parameters are the early ones: what goes on is the bare state.
    const { state, batch } = early;
    const { weights, graph, layer } = m.snapshot();
    m.restore({ ...early.toJSON(), weights, graph, layer } as never);
    expect([state, batch]).toEqual([m.snapshot().state, m.snapshot().batch]);
    const ys = values.slice(before).map(x => m(x as [number, number]));
    return { ys, snapshot: m.snapshot() };
  }

  test('get and export give what the sequential model has, by the later parameters', async () => {
    const states = jobStates(await swapped(4, 5), 'j');
    const exported = new Map(await all(states.export()));
    expect([...exported.keys()].sort()).toEqual([...keys].sort());
    for (const [i, key] of keys.entries()) {
      const { snapshot } = oracle(4, inputs(9, i));
      const got = (await states.get(key)) as Snapshot;
      expect(got.state).toEqual(snapshot.state);
      expect(got.weights).toBe(snapshot.weights);
      expect(exported.get(key)?.state).toEqual(snapshot.state);
    }
  });

  test('a snapshot by the later parameters is imported; one by the early ones is refused', async () => {
    const early = (await jobStates(await ran(3, 4), 'j').get('a')) as Snapshot;
    const log = await swapped(4, 5);
    const states = jobStates(log, 'j');
    const late = (await states.get('b')) as Snapshot;
    await states.import('a', late);
    expect((await states.get('a'))?.state).toEqual(late.state);
    await expect(states.import('a', early)).rejects.toThrow('import.weights');
    expect((await states.get('a'))?.state).toEqual(late.state);
    // The job goes on from it, with the later parameters, without being told of them again.
    await append(log, 'a', [[0.5, -0.5]]);
    const outputs = await drain(log);
    const m = stateful(lstm(2, 5, { params: later }), { backend, restore: late as never });
    expect(outputs.map(({ y }) => y)).toEqual([m([0.5, -0.5])]);
  });

  test('a key that is reset begins anew, with the later parameters', async () => {
    const log = await swapped(4, 5);
    expect(await jobStates(log, 'j').reset('c')).toBe(true);
    expect(await jobStates(log, 'j').get('c')).toBeUndefined();
    await append(log, 'c', [[0.25, 1]]);
    const [{ y }] = await drain(log);
    expect(y).toEqual(stateful(lstm(2, 5, { params: later }), { backend })([0.25, 1]));
  });
});
