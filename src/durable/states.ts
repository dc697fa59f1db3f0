import { demand, describe, mismatch } from '../errors.js';
import { type Snapshot, toSnapshot } from '../streams/snapshot.js';
import { jobFold, type Kept, type PartitionFold, stateForm, writtenState } from './kept-states.js';
import { FencedError, type PartitionLog, UnknownError } from './log.js';
import { partitionOf } from './places.js';
import { newestHead } from './position.js';
import { encodeRecord, type RecordHead, type RecordParts } from './record.js';

/** A key that has a state, and the place in the log up to which that is. */
export interface KeyState {
  readonly key: string;
  readonly partition: number;
  /** The last event of the partition that the job has stepped. */
  readonly offset: number;
  /** How many workers, and changes from outside, the partition has had. */
  readonly epoch: number;
  /** When the key was used last, in milliseconds of log time, if the job counts that: `idle`. */
  readonly time?: number | undefined;
}

/** The states that a job has in a log, for somebody who is none of its workers. */
export interface JobStates {
  /** The keys that have states, partition by partition. */
  list(): AsyncIterable<KeyState>;
  /** A key's state; undefined: it has none. */
  get(key: string): Promise<Snapshot | undefined>;
  /** The key begins anew with its next event; false: it had no state. */
  reset(key: string): Promise<boolean>;
  /** The key goes on from a snapshot, or its parsed JSON. */
  import(key: string, snapshot: unknown): Promise<void>;
  /** All keys and their states. */
  export(): AsyncIterable<[key: string, snapshot: Snapshot]>;
}

/** How often a change tries to be faster than a worker that commits all the time. */
const mostTries = 1000;

/**
 * Shows and changes the states of a job while its workers run: none is asked. A change is a record
 * like those of the workers, with the next epoch, stored by compare-and-set. A worker that has the
 * partition is fenced by it, drops what it has not stored, and goes on from the record; so it is
 * done between two events, and a replay does the same.
 *
 * `get`, `list` and `export` read what is stored. Throws a RecurError at the call for wrong
 * arguments. The promises reject with one for a job that has no records, and for a snapshot of
 * another model: by its layer, equations, parameters or form.
 *
 * @example
 * const log = memoryLog({ partitions: 1 });
 * await log.append(0, [{ key: 'a', value: jsonBytes([0.5]) }]);
 * const model = gru(1, 2, { seed: 1 });
 * const events = fromStream<number[]>(log, { follow: false });
 * await lastValueFrom(events.pipe(durable(log, { job: 'j', model })));
 * const states = jobStates(log, 'j');
 * (await states.get('a'))?.layer; // → Recur(GRUCell(1, 2))
 * await states.reset('a'); // → true
 * await states.get('a'); // → undefined
 */
export function jobStates(log: PartitionLog, job: string): JobStates {
  const isLog = typeof Object(log).commit === 'function';
  demand(isLog, 'jobStates.log', 'a log, such as await fileLog(…)', log);
  demand(typeof job === 'string' && job, 'jobStates.job', "a job's name", job);
  return new States(log, job);
}

class States implements JobStates {
  readonly #log: PartitionLog;
  readonly #job: string;
  readonly #member = `states-${globalThis.crypto.randomUUID()}`;

  constructor(log: PartitionLog, job: string) {
    this.#log = log;
    this.#job = job;
  }

  async *list(): AsyncIterable<KeyState> {
    for await (const { partition, head, states } of this.#partitions()) {
      const { to: offset, epoch } = head;
      for (const [key, { time }] of states) yield { key, partition, offset, epoch, time };
    }
  }

  async *export(): AsyncIterable<[string, Snapshot]> {
    for await (const { states } of this.#partitions()) {
      for (const [key, { states: of }] of states) yield [key, of.get(key) as Snapshot];
    }
  }

  async get(key: string): Promise<Snapshot | undefined> {
    const found = await this.#find(key);
    return found?.states.get(key)?.states.get(key);
  }

  async reset(key: string): Promise<boolean> {
    const found = await this.#find(key);
    if (!found) return false;
    await this.#change(found, 'reset', () => ({ head: { gone: [key] } }));
    return true;
  }

  async import(key: string, snapshot: unknown): Promise<void> {
    const given = toSnapshot('import', snapshot);
    const { partitions } = this.#log;
    const found =
      (await this.#find(key)) ?? (await this.#fold(partitionOf(key, partitions))) ?? undefined;
    if (!found) {
      const hint = 'start a worker once: its first record says what the job’s model is';
      throw mismatch(
        this.#job,
        `records in partition ${partitionOf(key, partitions)}`,
        'none',
        hint,
      );
    }
    checkModel(given, found.head);
    await this.#checkForm(given, found.states);
    await this.#change(found, 'import', ({ head }) => {
      checkModel(given, head);
      const states = writtenState(key, given, head);
      // As of the last event that was stepped: `idle` counts from when events were appended.
      return { states, times: [head.now || Date.now()] };
    });
  }

  /** All partitions that have records. Rejects where none has. */
  async *#partitions(): AsyncIterable<PartitionFold> {
    let isAny = false;
    for (let p = 0; p < this.#log.partitions; p++) {
      const fold = await this.#fold(p);
      if (fold) yield fold;
      isAny ||= fold !== undefined;
    }
    if (isAny) return;
    const jobs = (await this.#log.jobs()).map(describe).join(', ') || 'none';
    throw mismatch(
      'jobStates.job',
      `one of the jobs in ${this.#log.name}: ${jobs}`,
      describe(this.#job),
    );
  }

  #fold(partition: number): Promise<PartitionFold | undefined> {
    return jobFold(this.#log, this.#job, partition);
  }

  /** The partition that has a state of a key: the key's own, unless somebody appended elsewhere. */
  async #find(key: string): Promise<PartitionFold | undefined> {
    demand(typeof key === 'string' && key, 'jobStates.key', 'a text that is not empty', key);
    const own = await this.#fold(partitionOf(key, this.#log.partitions));
    if (own?.states.has(key)) return own;
    for await (const fold of this.#partitions()) {
      if (fold.states.has(key)) return fold;
    }
    return undefined;
  }

  /** A state that a worker could not take would stop the partition for good. */
  async #checkForm(snapshot: Snapshot, own: ReadonlyMap<string, Kept>): Promise<void> {
    let [reference] = own;
    if (!reference) {
      for await (const { states } of this.#partitions()) [reference] = states;
    }
    if (!reference) return;
    const [key, { states }] = reference;
    if (!states.packed) return;
    const [expected, got] = [states.get(key) as Snapshot, snapshot].map(stateForm);
    if (got !== expected)
      throw mismatch('import.state', `a state as that of '${key}': ${expected}`, got);
  }

  /** Stores a change as one record of the next epoch. */
  async #change(
    first: PartitionFold,
    cause: string,
    make: (fold: { readonly head: RecordHead }) => Change,
  ): Promise<void> {
    const { partition } = first;
    let at: { readonly head: RecordHead; readonly revision: number } | undefined = first;
    for (let tries = 0; at && tries < mostTries; tries++) {
      const { head, ...parts } = make(at);
      const record = { ...parts, head: { ...this.#next(at.head), ...head, cause } };
      const { revision } = at;
      try {
        await this.#log.commit(this.#job, partition, revision, encodeRecord(record));
        return;
      } catch (error) {
        if (!(error instanceof FencedError || error instanceof UnknownError)) throw error;
      }
      at = await newestHead(this.#log, this.#job, partition);
      // It could not be told whether the record is there: it is.
      if (at?.head.member === this.#member && at.revision === revision + 1) return;
    }
    const got = `${mostTries} records of others, one before each try`;
    throw mismatch(`${this.#job}.${partition}`, 'a record of the next epoch', got, 'try again');
  }

  /** A record in which nothing has happened yet. */
  #next(head: RecordHead): RecordHead {
    const { outputs: _o, letters: _l, gone: _g, unused: _u, ...other } = head;
    const { dropped: _d, params: _p, kept: _k, ...rest } = other;
    return {
      ...rest,
      ...{ epoch: head.epoch + 1, member: this.#member, from: head.to, to: head.to },
      ...{ sequence: head.sequence + head.done, done: 0 },
    };
  }
}

type Change = Omit<RecordParts, 'head'> & { readonly head?: Partial<RecordHead> };

/** A hidden state means something to the model that made it, and to no other. */
function checkModel(snapshot: Snapshot, head: RecordHead): void {
  for (const name of ['layer', 'graph', 'weights'] as const) {
    const { [name]: given } = snapshot;
    if (given === undefined && name !== 'layer') continue;
    const hint = 'it is of another model, or of other parameters';
    if (given !== head[name]) throw mismatch(`import.${name}`, head[name], String(given), hint);
  }
}
