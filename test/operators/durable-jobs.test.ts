import { config, filter, from, lastValueFrom, map, type Observable, Subject, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { jsonBytes } from '../../src/durable/codec.js';
import type { DeadLetter, DurableOutput, Told } from '../../src/durable/event.js';
import type { PartitionLog } from '../../src/durable/log.js';
import { memoryLog } from '../../src/durable/memory-log.js';
import { partitionOf } from '../../src/durable/places.js';
import type { Sink } from '../../src/durable/sink.js';
import { toStream } from '../../src/durable/to-stream.js';
import { chain, dense, gru, lstm, recurBy, rnn, stateful } from '../../src/index.js';
import { durable } from '../../src/operators/durable.js';
import { fromStream } from '../../src/operators/from-stream.js';
import { sameBits } from '../laws/bits.js';
import { pinned } from '../laws/pinned.js';

const model = lstm(2, 4, { seed: 1 });
type Event = { key: string; value: number[] };

const events: Event[] = Array.from({ length: 60 }, (_, i) => ({
  key: `k${i % 5}`,
  value: [Math.sin(i), Math.cos(3 * i)],
}));

async function append(log: PartitionLog, some: readonly Event[]): Promise<void> {
  for (const { key, value } of some) {
    await log.append(partitionOf(key, log.partitions), [{ key, value: jsonBytes(value) }]);
  }
}

async function logOf(some: readonly Event[], partitions = 2): Promise<PartitionLog> {
  const log = memoryLog({ partitions });
  await append(log, some);
  return log;
}

// biome-ignore lint/suspicious/noExplicitAny: options of all kinds
const job = (log: PartitionLog, options: any = {}) =>
  fromStream<number[]>(log, { follow: false }).pipe(
    durable(log, { job: 'j', model, ttl: 200, backend: pinned, ...options }),
  );
const all = (log: PartitionLog, options?: object): Promise<DurableOutput<Float32Array>[]> =>
  lastValueFrom(job(log, options).pipe(toArray())) as never;

/** What `recurBy` makes of the same events: each key's outputs. */
function plainly(some: readonly Event[], options: object = {}): Map<string, unknown[]> {
  const by = new Map<string, unknown[]>();
  const config = { key: (e: Event) => e.key, select: (e: Event) => e.value, backend: pinned };
  const project = (y: unknown, { key }: Event) => {
    by.set(key, [...(by.get(key) ?? []), y]);
  };
  from(some)
    .pipe(recurBy(model, { ...config, project, ...options } as never))
    .subscribe();
  return by;
}

function compare(outputs: readonly DurableOutput[], expected: Map<string, unknown[]>): void {
  const by = new Map<string, unknown[]>();
  for (const { key, y } of outputs) by.set(key, [...(by.get(key) ?? []), y]);
  expect([...by.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, ys] of expected) sameBits(by.get(key) ?? [], ys);
}

test('a job over a log is recurBy over its events, bit for bit', async () => {
  compare(await all(await logOf(events)), plainly(events));
});

test('a job that has read all emits nothing again, and goes on with what comes', async () => {
  const log = await logOf(events.slice(0, 35));
  const first = await all(log);
  expect(await all(log)).toEqual([]);
  await append(log, events.slice(35));
  compare([...first, ...(await all(log))], plainly(events));
});

test('two jobs on one log know nothing of each other', async () => {
  const log = await logOf(events);
  const other = gru(2, 3, { seed: 9 });
  const [one, two] = await Promise.all([all(log), all(log, { job: 'other', model: other })]);
  compare(one, plainly(events));
  const step = stateful(other, { backend: pinned });
  const own = events.filter(({ key }) => key === 'k0').map(({ value }) => step(value));
  sameBits(
    two.filter(({ key }) => key === 'k0').map(({ y }) => y),
    own,
  );
  expect((await log.jobs()).slice().sort()).toEqual(['j', 'other']);
});

test('another layer, other weights and another backend are refused, naming both', async () => {
  const log = await logOf(events);
  await all(log);
  await expect(all(log, { model: gru(2, 4, { seed: 1 }) })).rejects.toThrow(
    /durable\.layer: expected Recur\(GRUCell\(2, 4\)\), got Recur\(LSTMCell\(2, 4\)\)/,
  );
  await expect(all(log, { model: lstm(2, 4, { seed: 2 }) })).rejects.toThrow(
    /durable\.weights: expected \w{16}, got \w{16}; another model has another job name/,
  );
  // Where there is no SIMD, nobody can ask for it.
  const other = pinned === 'simd' ? 'portable' : 'simd';
  const refused = async () => all(log, { backend: other });
  const message = pinned === 'simd' ? /backend: expected simd, got portable/ : /one of portable/;
  await expect(refused()).rejects.toThrow(message);
});

test('migrate makes the states of the model that comes from those of the one that was', async () => {
  const log = await logOf(events.slice(0, 30), 1);
  await all(log);
  await append(log, events.slice(30));
  const next = lstm(2, 4, { seed: 7 });
  const zero = stateful(next, { backend: pinned }).snapshot();
  const outputs = await all(log, { model: next, migrate: () => zero });
  const step = stateful(next, { backend: pinned });
  sameBits(
    outputs.filter(({ key }) => key === 'k3').map(({ y }) => y),
    events
      .slice(30)
      .filter(({ key }) => key === 'k3')
      .map(({ value }) => step(value)),
  );
});

test.each([
  ['is reset by an event of another key', { key: 'c', value: [1, 0] }],
  ['has an event whose output is refused', { key: 'a', value: [1, 1] }],
])('a key that %s is as old to who takes over as it was', async (_, event) => {
  const options = {
    maxKeys: 3,
    reset: (events: Observable<{ key: string }>) =>
      events.pipe(
        filter(({ key }) => key === 'c'),
        map(() => 'a'),
      ),
    project: (y: unknown, { value }: { value: number[] }) => {
      if (value[1] === 1) throw new Error('refused');
      return y;
    },
  };
  const first = ['a', 'b', 'c'].map(key => ({ key, value: [0.5, 0] }));
  const then = ['d', 'a', 'b'].map(key => ({ key, value: [0.5, 0] }));
  const run = async (...parts: Event[][]) => {
    const log = await logOf([], 1);
    const outputs = [];
    for (const part of parts) {
      await append(log, part);
      outputs.push(...(await all(log, options)));
    }
    return outputs.map(({ key, y }) => `${key} ${Array.from(y)}`);
  };
  expect(await run(first, [event], then)).toEqual(await run([...first, event, ...then]));
});

test('weights that were swapped in stay with a job that is taken over', async () => {
  const log = await logOf(events.slice(0, 20), 1);
  const first = await all(log);
  const { params } = lstm(2, 4, { seed: 3 });
  await append(log, events.slice(20, 40));
  const second = await all(log, { weights: from([params]) });
  await append(log, events.slice(40));
  // This one knows nothing of the swap; it is in the records, and then in a snapshot.
  const third = await all(log, { snapshotBytes: 1 });
  await append(log, events);
  const fourth = await all(log);
  const sets = new Subject<unknown>();
  const source = new Subject<Event>();
  const expected = new Map<string, unknown[]>();
  const config = {
    ...{ key: (e: Event) => e.key, select: (e: Event) => e.value, backend: pinned, weights: sets },
    project: (y: unknown, { key }: Event) => {
      expected.set(key, [...(expected.get(key) ?? []), y]);
    },
  };
  source.pipe(recurBy(model, config as never)).subscribe();
  for (const event of events.slice(0, 20)) source.next(event);
  sets.next(params);
  for (const event of [...events.slice(20), ...events]) source.next(event);
  compare([...first, ...second, ...third, ...fourth], expected);
});

test('a model beside one whose weights were swapped is refused, also behind a snapshot', async () => {
  const log = await logOf(events, 1);
  const { params } = lstm(2, 4, { seed: 3 });
  await all(log, { weights: from([params]), snapshotBytes: 1, maxEvents: 10 });
  const other = lstm(2, 4, { seed: 8 });
  await expect(all(log, { model: other })).rejects.toThrow(/durable\.weights: expected \w{16}/);
});

test('a reset from outside begins a key anew, and is in the record', async () => {
  const log = await logOf(events.slice(0, 30), 1);
  const first = await all(log);
  await append(log, events.slice(30));
  const second = await all(log, { reset: from(['k2']) });
  const expected = plainly(events);
  const step = stateful(model, { backend: pinned });
  const own = events.slice(30).filter(({ key }) => key === 'k2');
  const before = (expected.get('k2') ?? []).slice(0, 6);
  expected.set('k2', [...before, ...own.map(({ value }) => step(value))]);
  compare([...first, ...second], expected);
});

test('a reset function that throws makes a dead letter, and nothing is thrown later', async () => {
  const log = await logOf(events.slice(0, 3), 1);
  const letters: DeadLetter[] = [];
  const late: unknown[] = [];
  // RxJS tells of what it would throw later.
  config.onUnhandledError = error => late.push(error);
  const fails = () =>
    from(
      (function* () {
        yield 'k0';
        throw new Error('no keys today');
      })(),
    );
  const deadLetters = (letter: DeadLetter) => letters.push(letter);
  expect(await all(log, { reset: fails, deadLetters })).toEqual([]);
  await new Promise(resolve => setTimeout(resolve, 20));
  config.onUnhandledError = null;
  expect(late).toEqual([]);
  expect(letters.map(({ reason }) => reason).join()).toContain('no keys today');
});

test('a projection that is no plain data makes a dead letter, and the job goes on', async () => {
  const log = await logOf(events.slice(0, 10), 1);
  const letters: DeadLetter[] = [];
  const project = (y: Float32Array, { offset }: { offset: number }) =>
    offset === 4 ? () => y : [offset];
  const deadLetters = (letter: DeadLetter) => letters.push(letter);
  const outputs = await all(log, { project, deadLetters });
  expect(outputs.map(({ offset }) => offset)).toEqual([1, 2, 3, 5, 6, 7, 8, 9, 10]);
  expect(letters.map(({ offset }) => offset)).toEqual([4]);
});

test('an object that a projection fills again and again is stored as it was each time', async () => {
  const one = { at: 0 };
  const project = (_: Float32Array, { offset }: { offset: number }) => {
    one.at = offset;
    return one;
  };
  const outputs = await all(await logOf(events.slice(0, 5), 1), { project });
  expect(outputs.map(({ y }) => (y as never as { at: number }).at)).toEqual([1, 2, 3, 4, 5]);
});

test('a plain function is a model, and its states survive', async () => {
  const count = (h: number | undefined, [x]: number[]): [number, string] => {
    const sum = (h ?? 0) + x;
    return [sum, `sum ${sum}`];
  };
  const some = [1, 2, 4, 8].map(x => ({ key: 'a', value: [x] }));
  const log = await logOf(some.slice(0, 2), 1);
  const first = await all(log, { model: count, initialState: 0 });
  await append(log, some.slice(2));
  const second = await all(log, { model: count, initialState: 0 });
  expect([...first, ...second].map(({ y }) => y)).toEqual(['sum 1', 'sum 3', 'sum 7', 'sum 15']);
});

test('toStream has each output once, and a former owner that still writes adds none', async () => {
  const [log, sunk] = [await logOf(events, 1), memoryLog({ partitions: 1 })];
  const told: Told[] = [];
  const spy: Sink = {
    name: 'spy',
    last: async () => undefined,
    write: async (_job, _partition, some) => {
      told.push(some);
    },
  };
  await all(log, { sinks: [toStream(sunk), spy], maxEvents: 7 });
  const late = toStream(sunk);
  for (const some of told) await late.write('j', 0, some);
  const ids: string[] = [];
  for await (const some of sunk.read(0, 0)) {
    for (const { value } of some) ids.push(JSON.parse(new TextDecoder().decode(value)).id);
  }
  expect(ids).toEqual(events.map((_, i) => `j:0:${i}:0`));
  await sunk.append(0, [{ key: 'x', value: jsonBytes(1) }]);
  await expect(toStream(sunk).last('j', 0)).rejects.toThrow('toStream.0: expected an output of j');
});

test('a sink that fails ends the job with its error, and has each output once afterwards', async () => {
  const log = await logOf(events, 1);
  const ids: string[] = [];
  let calls = 0;
  const sink: Sink = {
    name: 'flaky',
    last: async () => ids.at(-1),
    write: async (_job, _partition, { outputs }) => {
      if (++calls === 3) throw new Error('no room');
      ids.push(...outputs.map(({ id }) => id));
    },
  };
  const options = { sinks: [sink], maxEvents: 5, credits: 1 };
  await expect(all(log, options)).rejects.toThrow('no room');
  await all(log, options);
  expect(ids).toEqual(events.map((_, i) => `j:0:${i}:0`));
});

test('a worker that is told to stop hands its partitions to the other, and nothing is doubled', async () => {
  const log = await logOf(events.slice(0, 20), 4);
  const stopping = new AbortController();
  const outputs: DurableOutput[] = [];
  const work = (member: string, signal: AbortSignal) =>
    new Promise<void>((complete, error) => {
      fromStream<number[]>(log)
        .pipe(durable(log, { job: 'j', model, member, signal, ttl: 400, backend: pinned }))
        .subscribe({ next: output => outputs.push(output), complete, error });
    });
  const last = new AbortController();
  const [one, two] = [work('one', stopping.signal), work('two', last.signal)];
  while (outputs.length < 20) await new Promise(resolve => setTimeout(resolve, 10));
  stopping.abort();
  await one;
  await append(log, events.slice(20));
  while (outputs.length < 60) await new Promise(resolve => setTimeout(resolve, 10));
  last.abort();
  await two;
  compare(outputs, plainly(events));
});

test('an event log that has lost events which were read is refused', async () => {
  const [log, shorter] = [await logOf(events, 1), await logOf(events.slice(0, 50), 1)];
  await all(log);
  const job = durable(log, { job: 'j', model, ttl: 200, backend: pinned });
  const source = fromStream<number[]>(shorter, { follow: false });
  await expect(lastValueFrom(source.pipe(job, toArray()))).rejects.toThrow(
    "j.0.to: expected at most 50, the log's last event, got 60",
  );
});

test('forget gives up the events that all jobs have in their states, and changes no output', async () => {
  const log = await logOf(events.slice(0, 40), 1);
  const slow = await all(log, { job: 'slow' });
  expect(slow).toHaveLength(40);
  await append(log, events.slice(40));
  const options = { forget: true, maxEvents: 4, snapshotBytes: 1 };
  const outputs = await all(log, options);
  compare(outputs, plainly(events));
  // The slow job has not had the later ones.
  expect(await log.firstOffset(0)).toBe(41);
  compare([...slow, ...(await all(log, { job: 'slow' }))], plainly(events));
  await append(log, events.slice(0, 8));
  const more = await all(log, options);
  expect(await log.firstOffset(0)).toBe(61);
  compare([...outputs, ...more], plainly([...events, ...events.slice(0, 8)]));
  await expect(all(log, { job: 'new' })).rejects.toThrow(/kept/);
});

const square = chain(gru(2, 5, { seed: 3 }), dense(5, 2, { seed: 4 }));

test.for([1, 7, 4096])(
  'forecasts, %i events a record, are those of stateful on copies of the states',
  async maxEvents => {
    const log = await logOf(events);
    const outputs = await all(log, { model: square, forecast: 3, maxEvents });
    const live = new Map<string, ReturnType<typeof stateful>>();
    const by = new Map<string, unknown[]>();
    for (const { key, value } of events) {
      const m = live.get(key) ?? (stateful(square, { backend: pinned }) as never);
      live.set(key, m);
      const y = m(value as never);
      const copy = stateful(square, { backend: pinned, restore: m.snapshot() as never });
      const ahead: unknown[] = [];
      for (let i = 0, last = y; i < 3; i++) ahead.push((last = copy(last as never) as never));
      by.set(key, [...(by.get(key) ?? []), { y, ahead }]);
    }
    expect(by.size).toBe(5);
    for (const [key, own] of by) {
      expect(outputs.filter(o => o.key === key).map(({ y }) => y)).toEqual(own);
    }
  },
);

test('a job goes on with a forecast, and without it, from the states that the other has left', async () => {
  const log = await logOf(events.slice(0, 30));
  const model = { model: square };
  const first = await all(log, { ...model, forecast: 2 });
  await append(log, events.slice(30));
  const rest = await all(log, model);
  const whole = await all(await logOf(events), model);
  const plain = [
    ...first.map(({ y }) => (y as never as { y: Float32Array }).y),
    ...rest.map(({ y }) => y),
  ];
  const of = (outputs: readonly DurableOutput[], ys: readonly unknown[], key: string) =>
    ys.filter((_, i) => outputs[i].key === key);
  const told = [...first, ...rest];
  for (const key of new Set(events.map(event => event.key))) {
    expect(of(told, plain, key)).toEqual(
      of(
        whole,
        whole.map(({ y }) => y),
        key,
      ),
    );
  }
});

test('an event whose forecast the model refuses is a dead letter, and its state is as before', async () => {
  // Fed with its own outputs, a sum doubles: 1e38 is a float32 after one step ahead, not after two.
  const params = { weightIh: [1], weightHh: [1], biasIh: [0], biasHh: [0] };
  const sum = rnn(1, 1, { activation: 'identity', params });
  const one = [1, 1e38, 2].map(x => ({ key: 'a', value: [x] }));
  const letters: DeadLetter[] = [];
  const deadLetters = (letter: DeadLetter) => letters.push(letter);
  const outputs = await all(await logOf(one), { model: sum, forecast: 3, deadLetters });
  const flat = outputs.map(({ y }) => {
    const { y: own, ahead } = y as never as { y: Float32Array; ahead: Float32Array[] };
    return [own, ...ahead].map(([v]) => v);
  });
  expect(flat).toEqual([
    [1, 2, 4, 8],
    [3, 6, 12, 24],
  ]);
  expect(letters.map(({ offset }) => offset)).toEqual([2]);
});

test('a forecast of a model whose outputs are no inputs is refused at the call', () => {
  expect(() => job(memoryLog({ partitions: 1 }), { model: gru(2, 3), forecast: 2 })).toThrow(
    'durable.forecast: expected outputs as long as inputs, got a model from 2 to 3',
  );
});
