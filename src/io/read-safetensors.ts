import { type NdArray, NdView, sizeOf } from '../arrays/ndarray.js';
import { describe, mismatch, shapeText } from '../errors.js';
import { littleEndian } from '../streams/little-endian.js';
import { isPlainObject, typedArrayName } from '../streams/values.js';
import { dtypeBits, floats, fromHalves } from './dtypes.js';
import { fromInt8, int8Rows, scaleName } from './int8.js';
import { parseJson, quoted, textOfBytes } from './json.js';
import { misread } from './misread.js';

/** What a safetensors file holds. Both records have no prototype: any name is safe to look up. */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, NdArray>>;
  /** The file's `__metadata__`: strings by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's own limit on its header. */
const longestHeader = 100_000_000;
/** As NumPy's. */
const mostDimensions = 64;
export const metadataName = '__metadata__';

/** A tensor as the header tells of it; begin and end count from the first byte of the data. */
interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * The tensors and metadata of a safetensors file, copied out of its bytes.
 *
 * Tensors are row-major float32 ndarrays of the file's shapes. F32, F16 and BF16 keep their values;
 * F64 is rounded; I8 with a scale for each row, as `save` writes it, becomes float32. A tensor of
 * any other kind (I64, BOOL, …) has its shape and `dtype`, and refuses by name only when its `data`
 * is read: a counter that nobody asks for spoils no file.
 *
 * Throws a RecurError, and returns nothing, for a file that is not exactly what the format allows:
 * cut short, a header that lies or says something twice, tensors that overlap, leave holes, lie
 * outside or are followed by more bytes. NaN and infinities pass: `load` and `fromStateDict` refuse
 * them.
 *
 * @example
 * const { tensors } = readSafetensors(save(dense(3, 2)));
 * tensors.weight.shape; // → [ 2, 3 ]
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  const { header, data } = headed(bytes);
  const entries = Object.entries(header).flatMap(([name, value]) =>
    name === metadataName ? [] : [entryOf(name, value)],
  );
  checkLayout(entries, data.byteLength);
  const metadata = metadataOf(Object.hasOwn(header, metadataName) ? header[metadataName] : {});
  const tensors: Record<string, NdArray> = Object.create(null);
  for (const entry of entries) tensors[entry.name] = tensorOf(entry, data);
  if (metadata.quantization === int8Rows) scale(entries, tensors, data);
  return { tensors, metadata };
}

/** A tensor of a file, as messages name it. */
export function whereOf(name: string): string {
  return `safetensors ${quoted(name)}`;
}

/** `split`; bytes of another kind are refused as what they are. */
function headed(bytes: Uint8Array) {
  if (typedArrayName(bytes) !== 'Uint8Array') {
    throw mismatch('safetensors', "a file's bytes as a Uint8Array", describe(bytes));
  }
  try {
    return split(bytes);
  } catch (error) {
    throw misread('safetensors', 'safetensors', bytes, error);
  }
}

function split(bytes: Uint8Array) {
  const where = 'safetensors';
  const size = bytes.byteLength;
  const short = (least: number | bigint) =>
    mismatch(where, `at least ${least} bytes`, String(size), 'the file is cut short, or another');
  if (size < 8) throw short(8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  const length = view.getBigUint64(0, true);
  if (length > longestHeader) {
    const limit = `a header of at most ${longestHeader} bytes`;
    throw mismatch(where, limit, `one of ${length}`, 'the file may be of another format');
  }
  if (8n + length > size) throw short(8n + length);
  const start = 8 + Number(length);
  const header = parseJson('safetensors header', textOf(bytes.subarray(8, start)));
  if (!isPlainObject(header)) {
    throw mismatch('safetensors header', 'an object', describe(header));
  }
  return { header, data: new DataView(bytes.buffer, bytes.byteOffset + start, size - start) };
}

function textOf(bytes: Uint8Array): string {
  if (bytes[0] !== 0x7b) {
    const got = bytes.length ? `byte ${bytes[0]} first` : 'nothing';
    throw mismatch('safetensors header', "an object, which begins with '{'", got);
  }
  return textOfBytes('safetensors header', bytes);
}

function entryOf(name: string, value: unknown): Entry {
  const where = whereOf(name);
  const fields = isPlainObject(value) ? Object.keys(value).sort().join(', ') : describe(value);
  if (fields !== 'data_offsets, dtype, shape') {
    throw mismatch(where, 'an object { dtype, shape, data_offsets }', quoted(fields));
  }
  const { dtype, shape, data_offsets: offsets } = value as Readonly<Record<string, unknown>>;
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypeBits, dtype)) {
    const got = typeof dtype === 'string' ? quoted(dtype) : describe(dtype);
    throw mismatch(`${where} dtype`, `one of ${Object.keys(dtypeBits).join(', ')}`, got);
  }
  if (!isCounts(shape) || shape.length > mostDimensions) {
    throw mismatch(`${where} shape`, `at most ${mostDimensions} counts`, listText(shape));
  }
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw mismatch(`${where} data_offsets`, '[begin, end]', listText(offsets));
  }
  const [begin, end] = offsets;
  // Counts beyond 2⁵³ lose digits, and are then still far more than a file has bytes.
  const needed = (sizeOf(shape) * dtypeBits[dtype]) / 8;
  if (end - begin !== needed) {
    throw mismatch(where, `${needed} bytes for ${dtype} ${shapeText(shape)}`, `${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(n => Number.isSafeInteger(n) && n >= 0);
}

function listText(value: unknown): string {
  return Array.isArray(value) && value.length <= 8
    ? shapeText(value.map(describe))
    : describe(value);
}

/** Every byte of the data must belong to one tensor. */
function checkLayout(entries: readonly Entry[], size: number): void {
  let at = 0;
  for (const { name, begin, end } of [...entries].sort(byPlace)) {
    const where = whereOf(name);
    if (end > size) {
      throw mismatch(where, `an end within the ${size} bytes of data`, String(end));
    }
    const hint = begin < at ? 'it overlaps another' : 'the bytes before it belong to none';
    if (begin !== at) throw mismatch(where, `data from byte ${at}`, `from ${begin}`, hint);
    at = end;
  }
  if (at !== size) throw mismatch('safetensors', `${at} bytes of data`, `${size}`, 'bytes follow');
}

function byPlace(a: Entry, b: Entry): number {
  return a.begin - b.begin || a.end - b.end;
}

/** Checks that metadata are strings by name, and copies them. */
export function metadataOf(value: unknown): Readonly<Record<string, string>> {
  const metadata: Record<string, string> = Object.create(null);
  if (!isPlainObject(value)) {
    throw mismatch(whereOf(metadataName), 'strings by name', describe(value));
  }
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw mismatch(`${whereOf(metadataName)} ${quoted(name)}`, 'a string', describe(text));
    }
    metadata[name] = text;
  }
  return metadata;
}

function tensorOf({ name, dtype, shape, begin, end }: Entry, data: DataView): NdArray {
  if (!Object.hasOwn(floats, dtype)) return unread(name, dtype, shape);
  const bytes = new Uint8Array(data.buffer, data.byteOffset + begin, end - begin).slice();
  return new NdView(numbersOf(dtype, bytes.buffer), shape);
}

/** The numbers in bytes of their own. */
function numbersOf(dtype: string, bytes: ArrayBuffer): Float32Array {
  if (dtype === 'F16') {
    const halves = new Uint16Array(bytes);
    littleEndian(halves);
    return fromHalves(halves);
  }
  if (dtype === 'F32') {
    const values = new Float32Array(bytes);
    littleEndian(values);
    return values;
  }
  const view = new DataView(bytes);
  const width = dtypeBits[dtype] / 8;
  return Float32Array.from({ length: bytes.byteLength / width }, (_, i) => {
    return floats[dtype](view, i * width);
  });
}

/** Puts numbers in the place of integers and their scales. */
function scale(entries: readonly Entry[], tensors: Record<string, NdArray>, data: DataView): void {
  const dtypes = new Map(entries.map(({ name, dtype }) => [name, dtype]));
  for (const { name, dtype, shape, begin, end } of entries) {
    if (dtype !== 'I8') continue;
    const beside = scaleName(name);
    const scales = dtypes.get(beside);
    if (scales !== undefined && scales !== 'F32') throw mismatch(whereOf(beside), 'F32', scales);
    const integers = new Int8Array(data.buffer, data.byteOffset + begin, end - begin);
    tensors[name] = fromInt8(name, integers, shape, tensors[beside]);
    delete tensors[beside];
  }
}

/** A tensor whose numbers float32 might not hold. */
function unread(name: string, dtype: string, shape: readonly number[]): NdArray {
  const { stride, offset } = new NdView(new Float32Array(0), shape);
  const tensor = {
    dtype,
    shape: [...shape],
    stride,
    offset,
    get data(): never {
      throw mismatch(whereOf(name), Object.keys(floats).join(', '), dtype);
    },
  };
  return tensor;
}
