import { jsonBytes, valueReader } from '../../src/durable/codec.js';
import type { LogEvent, Told } from '../../src/durable/event.js';
import type { Job } from '../../src/durable/job.js';
import { FencedError, type PartitionLog, UnknownError } from '../../src/durable/log.js';
import { memoryLog } from '../../src/durable/memory-log.js';
import { decodeRecord } from '../../src/durable/record.js';
import { Runner } from '../../src/durable/runner.js';
import type { RunnerSetup } from '../../src/durable/runner-setup.js';
import { toldBy } from '../../src/durable/told.js';
import { type Layer, lstm } from '../../src/index.js';
import { loadedStates } from '../../src/streams/keyed-snapshots.js';
import { cellIn } from '../../src/streams/model.js';
import { type Disturbance, disturbed } from './disturbed-log.js';
import { beginning, bitsOf, type Expected, type Rules, type Trial } from './durable-oracle.js';
import { pinned } from './pinned.js';

export const model = lstm(2, 4, { seed: 5 });

const poisoned = (place: Trial['poison']) => (event: LogEvent) => {
  if ((event.value as Trial).poison === place) throw new Error(`no ${place}`);
};

/** The job of these rules, as `durable` would make it. */
export function jobOf(rules: Rules, options: Partial<Job> = {}): Job {
  const read = valueReader<Trial>(undefined);
  const { idle, maxKeys, late, lateness, initial } = rules;
  return {
    ...{ job: 'law', member: 'one', backend: pinned, partitions: 1, late, lateness, idle, maxKeys },
    cell: cellIn('law', 'model', model as Layer, 'law') as Job['cell'],
    initialState: initial ? beginning : undefined,
    decode(bytes) {
      const trial = read(bytes);
      if (trial.poison === 'decode') throw new Error('no decode');
      return trial;
    },
    key: (event: LogEvent) => {
      poisoned('key')(event);
      return event.key;
    },
    select: (event: LogEvent) => {
      poisoned('select')(event);
      const { poison, x } = event.value as Trial;
      return poison === 'model' ? [Number.NaN, 0] : x;
    },
    project: (y: unknown, event: LogEvent) => {
      poisoned('project')(event);
      return y;
    },
    resets: ({ value }) => (value as Trial).reset ?? [],
    evictions: ({ value }) => (value as Trial).evict ?? [],
    time: ({ value }: LogEvent) => (value as Trial).at,
    ...options,
  } as Job;
}

/** A log whose one partition has these events, each appended 10 ms after the one before. */
export async function logOf(
  events: readonly Trial[],
  empty: PartitionLog = memoryLog({ partitions: 1 }),
): Promise<PartitionLog> {
  const all = events.map(trial => ({ key: trial.key, value: jsonBytes(trial) }));
  if (all.length) await empty.append(0, all);
  const read = (...args: Parameters<PartitionLog['read']>) => timed(empty.read(...args));
  return new Proxy(empty, {
    get(target, name: keyof PartitionLog) {
      const value = name === 'read' ? read : target[name];
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}

async function* timed(batches: ReturnType<PartitionLog['read']>) {
  for await (const events of batches) {
    yield events.map(event => ({ ...event, time: event.offset * 10 }));
  }
}

export interface Cuts {
  /** What the runner takes for the most bytes that a record can have. */
  readonly maxBytes?: number;
  readonly maxEvents: number;
  readonly snapshotBytes: number;
}

export function setupOf(log: PartitionLog, job: Job, { maxBytes, ...cuts }: Cuts): RunnerSetup {
  const none = { sinks: [], outputs: 'atomic' as const, params: () => undefined, tell: () => {} };
  const rest = { follow: false, forget: false, credits: 2 };
  const cutting = maxBytes === undefined ? log : limited(log, maxBytes);
  return { source: log, log: cutting, job, ...cuts, ...rest, ...none };
}

/** A log that says of itself that it takes so many bytes, whatever it takes. */
function limited(log: PartitionLog, maxBytes: number): PartitionLog {
  return new Proxy(log, {
    get(target, name: keyof PartitionLog) {
      const value = name === 'maxBytes' ? maxBytes : target[name];
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}

const isRace = (error: unknown) => error instanceof FencedError || error instanceof UnknownError;

/** Workers one after another, each disturbed once; then one that reads to the end. */
export async function runAll(
  log: PartitionLog,
  job: Job,
  blows: readonly (Disturbance & Cuts)[],
  last: Cuts,
  change: Partial<RunnerSetup> = {},
): Promise<void> {
  let wakeLast: () => void = () => {};
  const sleepers: Promise<unknown>[] = [];
  for (const [i, blow] of blows.entries()) {
    const wakeBefore = wakeLast;
    const waking = new Promise<void>(resolve => (wakeLast = resolve));
    const view = disturbed(log, blow, waking);
    const member = `worker ${i}`;
    const setup = { ...setupOf(view.log, { ...job, member }, blow), source: log, ...change };
    const runner = new Runner(setup, 0);
    const done = runner.run().catch(error => {
      if (!isRace(error)) throw error;
    });
    if (blow.blow === 'sleeps') sleepers.push(done);
    await Promise.race([done, view.struck]);
    // Who slept wakes up beside the next one.
    wakeBefore();
  }
  wakeLast();
  for (;;) {
    const runner = new Runner({ ...setupOf(log, { ...job, member: 'last' }, last), ...change }, 0);
    try {
      await runner.run();
      break;
    } catch (error) {
      if (!isRace(error)) throw error;
    }
  }
  await Promise.all(sleepers);
}

/** What is told, in order: an id's number, and all that an answer says. */
export function answersIn({ outputs, letters }: Told): [number, string][] {
  const number = (id: string) => Number(id.split(':')[2]);
  const own = [
    ...outputs.map(({ id, offset, key, y }) => [
      number(id),
      `${number(id)} ${offset} ${key} ${bitsOf(y as Float32Array)}`,
    ]),
    ...letters.map(({ id, offset, key, kind }) => [
      number(id),
      `${number(id)} ${offset} ${key} ${kind}`,
    ]),
  ] as [number, string][];
  return own.sort(([a], [b]) => a - b);
}

/** What a job's records in a log come to: all of them are there, whatever the snapshots. */
export async function foundIn(log: PartitionLog, job = 'law'): Promise<Expected> {
  const answers: [number, string][] = [];
  const states = new Map<string, string>();
  const put = ({ head, states: bytes }: ReturnType<typeof decodeRecord>) => {
    for (const key of head.gone ?? []) states.delete(key);
    if (!bytes) return;
    for (const [key, { state }] of loadedStates(bytes)) {
      const { h, c } = state as Record<'h' | 'c', Float32Array>;
      states.set(key as string, bitsOf([...h, ...c]));
    }
  };
  for await (const records of log.records(job, 0, 0)) {
    for (const { bytes } of records) {
      const parts = decodeRecord(bytes, 'found');
      put(parts);
      answers.push(...answersIn(toldBy(parts)));
    }
  }
  return { answers: answers.map(([, text]) => text), states };
}

/** A log that keeps all records beside its snapshots. */
export function keepingAll(log: PartitionLog): PartitionLog {
  return new Proxy(log, {
    get(target, name: keyof PartitionLog) {
      if (name === 'snapshot') {
        return (...[job, p, revision, chunks]: Parameters<PartitionLog['snapshot']>) =>
          target.snapshot(job, p, revision, chunks, 0);
      }
      const value = target[name];
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}
