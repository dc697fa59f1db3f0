import { mismatch } from '../../errors.js';
import { inflated } from '../inflated.js';
import type { Room } from '../npy/room.js';
import type { Hdf5Bytes } from './hdf5-bytes.js';

/** Filters, by the format's numbers. */
const filters = { deflate: 1, shuffle: 2 };

/** A dataset whose elements lie in blocks of one shape, each of which filters packed. */
export interface Chunked {
  /** Where the entries of its tree begin: of each chunk its size, filters left out, and place. */
  readonly entries: readonly number[];
  /** Sizes of the dataset, and of a chunk. */
  readonly shape: readonly number[];
  readonly chunk: readonly number[];
  /** Bytes of an element. */
  readonly width: number;
  /** What packed each chunk, one after another. */
  readonly filters: readonly number[];
}

/** The filters of a message of them, or why they cannot be undone. */
export function filtersIn(
  bytes: Hdf5Bytes,
  { at, size }: { readonly at: number; readonly size: number },
): readonly number[] | string {
  const [version, count] = [bytes.u8(at), bytes.u8(at + 1)];
  bytes.demand(version === 1, 'filters of version 1', `${version}`);
  const found: number[] = [];
  for (let i = 0, next = at + 8; i < count; i++) {
    bytes.demand(next + 8 <= at + size, 'filters within their message', 'more');
    const [id, name, , values] = [0, 2, 4, 6].map(offset => bytes.u16(next + offset));
    if (!Object.values(filters).includes(id)) return `data behind filter ${id}`;
    found.push(id);
    next += 8 + name + 8 * Math.ceil(values / 2);
  }
  return found;
}

/**
 * All elements, row-major. The chunks must be exactly those that the sizes ask for, and what they
 * unpack to comes out of the room, before it is made.
 */
export function chunkedBytes(
  where: string,
  bytes: Hdf5Bytes,
  { entries, shape, chunk, width, filters }: Chunked,
  room: Room,
): Uint8Array {
  const size = chunk.reduce((product, n) => product * n, width);
  const counts = shape.map((n, d) => Math.ceil(n / chunk[d]));
  const all = new Uint8Array(shape.reduce((product, n) => product * n, width));
  const seen = new Set<string>();
  for (const at of entries) {
    const offsets = shape.map((_, d) => bytes.u64(at + 8 + 8 * d));
    const isPlace = offsets.every((n, d) => n < shape[d] && n % chunk[d] === 0);
    const key = offsets.join();
    bytes.demand(isPlace && !seen.has(key), 'each chunk once, in its place', `one at [${key}]`);
    seen.add(key);
    const [packedSize, mask] = [bytes.u32(at), bytes.u32(at + 4)];
    const packed = bytes.part(bytes.u64(at + 16 + 8 * shape.length), packedSize);
    const used = filters.filter((_, i) => (mask & (1 << i)) === 0);
    place(unpacked(where, packed, used, size, width, room), offsets, { shape, chunk, width }, all);
  }
  const count = counts.reduce((product, n) => product * n, 1);
  bytes.demand(entries.length === count, `${count} chunks`, `${entries.length}`);
  return all;
}

function unpacked(
  where: string,
  packed: Uint8Array,
  used: readonly number[],
  size: number,
  width: number,
  room: Room,
): Uint8Array {
  let data = packed;
  for (const filter of [...used].reverse()) {
    if (filter === filters.deflate) data = inflated(where, data, size, room, 'zlib');
    else data = unshuffled(data, width);
  }
  if (data.length !== size) throw mismatch(where, `a chunk of ${size} bytes`, `${data.length}`);
  return data;
}

/** All first bytes of elements, then all second ones, as elements again. */
function unshuffled(data: Uint8Array, width: number): Uint8Array {
  const count = Math.floor(data.length / width);
  const result = data.slice();
  for (let byte = 0; byte < width; byte++) {
    for (let i = 0; i < count; i++) result[i * width + byte] = data[byte * count + i];
  }
  return result;
}

/** Copies what of a chunk lies within the dataset, row by row. */
function place(
  data: Uint8Array,
  offsets: readonly number[],
  { shape, chunk, width }: Pick<Chunked, 'shape' | 'chunk' | 'width'>,
  all: Uint8Array,
): void {
  const last = shape.length - 1;
  const copy = (axis: number, from: number, to: number): void => {
    const count = Math.min(chunk[axis], shape[axis] - offsets[axis]);
    if (axis === last) {
      const [begin, target] = [from * chunk[axis], to * shape[axis] + offsets[axis]];
      all.set(data.subarray(begin * width, (begin + count) * width), target * width);
      return;
    }
    for (let i = 0; i < count; i++) {
      copy(axis + 1, from * chunk[axis] + i, to * shape[axis] + offsets[axis] + i);
    }
  };
  copy(0, 0, 0);
}
