/**
 * Anything with these four is an ndarray here: element (i, j) is data[offset + i·stride₀ +
 * j·stride₁].
 */
export interface NdArray {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/**
 * An input: a vector `[inputSize]`, a batch `[inputSize, batch]`, or a bare number for size 1.
 * Integers are taken as they are, unscaled; bytes are refused.
 */
export type Vec =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint16Array
  | Uint32Array
  | readonly number[]
  | NdArray
  | number;

/** What an ndarray of scijs (`ndarray(…)`) has and a plain one has not. */
interface ScijsLike extends NdArray {
  pick(...indices: never[]): unknown;
  step(...steps: never[]): unknown;
}

/** The output that answers an input of type X: ndarray for ndarray, else a Float32Array. */
export type Out<X> = X extends ScijsLike
  ? Omit<X, 'data' | 'dtype'> & { readonly data: Float32Array; readonly dtype: 'float32' }
  : X extends NdArray
    ? NdView
    : Float32Array;

/** A row-major float32 ndarray; what this library answers ndarrays with. */
export class NdView implements NdArray {
  readonly dtype = 'float32';
  readonly data: Float32Array;
  readonly shape: number[];
  readonly stride: number[];
  readonly offset: number;

  /** `data` of length ≥ the product of `shape`; the view does not copy it. */
  constructor(data: Float32Array, shape: readonly number[], stride = rowMajor(shape), offset = 0) {
    this.data = data;
    this.shape = [...shape];
    this.stride = [...stride];
    this.offset = offset;
  }

  get dimension(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** The element at the given indices, one a dimension. */
  get(...indices: number[]): number {
    let at = this.offset;
    for (let d = 0; d < indices.length; d++) at += indices[d] * this.stride[d];
    return this.data[at];
  }
}

/** True for anything with data, shape, stride and offset of the right kinds. */
export function isNdArray(value: unknown): value is NdArray {
  if (typeof value !== 'object' || value === null) return false;
  const { data, shape, stride, offset } = value as Partial<NdArray>;
  const lists = isList(data) && isList(shape) && isList(stride);
  return lists && shape.length === stride.length && typeof offset === 'number';
}

function isList(value: ArrayLike<number> | null | undefined): value is ArrayLike<number> {
  return typeof value === 'object' && typeof value?.length === 'number';
}

/** True for the classes that scijs's `ndarray()` builds. */
export function isScijs(value: NdArray): boolean {
  const { pick, step } = value as Partial<ScijsLike>;
  return typeof pick === 'function' && typeof step === 'function' && !(value instanceof NdView);
}

/**
 * A row-major float32 ndarray over `data` `shape`, of the same class as `like` if that is scijs's
 * (`shape` then has as many dimensions). Made with the array's own constructor: scijs compiles a
 * new class with `new Function`, which a strict content-security policy forbids.
 */
export function wrap(data: Float32Array, shape: readonly number[], like: NdArray): NdView {
  if (!isScijs(like)) return new NdView(data, shape);
  const View = like.constructor as new (...parts: unknown[]) => NdView;
  const view = new View(data, ...shape, ...rowMajor(shape), 0);
  // The class is that of what came in, which may have had other elements.
  if (view.dtype !== 'float32') Object.defineProperty(view, 'dtype', { value: 'float32' });
  return view;
}

/** The elements of an ndarray in row-major order, copied into `out`. */
export function flatten<T extends { length: number; [index: number]: number }>(
  { data, shape, stride, offset }: NdArray,
  out: T,
): T {
  const index = shape.map(() => 0);
  let at = offset;
  for (let k = 0; k < out.length; k++) {
    out[k] = data[at];
    for (let d = shape.length - 1; d >= 0; d--) {
      at += stride[d];
      if (++index[d] < shape[d]) break;
      at -= stride[d] * shape[d];
      index[d] = 0;
    }
  }
  return out;
}

/** True if the first and the last element in memory are elements of the data. */
export function isInside({ data, shape, stride, offset }: NdArray): boolean {
  let first = offset;
  let last = offset;
  for (const [d, n] of shape.entries()) {
    if (!Number.isSafeInteger(n) || n < 0 || !Number.isSafeInteger(stride[d])) return false;
    if (stride[d] < 0) first += (n - 1) * stride[d];
    else last += (n - 1) * stride[d];
  }
  return shape.includes(0) || (Number.isSafeInteger(offset) && first >= 0 && last < data.length);
}

/** The ndarray at index i of the last-but-`dimension` axis, sharing the data. */
export function sliceAt(array: NdArray, axis: number, i: number): NdArray {
  const keep = (_: unknown, d: number) => d !== axis;
  return {
    data: array.data,
    shape: array.shape.filter(keep),
    stride: array.stride.filter(keep),
    offset: array.offset + i * array.stride[axis],
  };
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

export function rowMajor(shape: readonly number[]): number[] {
  const stride = [...shape];
  for (let d = shape.length - 1, step = 1; d >= 0; step *= shape[d], d--) stride[d] = step;
  return stride;
}
