import { mismatch } from '../../errors.js';
import { half } from '../dtypes.js';
import type { Room } from '../npy/room.js';
import { classes, type Hdf5Bytes } from './hdf5-bytes.js';
import { chunkedBytes, filtersIn } from './hdf5-chunks.js';
import { entriesOf, trees } from './hdf5-tree.js';

/** A message of an object's header: its data are `size` bytes from `at` on. */
export interface Message {
  readonly kind: number;
  readonly size: number;
  readonly at: number;
}

/** Kinds of messages that tell of a dataset's numbers, by the format's numbers. */
const kinds = { datatype: 0x03, external: 0x07, layout: 0x08, filters: 0x0b };

/** How a dataset's elements lie in the file. */
const storage = { compact: 0, contiguous: 1, chunked: 2 };

type Read = (view: DataView, at: number, isLittle: boolean) => number;

/** Floats of IEEE 754: bytes, bits of the exponent and of the fraction, the exponent's bias. */
const floats: readonly (readonly [width: number, form: string, Read])[] = [
  [2, '0 16 10 5 0 10 15', (view, at, isLittle) => half(view.getUint16(at, isLittle))],
  [4, '0 32 23 8 0 23 127', (view, at, isLittle) => view.getFloat32(at, isLittle)],
  [8, '0 64 52 11 0 52 1023', (view, at, isLittle) => view.getFloat64(at, isLittle)],
];

/** Numbers of a dataset, which are made when somebody asks, or why they cannot be read. */
export type Numbers = (where: string, room: Room) => Float32Array;

/** What reads a dataset of those sizes; its numbers come out of the room before they are made. */
export function numbersOf(
  bytes: Hdf5Bytes,
  messages: readonly Message[],
  shape: readonly number[],
): Numbers {
  const found = dataOf(bytes, messages, shape);
  if (typeof found === 'string') {
    return where => {
      const hint = 'h5repack -f NONE -l CONTI writes them so';
      throw mismatch(where, 'floats, one after another or in deflated chunks', found, hint);
    };
  }
  const { read, isLittle, width, elements } = found;
  const size = shape.reduce((product, n) => product * n, 1);
  return (where, room) => {
    room.left -= (4 + width) * size;
    if (room.left < 0) throw mismatch(where, 'numbers that fit', `${size}`);
    const part = elements(where, room);
    const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
    const values = new Float32Array(size);
    for (let i = 0, at = 0; i < size; i++, at += width) values[i] = read(view, at, isLittle);
    return values;
  };
}

function dataOf(bytes: Hdf5Bytes, messages: readonly Message[], shape: readonly number[]) {
  const of = (kind: number) => messages.find(message => message.kind === kind);
  const [type, layout, external] = [kinds.datatype, kinds.layout, kinds.external].map(of);
  if (!type || !layout) return 'no data';
  if (external) return 'data in another file';
  const float = floatOf(bytes, type);
  if (typeof float === 'string') return float;
  const elements = elementsOf(bytes, layout, of(kinds.filters), shape, float.width);
  return typeof elements === 'string' ? elements : { ...float, elements };
}

/** How one element is read, or why it cannot be. */
function floatOf(bytes: Hdf5Bytes, { at, size }: Message) {
  if (size < 20 || (bytes.u8(at) & 15) !== classes.float) return 'data that are no floats';
  // Bits 0 and 6 tell the order of bytes.
  const [width, order] = [bytes.u32(at + 4), bytes.u8(at + 1) & 0x41];
  const small = [12, 13, 14, 15].map(offset => bytes.u8(at + offset));
  const form = [bytes.u16(at + 8), bytes.u16(at + 10), ...small, bytes.u32(at + 16)].join(' ');
  const found = floats.find(float => float[0] === width && float[1] === form);
  if (!found || order > 1) return 'floats of another form than IEEE 754';
  return { width, isLittle: order === 0, read: found[2] };
}

/** What gives the bytes of all elements, or why it cannot. */
function elementsOf(
  bytes: Hdf5Bytes,
  { at, size }: Message,
  pipeline: Message | undefined,
  shape: readonly number[],
  width: number,
): string | ((where: string, room: Room) => Uint8Array) {
  const [version, kind] = [bytes.u8(at), bytes.u8(at + 1)];
  const needed = shape.reduce((product, n) => product * n, width);
  if (version !== 3 || !Object.values(storage).includes(kind)) return 'data of another layout';
  if (needed === 0) return () => new Uint8Array(0);
  if (kind === storage.chunked) {
    const rank = bytes.u8(at + 2) - 1;
    const ok = rank === shape.length && rank > 0 && size >= 15 + 4 * rank;
    bytes.demand(ok, `chunks of ${shape.length} axes`, `${rank}`);
    const [...chunk] = [...shape, 0].map((_, d) => bytes.u32(at + 11 + 4 * d));
    const own = chunk.pop();
    bytes.demand(own === width && !chunk.includes(0), `elements of ${width} bytes`, `${own}`);
    const filters = pipeline ? filtersIn(bytes, pipeline) : [];
    if (typeof filters === 'string') return filters;
    const tree = bytes.u64(at + 3);
    let entries: readonly number[] | undefined;
    return (where, room) => {
      entries ??= entriesOf(bytes, tree, trees.chunks, 16 + 8 * rank);
      return chunkedBytes(where, bytes, { entries, shape, chunk, width, filters }, room);
    };
  }
  const isCompact = kind === storage.compact;
  const begin = isCompact ? at + 4 : bytes.u64(at + 2);
  const got = isCompact ? bytes.u16(at + 2) : bytes.u64(at + 10);
  bytes.demand(got === needed, `${needed} bytes for [${shape.join(', ')}]`, `${got}`);
  bytes.within(begin, needed);
  return () => bytes.part(begin, needed);
}
