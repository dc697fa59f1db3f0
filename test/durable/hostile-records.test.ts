import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { crc32c } from '../../src/durable/crc.js';
import { memoryLog } from '../../src/durable/memory-log.js';
import { Partition } from '../../src/durable/partition.js';
import { decodeRecord, encodeRecord, type RecordHead } from '../../src/durable/record.js';
import { toldBy } from '../../src/durable/told.js';
import { RecurError } from '../../src/errors.js';
import { bitsOf } from '../laws/durable-oracle.js';
import { foundIn, jobOf, logOf, runAll } from '../laws/durable-runs.js';
import { generator } from '../laws/streams.js';
import '../slow.js';

const rules = { late: 'arrival', lateness: 0 } as const;
const cuts = { maxEvents: 8, snapshotBytes: 1e6 };
const events = Array.from({ length: 24 }, (_, i) => ({
  ...{ key: `k${i % 3}`, at: i, x: [i / 32, -i / 64] },
  ...(i === 7 && { poison: 'model' as const }),
}));

async function recordsOf(): Promise<Uint8Array[]> {
  const log = await logOf(events);
  await runAll(log, jobOf(rules), [], cuts);
  const all: Uint8Array[] = [];
  for await (const some of log.records('law', 0, 0)) all.push(...some.map(({ bytes }) => bytes));
  return all;
}

/** Applies records to a fresh partition; what the states and outputs come to, as text. */
function outcome(records: readonly Uint8Array[]): string {
  const partition = new Partition(jobOf(rules), 0, 2 ** 20);
  try {
    const told: unknown[] = [];
    for (const [i, bytes] of records.entries()) {
      const parts = decodeRecord(bytes, `law.0@${i + 1}`);
      partition.apply(parts);
      told.push(toldBy(parts));
    }
    const [, ...states] = partition.snapshot(1, 0);
    return JSON.stringify([told, states.map(part => [...(part.states ?? [])])]);
  } finally {
    partition.end();
  }
}

/** The error of damaged records; undefined: they come to the same as whole ones. */
function refusal(records: readonly Uint8Array[], whole: string): unknown {
  try {
    expect(outcome(records)).toBe(whole);
    return undefined;
  } catch (error) {
    return error;
  }
}

test('a record with any byte changed or cut off is refused, and its place named', async () => {
  const records = await recordsOf();
  const random = generator(13);
  for (let i = 0; i < 100_000; i++) {
    const at = Math.floor(random() * records.length);
    const place = Math.floor(random() * records[at].length);
    const own = random() < 0.2 ? records[at].slice(0, place) : records[at].slice();
    if (own.length > place) own[place] ^= 1 + Math.floor(random() * 255);
    let error: unknown;
    try {
      decodeRecord(own, `law.0@${at + 1}`);
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof RecurError) || !error.where.startsWith(`law.0@${at + 1}`)) {
      expect(`${at}, byte ${place}: ${error}`).toBe('an error that names the place');
    }
  }
});

test('heads with another value anywhere, and a right CRC, are refused or come to the same', async () => {
  const records = await recordsOf();
  const whole = outcome(records);
  const values = [null, -1, 0.5, 'x', [], {}, 1e9, true, [null], Number.MAX_SAFE_INTEGER];
  // `to` is compared with the log of the events when a worker begins; the rest says what was.
  const unread = [
    'to',
    'member',
    'cause',
    'dropped',
    'kept',
    'time',
    'layer',
    'graph',
    'weights',
    'now',
  ];
  for (const [at, bytes] of records.entries()) {
    const parts = decodeRecord(bytes, 'here');
    for (const name of Object.keys(parts.head)) {
      for (const value of values) {
        const head = { ...parts.head, [name]: value } as RecordHead;
        const own = records.map((record, i) =>
          i === at ? encodeRecord({ ...parts, head }) : record,
        );
        const error = refusal(own, whole);
        if (!error) expect([...unread, 'epoch']).toContain(name);
        else expect(error, `${at} ${name} ${JSON.stringify(value)}`).toBeInstanceOf(RecurError);
      }
    }
  }
});

test('records that are left out, doubled or of another partition are refused by name', async () => {
  const records = await recordsOf();
  const whole = outcome(records);
  for (let at = 1; at < records.length - 1; at++) {
    const without = records.filter((_, i) => i !== at);
    expect(String(refusal(without, whole))).toMatch(/law\.0\.from: expected \d+, where the last/);
    const doubled = records.flatMap((record, i) => (i === at ? [record, record] : [record]));
    expect(String(refusal(doubled, whole))).toMatch(/law\.0\.from: expected \d+/);
  }
  const parts = decodeRecord(records[1], 'here');
  const other = encodeRecord({ ...parts, head: { ...parts.head, partition: 3 } });
  const mixed = records.map((record, i) => (i === 1 ? other : record));
  expect(String(refusal(mixed, whole))).toMatch(/law\.0\.partition: expected '?0'?, got 3/);
});

test('records of version 1 are read as they were written', async () => {
  const golden = JSON.parse(readFileSync(new URL('record-1.json', import.meta.url), 'utf8')) as {
    records: string[];
    answers: string[];
    states: [string, string][];
  };
  const log = memoryLog({ partitions: 1 });
  for (const [i, text] of golden.records.entries()) {
    const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
    const end = bytes.length - 4;
    expect(new DataView(bytes.buffer).getUint32(end, true)).toBe(crc32c(bytes.subarray(0, end)));
    await log.commit('law', 0, i, bytes);
  }
  const { answers, states } = await foundIn(log);
  expect(answers).toEqual(golden.answers);
  expect([...states].sort()).toEqual(golden.states);
  // 0.5 as float32 is 0x3f000000.
  expect(bitsOf([0.5])).toBe('1056964608');
});
