import { demand, mismatch, RecurError } from '../errors.js';
import type { Backend } from '../kernels/backends.js';

/** What a record says beside numbers. */
export interface RecordHead {
  readonly format: 'rxrecur/record';
  readonly version: 1;
  readonly job: string;
  readonly partition: number;
  /** One more with each worker that takes the partition. */
  readonly epoch: number;
  readonly member: string;
  readonly backend: Backend;
  readonly layer: string;
  readonly graph: string;
  readonly weights: string;
  /** Offsets: the states are those after the event `to`, and before the record after `from`. */
  readonly from: number;
  readonly to: number;
  /** Events that had their turn before this record's: were stepped or refused. */
  readonly sequence: number;
  /** Events that had their turn in this record. */
  readonly done: number;
  /** The largest event time so far, in milliseconds. */
  readonly time?: number;
  /** When events that were stepped were appended, at the latest: what is idle is so since then. */
  readonly now?: number;
  /** Offsets through `to` of events that still wait for their turn. */
  readonly waiting?: readonly number[] | undefined;
  /** Keys whose states were given up. */
  readonly gone?: readonly string[] | undefined;
  /** Keys whose states changed although no event of theirs came: their time of use did not. */
  readonly unused?: readonly string[] | undefined;
  /** The hash of the parameters of the job's own model, where others have been swapped in. */
  readonly model?: string | undefined;
  /** The parameters that the partition goes on with, encoded, where they were swapped. */
  readonly params?: unknown;
  readonly outputs?: Outputs | undefined;
  /** Events that gave no output: refused ones and late ones, and why. */
  readonly letters?: readonly Letter[] | undefined;
  /** What was done from outside: `reset`, `import`, `weights`, `claim`, `skip`. */
  readonly cause?: string | undefined;
  /** Of a snapshot: records after this one are kept beside it. */
  readonly kept?: number | undefined;
  /** How many outputs went to sinks before this record, and are not in it. */
  readonly sent?: number | undefined;
  /** How many late events were dropped. */
  readonly dropped?: number | undefined;
}

/** The outputs of a record, in order. */
export interface Outputs {
  readonly keys: readonly string[];
  /** Of each: its event's number in this record, its offset less `from`, and its key's index. */
  readonly at: readonly number[];
  /** The vectors' length, where they are in `values`. */
  readonly size?: number | undefined;
  /** Else the outputs as JSON. */
  readonly json?: readonly unknown[] | undefined;
}

/** An event that gave no output. */
export interface Letter {
  readonly kind: 'poison' | 'late';
  /** Its number in this record. */
  readonly at: number;
  readonly offset: number;
  readonly key: string;
  readonly reason: string;
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown) => typeof value === 'string';
const isWhole = (value: unknown) => Number.isSafeInteger(value);
const areAll = (fits: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(fits);
const isLetter = (letter: unknown) => {
  const { kind, at, offset, key, reason } = Object(letter) as Record<string, unknown>;
  const fits = [key, reason].every(isText) && [at, offset].every(isCount);
  return fits && (kind === 'poison' || kind === 'late');
};

type Rule = readonly [fits: (value: unknown) => boolean, expected: string];
const text: Rule = [isText, 'a text'];
const count: Rule = [isCount, 'a whole number from 0'];

const needed: Readonly<Record<string, Rule>> = {
  ...{ job: text, member: text, backend: text, layer: text },
  ...{ partition: count, epoch: count, from: count, to: count, sequence: count, done: count },
};

const optional: Readonly<Record<string, Rule>> = {
  time: [value => typeof value === 'number', 'milliseconds'],
  now: [value => typeof value === 'number', 'milliseconds'],
  waiting: [areAll(isCount), 'offsets'],
  gone: [areAll(isText), 'keys'],
  unused: [areAll(isText), 'keys'],
  letters: [areAll(isLetter), 'letters with kind, at, offset, key and reason'],
  cause: text,
  ...{ graph: text, weights: text, model: text },
  ...{ kept: count, dropped: count, sent: count },
};

/** The head of a record from its JSON; throws a RecurError that names the field that is wrong. */
export function readHead(bytes: Uint8Array, where: string): RecordHead {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const expected = "JSON in UTF-8 as a record's head";
    throw new RecurError({ where, expected, got: String(cause), cause });
  }
  const head = Object(json) as Record<string, unknown>;
  const { format, version } = head;
  demand(format === 'rxrecur/record', `${where}.format`, "'rxrecur/record'", format);
  const hint = 'a newer version of the library wrote it';
  demand(version === 1, `${where}.version`, '1', version, hint);
  for (const [name, [fits, expected]] of Object.entries(needed)) {
    demand(fits(head[name]), `${where}.${name}`, expected, head[name]);
  }
  for (const [name, [fits, expected]] of Object.entries(optional)) {
    const value = head[name];
    demand(value === undefined || fits(value), `${where}.${name}`, expected, value);
  }
  checkRange(head as unknown as RecordHead, where);
  return head as unknown as RecordHead;
}

function checkRange({ from, to, waiting = [] }: RecordHead, where: string): void {
  demand(from <= to, `${where}.from`, `at most to, ${to}`, from);
  const isBehind = waiting.every(offset => offset > 0 && offset <= to);
  demand(isBehind, `${where}.waiting`, `offsets from 1 to ${to}`, waiting);
}

/** Throws unless outputs are as many as their numbers say. */
export function checkOutputs(
  { outputs, done, letters = [], sent = 0 }: RecordHead,
  values: number,
  where: string,
): void {
  const { keys, at, size, json } = Object(outputs ?? { keys: [], at: [], json: [] });
  const place = `${where}.outputs`;
  demand(areAll(isText)(keys), `${place}.keys`, 'keys', keys);
  const isTriple = areAll(isWhole)(at) && at.length % 3 === 0;
  demand(isTriple, `${place}.at`, 'three whole numbers for each output', at);
  const count = at.length / 3;
  const total = size === undefined ? 0 : size * count;
  const isSize = size === undefined ? areAll(() => true)(json) : isCount(size) && size > 0;
  demand(isSize, place, 'a size, or JSON', size ?? json);
  const isAll = size !== undefined || json.length === count;
  if (!isAll || values !== total) {
    throw mismatch(place, `${count} outputs`, `${json?.length ?? 0} and ${values} numbers`);
  }
  let last = -1;
  for (let i = 0; i < at.length; i += 3) {
    const fits = at[i] > last && at[i] < done && at[i + 2] >= 0 && at[i + 2] < keys.length;
    demand(fits, `${place}.at[${i}]`, `an event of ${done}, after the last one, and a key`, at[i]);
    last = at[i];
  }
  // Each event that has had its turn has an output, or a letter that says why not.
  const answers = count + letters.length + sent;
  demand(answers === done, `${where}.done`, `${answers}`, done);
  const isLetterHere = letters.every((letter: { readonly at: number }) => letter.at < done);
  demand(isLetterHere, `${where}.letters`, `events of ${done}`, letters);
}

/** Where a record stands: its partition, and what comes before it; undefined: nothing is known. */
export interface Standing {
  readonly job: string;
  readonly partition: number;
  readonly before?: { readonly to: number; readonly sequence: number; readonly epoch: number };
}

/** Throws unless a record is one of its partition's, and follows the one before. */
export function checkFollows(head: RecordHead, { job, partition, before }: Standing): void {
  const where = `${job}.${partition}`;
  demand(head.job === job, `${where}.job`, `'${job}'`, head.job);
  demand(head.partition === partition, `${where}.partition`, String(partition), head.partition);
  if (!before) return;
  const { to, sequence, epoch } = before;
  const hint = 'records are missing, or of two logs';
  // A new job, which has had no epoch, may begin behind events.
  const isNext = epoch === 0 || head.from === to;
  demand(isNext, `${where}.from`, `${to}, where the last record ends`, head.from, hint);
  demand(head.sequence === sequence, `${where}.sequence`, String(sequence), head.sequence, hint);
  demand(head.epoch >= epoch, `${where}.epoch`, `${epoch} or later`, head.epoch, hint);
}
