// What a log holds, checked without the library's durable jobs: records are decoded here, each
// event is stepped alone, and the two are compared bit by bit.
import { partitions } from './jobs.mjs';
import { sunkName } from './logs.mjs';
import { bitsIn, jsonOf } from './plain.mjs';
import { all, answersIn, decodeRecord, snapshotOf, textOf } from './records.mjs';
import { replay } from './replay.mjs';

const kinds = ['lost', 'doubled', 'wrong', 'states', 'chain', 'epochs', 'events', 'changes'];
const counts = [
  'events',
  'outputs',
  'letters',
  'dropped',
  'records',
  'snapshots',
  'epochs',
  'keys',
];

/**
 * Faults of jobs over logs, by kind. `fed`: the acknowledged events of each partition; `asked`: the
 * changes from outside that were acknowledged, and the numbers of parameter sets; `forget`: events
 * that all jobs have had may be gone.
 */
export async function check({ logs, jobs, fed, asked, forget }) {
  const faults = Object.fromEntries(kinds.map(kind => [kind, 0]));
  const seen = Object.fromEntries([...counts, 'swaps', 'changes', 'forgotten'].map(n => [n, 0]));
  const notes = [];
  const note = (kind, what) => {
    faults[kind]++;
    if (notes.length < 20) notes.push(`${kind}: ${what}`);
  };
  const found = [];
  for (let p = 0; p < partitions; p++) {
    const events = await eventsOf(logs.log, p, fed[p], note);
    seen.events += events.length;
    const first = await logs.log.firstOffset(p);
    seen.forgotten += first - 1;
    if (first > 1 && !forget) note('events', `${p}: begins at ${first}`);
    for (const job of jobs) {
      const own = (kind, what) => note(kind, `${job.name}.${p}: ${what}`);
      found.push(...(await checkJob({ job, p, logs, events, asked }, own, seen)));
    }
  }
  checkChanges(asked.changes, found, note);
  return { faults, seen, notes };
}

/** All events of a partition: those that are gone as they were acknowledged. */
async function eventsOf(log, p, fed, note) {
  const first = await log.firstOffset(p);
  const kept = await all(log.read(p, first - 1));
  if (fed.length !== first - 1 + kept.length) {
    note('events', `${p}: ${first - 1} and ${kept.length}, not ${fed.length}`);
  }
  for (const [i, { key, value, offset }] of kept.entries()) {
    if (offset !== first + i) note('events', `${p}: offset ${offset}, not ${first + i}`);
    if (`${key} ${textOf(value)}` !== fed[offset - 1]) note('events', `${p}: event ${offset}`);
  }
  const gone = fed.slice(0, first - 1).map((text, i) => {
    const [key] = text.split(' ', 1);
    const value = new TextEncoder().encode(text.slice(key.length + 1));
    return { key, value, offset: i + 1, time: 0 };
  });
  return [...gone, ...kept];
}

async function checkJob({ job, p, logs, events, asked }, note, seen) {
  const { name } = job;
  const { log } = logs;
  const snapshot = await snapshotOf(log, name, p);
  const records = await recordsOf({ log, job, p, snapshot }, note);
  const changes = job.keepsAll ? changesIn({ job, records, asked }, note) : [];
  const expected = replay(job, p, events, changes);
  for (const fault of expected.faults) note('states', fault);
  const newest = records.at(-1)?.head ?? snapshot.parts.at(-1)?.head;
  if (newest?.to !== events.length) note('lost', `read through ${newest?.to}`);
  const first = (records[0]?.head ?? newest)?.sequence ?? 0;
  compare('records', expected.answers.slice(first), records.flatMap(answersIn), note);
  if ((p % 2 === 0 || job.keepsAll) && first) note('lost', 'the first record');
  const told = (await all(logs[sunkName(name)].read(p, 0))).map(sunkAnswer);
  compare('sink', expected.answers, told, note);
  if (job.keepsAll) {
    const dropped = records.reduce((sum, { head }) => sum + (head.dropped ?? 0), 0);
    if (dropped !== expected.dropped) note('wrong', `${dropped} dropped, not ${expected.dropped}`);
  }
  compareStates(expected.states, statesAfter(snapshot, await after(log, name, p, snapshot)), note);
  seen.records += records.length;
  seen.letters += expected.answers.filter(({ y }) => y === undefined).length;
  seen.outputs += expected.answers.filter(({ y }) => y !== undefined).length;
  seen.dropped += expected.dropped;
  seen.epochs += newest?.epoch ?? 0;
  seen.snapshots += snapshot.parts.length ? 1 : 0;
  seen.keys += expected.states.size;
  seen.swaps += changes.filter(({ set }) => set !== undefined).length;
  const outside = changes.filter(({ cause }) => cause);
  seen.changes += outside.length;
  return outside.map(({ cause, gone, key = gone }) => ({ job: name, cause, key }));
}

const after = async (log, job, p, { revision }) => {
  return (await all(log.records(job, p, revision))).map(({ bytes }) => decodeRecord(bytes));
};

/** A partition's records: each begins where the last one ended, and an epoch has one owner. */
async function recordsOf({ log, job, p, snapshot }, note) {
  const kept = Math.max(0, ...snapshot.parts.map(({ head }) => head.kept ?? 0));
  const isPurged = p % 2 && !job.keepsAll;
  const stored = await all(log.records(job.name, p, isPurged ? kept : 0));
  const records = stored.map(({ bytes }) => decodeRecord(bytes));
  const owners = new Map();
  let last;
  for (const [i, { head }] of records.entries()) {
    const at = `@${stored[i].revision}`;
    if (i && stored[i].revision !== stored[i - 1].revision + 1) note('chain', `${at}: a gap`);
    const { epoch, member, from, to, sequence, done } = head;
    if (last && last.to !== from) note('chain', `${at}: from ${from}, not ${last.to}`);
    if (to < from) note('chain', `${at}: from ${from} to ${to}`);
    if (last && last.sequence + last.done !== sequence) note('chain', `${at}: ${sequence}`);
    if (last && (epoch < last.epoch || epoch > last.epoch + 1)) note('epochs', `${at}: ${epoch}`);
    if (done !== answersIn(records[i]).length) note('chain', `${at}: ${done} done`);
    if ((owners.get(epoch) ?? member) !== member) note('epochs', `${at}: ${member}`);
    owners.set(epoch, member);
    last = head;
  }
  return records;
}

/** What records say was asked for from outside, each before the turn with which it begins. */
function changesIn({ job, records, asked }, note) {
  const changes = [];
  for (const { head, states } of records) {
    const { sequence: at, params, cause, member, gone = [], done } = head;
    if (params !== undefined) {
      const bits = jsonOf(bitsIn(params));
      const set = [...asked.sets].find(set => jsonOf(bitsIn(job.paramsOf(set))) === bits);
      if (set === undefined) note('wrong', `parameters in ${at} that nobody asked for`);
      else changes.push({ at, set });
    }
    if (!member.startsWith('states-')) continue;
    if (done || gone.length + states.size !== 1) note('wrong', `a change of more than one key`);
    for (const key of gone) changes.push({ at, cause, gone: key });
    for (const [key, state] of states) changes.push({ at, cause, key, state });
  }
  return changes;
}

/** Each change that was acknowledged is there, once. */
function checkChanges(asked, found, note) {
  const left = found.map(change => JSON.stringify(change));
  for (const { job, cause, key } of asked) {
    const i = left.indexOf(JSON.stringify({ job, cause, key }));
    if (i < 0) note('changes', `${job}: no ${cause} of ${key}`);
    else left.splice(i, 1);
  }
  for (const one of left) note('changes', `nobody asked for ${one}`);
}

function sunkAnswer({ key, value }) {
  const { id, offset, y, kind } = JSON.parse(textOf(value));
  return { id, key, offset, ...(kind ? { kind } : { y: JSON.stringify(y) }) };
}

/** Compares answers with those expected, in order. */
function compare(where, expected, found, note) {
  const left = new Map(expected.map((answer, i) => [answer.id, i]));
  let order = -1;
  for (const answer of found) {
    const i = left.get(answer.id);
    if (i === undefined) {
      note('doubled', `${where}: ${answer.id}`);
      continue;
    }
    left.delete(answer.id);
    if (i < order) note('wrong', `${where}: ${answer.id} after a later one`);
    order = i;
    const [own, other] = [expected[i], answer].map(a => `${a.key} ${a.offset} ${a.kind ?? a.y}`);
    if (own !== other) note('wrong', `${where}: ${answer.id} is ${other}, not ${own}`);
  }
  for (const id of left.keys()) note('lost', `${where}: ${id}`);
}

/** The states that a snapshot and the records after it say. */
function statesAfter({ parts }, records) {
  const found = new Map();
  for (const { head, states } of [...parts, ...records]) {
    for (const key of head.gone ?? []) found.delete(key);
    for (const [key, { text }] of states) found.set(key, text);
  }
  return found;
}

function compareStates(expected, found, note) {
  for (const key of new Set([...found.keys(), ...expected.keys()])) {
    const [own, other] = [expected.get(key), found.get(key)];
    if (own !== other) note('states', `key ${key} is at ${other}, not ${own}`);
  }
}
