// What a log holds, checked without the library's durable jobs: records are decoded here, each
// event is stepped alone by `stateful`, and the two are compared bit by bit.
import { stateful } from '../../dist/index.js';
import { idle, model, name, partitions } from './job.mjs';

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C, Castagnoli's polynomial, bit by bit. */
export function crc32c(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const padded = length => Math.ceil(length / 8) * 8;
const text = bytes => new TextDecoder().decode(bytes);
const floats = bytes => new Float32Array(Uint8Array.from(bytes).buffer);
const bitsOf = array => new Uint32Array(Float32Array.from(array).buffer).join();

/** A record's parts, by the form that the library's `record.ts` states. */
export function decodeRecord(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (text(bytes.subarray(0, 4)) !== 'RXRC') throw new Error('no record');
  const lengths = [4, 8, 12, 16].map(at => view.getUint32(at, true));
  let at = 24;
  const parts = lengths.map(length => {
    const part = bytes.subarray(at, at + length);
    at += padded(length);
    return part;
  });
  if (crc32c(bytes.subarray(0, at)) !== view.getUint32(at, true)) throw new Error('a wrong CRC');
  const [head, , states, values] = parts;
  return { head: JSON.parse(text(head)), states: statesIn(states), values: floats(values) };
}

/** The states in a checkpoint's bytes: by key, the bits of all numbers in a row. */
function statesIn(bytes) {
  if (!bytes.length) return new Map();
  const begin = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const { keys } = JSON.parse(text(bytes.subarray(4, begin)));
  const numbers = floats(bytes.subarray(begin));
  const size = numbers.length / keys.length;
  return new Map(keys.map((key, i) => [key, bitsOf(numbers.subarray(i * size, (i + 1) * size))]));
}

/** What one uninterrupted, sequential run over a partition's events gives. */
export function sequential(partition, events) {
  const keys = new Map();
  const answers = [];
  for (const [i, { key, offset, time, value }] of events.entries()) {
    for (const [other, { last }] of keys) if (last + idle <= time) keys.delete(other);
    const { x, reset } = JSON.parse(text(value));
    if (reset) keys.get(key)?.stream.reset();
    const id = `${name}:${partition}:${i}:0`;
    if (x.length !== 2) {
      answers.push({ id, key, offset });
      continue;
    }
    let own = keys.get(key);
    if (!own) keys.set(key, (own = { stream: stateful(model, { backend: 'simd' }) }));
    answers.push({ id, key, offset, y: bitsOf(own.stream(x)) });
    own.last = time;
  }
  const states = new Map();
  for (const [key, { stream }] of keys) {
    const [{ h, c }] = stream.state;
    states.set(key, bitsOf([...h, ...c]));
  }
  return { answers, states };
}

async function all(batches) {
  const found = [];
  for await (const some of batches) found.push(...some);
  return found;
}

/** All outputs and letters of a record, in the order of their ids. */
function answersIn({ head, values }) {
  const { outputs, letters = [], partition, sequence, from } = head;
  const id = at => `${name}:${partition}:${sequence + at}:0`;
  const found = letters.map(({ at, key, offset }) => ({ at, id: id(at), key, offset }));
  for (let i = 0; i < (outputs?.at.length ?? 0); i += 3) {
    const [at, offset, key] = outputs.at.slice(i, i + 3);
    const { size } = outputs;
    const y = bitsOf(values.subarray((i / 3) * size, (i / 3 + 1) * size));
    found.push({ at, id: id(at), key: outputs.keys[key], offset: offset + from, y });
  }
  return found.sort((a, b) => a.at - b.at).map(({ at: _, ...answer }) => answer);
}

/** Faults of a job over logs, by kind; `fed`: the acknowledged events of each partition. */
export async function check({ log, sunk }, fed) {
  const faults = { lost: 0, doubled: 0, wrong: 0, states: 0, chain: 0, epochs: 0, events: 0 };
  const seen = { events: 0, outputs: 0, letters: 0, records: 0, snapshots: 0, epochs: 0, keys: 0 };
  const notes = [];
  const note = (kind, what) => {
    faults[kind]++;
    if (notes.length < 20) notes.push(`${kind}: ${what}`);
  };
  for (let p = 0; p < partitions; p++) {
    const events = await all(log.read(p, 0));
    seen.events += events.length;
    checkFed(p, events, fed[p], note);
    const expected = sequential(p, events);
    const records = await recordsOf(log, p, note);
    seen.records += records.length;
    const newest = records.at(-1)?.head ?? (await snapshotHead(log, p));
    if (newest?.to !== events.length) note('lost', `${p}: read through ${newest?.to}`);
    const first = (records[0]?.head ?? newest)?.sequence ?? 0;
    compare(`record ${p}`, expected.answers.slice(first), records.flatMap(answersIn), note);
    if (p % 2 === 0 && first) note('lost', `${p}: the first record`);
    const told = (await all(sunk.read(p, 0))).map(sunkAnswer);
    compare(`sink ${p}`, expected.answers, told, note);
    seen.letters += expected.answers.filter(({ y }) => y === undefined).length;
    seen.outputs += expected.answers.length;
    seen.epochs += newest?.epoch ?? 0;
    const { states, isSnapshot } = await finalStates(log, p, records);
    seen.snapshots += isSnapshot;
    seen.keys += states.size;
    for (const key of new Set([...states.keys(), ...expected.states.keys()])) {
      if (states.get(key) !== expected.states.get(key)) note('states', `${p}: key ${key}`);
    }
  }
  return { faults, seen, notes };
}

function checkFed(p, events, fed, note) {
  if (fed && fed.length !== events.length) note('events', `${p}: ${events.length}, ${fed.length}`);
  for (const [i, { key, value, offset }] of events.entries()) {
    if (offset !== i + 1) note('events', `${p}: offset ${offset}, not ${i + 1}`);
    if (fed && `${key} ${text(value)}` !== fed[i]) note('events', `${p}: event ${offset}`);
  }
}

async function snapshotHead(log, p) {
  const snapshot = await log.restore(name, p);
  let head;
  if (snapshot) for await (const chunk of snapshot.chunks()) head = decodeRecord(chunk).head;
  return head;
}

/** A partition's records: each begins where the last one ended, and an epoch has one owner. */
async function recordsOf(log, p, note) {
  const snapshot = await log.restore(name, p);
  let kept = 0;
  if (snapshot)
    for await (const chunk of snapshot.chunks()) kept = decodeRecord(chunk).head.kept ?? kept;
  const stored = await all(log.records(name, p, p % 2 ? kept : 0));
  const records = stored.map(({ bytes }) => decodeRecord(bytes));
  const owners = new Map();
  let last;
  for (const [i, { head }] of records.entries()) {
    const at = `${p}@${stored[i].revision}`;
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

function sunkAnswer({ key, value }) {
  const { id, offset, y } = JSON.parse(text(value));
  return { id, key, offset, ...(y && { y: bitsOf(floats(Buffer.from(y.data, 'base64'))) }) };
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
    const [own, other] = [expected[i], answer].map(a => `${a.key} ${a.offset} ${a.y}`);
    if (own !== other) note('wrong', `${where}: ${answer.id} is ${other}, not ${own}`);
  }
  for (const id of left.keys()) note('lost', `${where}: ${id}`);
}

/** The states that snapshot and records say. */
async function finalStates(log, p) {
  const states = new Map();
  const put = ({ head, states: own }) => {
    for (const key of head.gone ?? []) states.delete(key);
    for (const [key, bits] of own) states.set(key, bits);
  };
  const snapshot = await log.restore(name, p);
  if (snapshot) for await (const chunk of snapshot.chunks()) put(decodeRecord(chunk));
  const after = await all(log.records(name, p, snapshot?.revision ?? 0));
  for (const { bytes } of after) put(decodeRecord(bytes));
  return { states, isSnapshot: snapshot ? 1 : 0 };
}
