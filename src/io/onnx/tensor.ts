import { NdView, rowMajor, sizeOf } from '../../arrays/ndarray.js';
import { mismatch, shapeText } from '../../errors.js';
import { floats } from '../dtypes.js';
import { quoted } from '../json.js';
import type { Budget } from './budget.js';
import { elementTypes, type TensorProto } from './proto.js';
import type { Floats, View } from './strided.js';
import { ensure } from './unfit.js';

/** A tensor whose numbers the file holds, or that were computed from such. */
export interface Constant {
  readonly kind: 'constant';
  /** In messages. */
  readonly name: string;
  readonly dims: readonly number[];
  /** False for integers and booleans. */
  readonly floating: boolean;
  /** Row-major; read from the file's bytes each time, and so is a view. */
  values(): Floats;
  /** Where they lie, if not simply in `values()`. */
  readonly view?: View | undefined;
}

/** As many axes as anybody's tensors have. */
const mostAxes = 8;

type Read = (view: DataView, at: number) => number;
interface Element {
  readonly width: number;
  readonly floating: boolean;
  readonly read: Read;
}

const float = (width: number, read: Read): Element => ({ width, floating: true, read });
const integer = (width: number, read: Read): Element => ({ width, floating: false, read });

const elements: Readonly<Record<number, Element>> = {
  [elementTypes.float]: float(4, floats.F32),
  [elementTypes.double]: float(8, floats.F64),
  [elementTypes.float16]: float(2, floats.F16),
  [elementTypes.bfloat16]: float(2, floats.BF16),
  [elementTypes.int8]: integer(1, (view, at) => view.getInt8(at)),
  [elementTypes.uint8]: integer(1, (view, at) => view.getUint8(at)),
  [elementTypes.bool]: integer(1, (view, at) => view.getUint8(at)),
  [elementTypes.int16]: integer(2, (view, at) => view.getInt16(at, true)),
  [elementTypes.int32]: integer(4, (view, at) => view.getInt32(at, true)),
  [elementTypes.int64]: integer(8, (view, at) => Number(view.getBigInt64(at, true))),
};

/** Numbers computed while a file is read. */
export function constantOf(name: string, dims: readonly number[], values: Floats): Constant {
  const floating = values instanceof Float32Array;
  return { kind: 'constant', name, dims, floating, values: () => values };
}

/** A file's tensor; throws a RecurError unless the bytes for all its elements are there. */
export function tensorOf(proto: TensorProto, name = proto.name, budget?: Budget): Constant {
  const where = whereOf(name);
  const { dims, type } = proto;
  const bad = dims.length > mostAxes || dims.some(n => !Number.isSafeInteger(n) || n < 0);
  const shape = shapeText(dims.slice(0, mostAxes + 1));
  if (bad) throw mismatch(where, `at most ${mostAxes} counts as its dimensions`, shape);
  const element = Object.hasOwn(elements, type) ? elements[type] : undefined;
  if (!element)
    throw mismatch(where, 'float, double, float16, bfloat16 or integers', `type ${type}`);
  const count = sizeOf(dims);
  const pieces = piecesOf(proto, element);
  const got = pieces.reduce((sum, { length }) => sum + length, 0);
  // A product beyond 2⁵³ loses digits, and is then still far more than a file has bytes.
  if (!(got === count)) throw mismatch(where, `${count} numbers for ${shape}`, String(got));
  const { floating } = element;
  const values = () => {
    budget?.spend(count);
    return valuesOf(pieces, count, floating);
  };
  const at = pieces.length === 1 ? pieces[0].at : undefined;
  const source = { length: count, values, ...(at && { at }) };
  const view = { source, stride: rowMajor(dims), offset: 0 };
  return { kind: 'constant', name, dims: [...dims], floating, values, view };
}

/** The bytes that a tensor's numbers take by its shape; 0 where it is none that can be read. */
export function bytesOf({ dims, type }: TensorProto): number {
  const size = sizeOf(dims) * (Object.hasOwn(elements, type) ? elements[type].width : 0);
  return Number.isSafeInteger(size) && size > 0 ? size : 0;
}

export function whereOf(name: string): string {
  return `onnx ${quoted(name)}`;
}

/** Some of a tensor's elements. */
interface Piece {
  readonly length: number;
  at?(index: number): number;
  copy(out: Floats, from: number): void;
}

function piecesOf(proto: TensorProto, element: Element): Piece[] {
  const { raw, packed, numbers, type } = proto;
  if (raw) return [bytesPiece(raw, element)];
  if (numbers.length > 0) return [numbersPiece(numbers, type)];
  return packed.map(bytes => bytesPiece(bytes, element));
}

function bytesPiece(bytes: Uint8Array, { width, read }: Element): Piece {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    length: bytes.length / width,
    at: i => read(view, i * width),
    copy(out, from) {
      for (let i = 0, at = 0; at < bytes.length; i++, at += width) out[from + i] = read(view, at);
    },
  };
}

/** Halves come as their bits in `int32_data`. */
function numbersPiece(numbers: readonly number[], type: number): Piece {
  const bits = type === elementTypes.float16 || type === elementTypes.bfloat16;
  const view = new DataView(new ArrayBuffer(2));
  const value = (n: number) => {
    if (!bits) return n;
    view.setUint16(0, n, true);
    return elements[type].read(view, 0);
  };
  return {
    length: numbers.length,
    copy(out, from) {
      for (const [i, n] of numbers.entries()) out[from + i] = value(n);
    },
  };
}

function valuesOf(pieces: readonly Piece[], count: number, floating: boolean) {
  const out = floating ? new Float32Array(count) : new Float64Array(count);
  let at = 0;
  for (const piece of pieces) {
    piece.copy(out, at);
    at += piece.length;
  }
  return out;
}

/** A constant's numbers as weights: float32, each finite; throws a RecurError by its name. */
export function weightsOf(constant: Constant): Float32Array {
  const values = asFloats(constant.values());
  const bad = values.findIndex(v => !Number.isFinite(v));
  if (bad < 0) return values;
  throw mismatch(whereOf(constant.name), 'finite float32 numbers', `${values[bad]} at [${bad}]`);
}

/** A constant as an ndarray of its own. */
export function ndarrayOf(constant: Constant): NdView {
  return new NdView(asFloats(constant.values()), constant.dims);
}

function asFloats(values: Floats): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** Numbers as a parameter: an ndarray is copied fast. */
export function parameterOf(values: Float32Array): NdView {
  return new NdView(values, [values.length]);
}

/** A constant's numbers as sizes, places or indices; throws Unfit where one is no whole number. */
export function wholesOf(constant: Constant): number[] {
  const values = [...constant.values()];
  ensure(values.every(Number.isInteger), 'sizes or indices that are no whole numbers');
  return values;
}
