import { mutateJson } from './mutate-json.js';
import type { Random } from './random.js';

/** What a mutation makes of a file; `others` are files to splice from. */
type Mutation = (bytes: Uint8Array, random: Random, others: readonly Uint8Array[]) => Uint8Array;

/** No mutated file is larger. */
const largest = 2 ** 18;

/** One to four things that a hostile, or a damaged, file has. */
export const mutate: Mutation = (bytes, random, others) => {
  let result = bytes;
  for (let n = 1 + random.below(4); n > 0; n--) {
    result = random.pick(mutations)(result, random, others);
    if (result.length > largest) result = result.slice(0, largest);
  }
  return result;
};

const joined = (...parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));

/** Two places in a file, in order. */
function piece({ length }: Uint8Array, random: Random): [from: number, to: number] {
  const from = random.below(length + 1);
  const longest = random.next() < 0.7 ? 32 : length;
  return [from, Math.min(length, from + 1 + random.below(longest))];
}

const truncate: Mutation = (bytes, random) =>
  random.next() < 0.8
    ? bytes.slice(0, random.below(bytes.length + 1))
    : bytes.slice(random.below(bytes.length + 1));

const flip: Mutation = (bytes, random) => {
  const copy = bytes.slice();
  for (let n = 1 + random.below(8); n > 0 && copy.length; n--) {
    copy[random.below(copy.length)] ^= 1 << random.below(8);
  }
  return copy;
};

const overwrite: Mutation = (bytes, random) => {
  const copy = bytes.slice();
  const [from, to] = piece(bytes, random);
  const value = random.pick([0, 255, 0x7f, 0x80, random.below(256)]);
  return copy.fill(value, from, Math.min(to, from + 8));
};

/** A field that holds a size, a count or an offset, little-endian, says something else. */
const lie: Mutation = (bytes, random) => {
  const width = random.pick([1, 2, 4, 4, 8, 8]);
  if (bytes.length < width) return bytes;
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const read = (at: number) => {
    let value = 0;
    for (let i = width - 1; i >= 0; i--) value = value * 256 + copy[at + i];
    return value;
  };
  let at = random.below(bytes.length - width + 1);
  // Where a number is that the file could hold, a size is more likely.
  for (let n = 0; n < 20 && !(read(at) > 0 && read(at) <= bytes.length); n++) {
    at = random.below(bytes.length - width + 1);
  }
  const old = read(at);
  const near = [old - 1, old + 1, old * 2, old + bytes.length, bytes.length, bytes.length - at];
  const far = [0, 1, 2 ** 15, 2 ** 16 - 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 53, 2 ** 63, -1];
  const value = BigInt(random.pick(random.next() < 0.5 ? near : far));
  for (let i = 0; i < width; i++) view.setUint8(at + i, Number((value >> BigInt(8 * i)) & 255n));
  return copy;
};

/** A number of seven bits a byte, as protobuf has its lengths. */
const varint: Mutation = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  const values = [0n, 1n, BigInt(bytes.length), 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 70n - 1n];
  let value = random.pick(values);
  const written: number[] = [];
  do {
    written.push(Number(value & 127n) | (value > 127n ? 128 : 0));
    value >>= 7n;
  } while (value > 0n);
  const skipped = random.pick([0, 1, written.length]);
  return joined(bytes.slice(0, at), Uint8Array.from(written), bytes.slice(at + skipped));
};

const remove: Mutation = (bytes, random) => {
  const [from, to] = piece(bytes, random);
  return joined(bytes.slice(0, from), bytes.slice(to));
};

/** A piece again, in another place, perhaps many times. */
const repeat: Mutation = (bytes, random) => {
  const [from, to] = piece(bytes, random);
  const at = random.next() < 0.5 ? to : random.below(bytes.length + 1);
  const times = random.pick([1, 1, 2, 10, 1000]);
  const most = Math.max(1, Math.floor(largest / 2 / Math.max(1, to - from)));
  const copies = new Array(Math.min(times, most)).fill(bytes.slice(from, to));
  return joined(bytes.slice(0, at), ...copies, bytes.slice(at));
};

/** A piece over another of the same length. */
const overlap: Mutation = (bytes, random) => {
  const [from, to] = piece(bytes, random);
  const copy = bytes.slice();
  copy.set(bytes.slice(from, to), random.below(bytes.length - (to - from) + 1));
  return copy;
};

const splice: Mutation = (bytes, random, others) => {
  const other = random.pick(others);
  const [from, to] = piece(other, random);
  const at = random.below(bytes.length + 1);
  const rest = random.next() < 0.5 ? at : at + (to - from);
  return joined(bytes.slice(0, at), other.slice(from, to), bytes.slice(rest));
};

/** Numbers that no weight may be: NaN, infinities, and what float32 rounds to one. */
const weights: Mutation = (bytes, random) => {
  if (bytes.length < 8) return bytes;
  const copy = bytes.slice();
  const value = random.pick([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1e300,
  ]);
  const view = new DataView(copy.buffer);
  const fromEnd = 4 * (1 + random.below(Math.max(1, bytes.length / 8)));
  if (random.next() < 0.7) view.setFloat32(Math.max(0, bytes.length - fromEnd), value, true);
  else view.setFloat64(Math.max(0, bytes.length - 8 - fromEnd), value, true);
  return copy;
};

const json: Mutation = (bytes, random) => {
  if (!bytes.includes(0x7b)) return flip(bytes, random, []);
  const text = Buffer.from(bytes).toString('latin1');
  return Uint8Array.from(Buffer.from(mutateJson(text, random), 'latin1'));
};

const mutations = [
  ...[truncate, flip, flip, overwrite, lie, lie, lie, varint, remove, repeat, overlap, splice],
  ...[weights, json, json, json, json, json],
];
