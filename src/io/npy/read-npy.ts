import { NdView, sizeOf } from '../../arrays/ndarray.js';
import { describe, mismatch, shapeText } from '../../errors.js';
import { typedArrayName } from '../../streams/values.js';
import { half } from '../dtypes.js';
import { quoted } from '../json.js';
import { misread } from '../misread.js';
import { refusing } from '../refusals.js';
import { type NpyHeader, readHeader } from './header.js';
import { type Room, roomOf } from './room.js';

/** NumPy's own limit on a header that it has not been told to trust. */
const longestHeader = 10_000;
type Read = (view: DataView, at: number, little: boolean) => number;

const reads: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['f2', (view, at, little) => half(view.getUint16(at, little))],
  ['f4', (view, at, little) => view.getFloat32(at, little)],
  ['f8', (view, at, little) => view.getFloat64(at, little)],
  ['b1', (view, at) => view.getUint8(at)],
  ['i1', (view, at) => view.getInt8(at)],
  ['u1', (view, at) => view.getUint8(at)],
  ['i2', (view, at, little) => view.getInt16(at, little)],
  ['u2', (view, at, little) => view.getUint16(at, little)],
  ['i4', (view, at, little) => view.getInt32(at, little)],
  ['u4', (view, at, little) => view.getUint32(at, little)],
  ['i8', (view, at, little) => Number(view.getBigInt64(at, little))],
  ['u8', (view, at, little) => Number(view.getBigUint64(at, little))],
]);

/**
 * The array in the bytes of a `.npy` file, versions 1 to 3, as a float32 ndarray of its shape;
 * in Fortran order its strides are so. float16 and float32 keep their values, NaN and infinities
 * too, and float64 is rounded; integers and booleans (0 and 1) keep theirs exactly.
 *
 * Throws a RecurError for a file that is cut short or goes on, for other kinds of elements, and for
 * an integer that float32 does not hold.
 *
 * @example
 * const bytes = writeNpy({ data: [1, 2, 3, 4, 5, 6], shape: [2, 3], stride: [3, 1], offset: 0 });
 * readNpy(bytes).get(1, 0); // → 4
 */
export function readNpy(bytes: Uint8Array): NdView {
  return refusing('npy', () => {
    if (typedArrayName(bytes) !== 'Uint8Array') {
      throw mismatch('npy', "a file's bytes as a Uint8Array", describe(bytes));
    }
    return readArray('npy', bytes, roomOf(bytes));
  });
}

/** The same, called `where`; takes what it needs from the room. */
export function readArray(where: string, bytes: Uint8Array, room: Room): NdView {
  const { header, start } = split(where, bytes);
  const { descr, shape, fortranOrder } = header;
  const { read, width, little, isInteger } = elementOf(where, descr);
  const size = sizeOf(shape);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  if (size * width !== view.byteLength) {
    const expected = `${size * width} bytes for ${descr} ${shapeText(shape)}`;
    throw mismatch(where, expected, String(view.byteLength));
  }
  room.left -= 4 * size;
  if (room.left < 0) throw mismatch(where, 'an array that fits', `${size} numbers`);
  const data = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const value = read(view, i * width, little);
    data[i] = value;
    if (isInteger && data[i] !== value) {
      const expected = 'integers that float32 holds';
      throw mismatch(where, expected, `${value} at element ${i}`);
    }
  }
  return fortranOrder ? new NdView(data, shape, columnMajor(shape)) : new NdView(data, shape);
}

function split(where: string, bytes: Uint8Array): { header: NpyHeader; start: number } {
  const magic = [0x93, ...[...'NUMPY'].map(c => c.charCodeAt(0))];
  if (magic.some((byte, i) => bytes[i] !== byte)) {
    const got = `${bytes.length} other bytes`;
    const error = mismatch(where, "a file that begins with '\\x93NUMPY'", got);
    throw misread(where, 'npy', bytes, error);
  }
  const [major, minor] = [bytes[6], bytes[7]];
  if (!(major >= 1 && major <= 3) || minor !== 0) {
    throw mismatch(`${where} version`, '1.0, 2.0 or 3.0', `${major}.${minor}`);
  }
  const prefix = major === 1 ? 10 : 12;
  const short = (least: number) =>
    mismatch(where, `at least ${least} bytes`, String(bytes.length), 'the file is cut short');
  if (bytes.length < prefix) throw short(prefix);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > longestHeader) {
    throw mismatch(`${where} header`, `at most ${longestHeader} bytes`, String(length));
  }
  const start = prefix + length;
  if (bytes.length < start) throw short(start);
  // What a header may say is ASCII, whatever its encoding.
  const text = String.fromCharCode(...bytes.subarray(prefix, start));
  return { header: readHeader(`${where} header`, text), start };
}

function elementOf(where: string, descr: string) {
  const [, order, kind] = /^([<>|=])([a-z]\d)$/.exec(descr) ?? [];
  const read = reads.get(kind);
  const width = Number(kind?.[1]);
  if (!read || (order === '|' && width > 1)) {
    const known = [...reads.keys()].map(name => `<${name}`).join(', ');
    throw mismatch(`${where} descr`, `one of ${known}`, quoted(descr));
  }
  // NumPy writes '=' for no file: it is the order of the machine, little almost everywhere.
  return { read, width, little: order !== '>', isInteger: kind[0] !== 'f' };
}

function columnMajor(shape: readonly number[]): number[] {
  const stride: number[] = [];
  for (let d = 0, step = 1; d < shape.length; step *= shape[d], d++) stride.push(step);
  return stride;
}
