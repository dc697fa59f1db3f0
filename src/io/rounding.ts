import { NdView } from '../arrays/ndarray.js';
import { checkNames, demand, mismatch } from '../errors.js';
import { fromHalves, halfBits, largestHalf } from './dtypes.js';
import { fromInt8, scaleName, toInt8 } from './int8.js';

/** How small a file becomes. */
export interface RoundingOptions {
  /**
   * What the numbers of matrices, of two dimensions or more, are rounded to: `'float16'`, or
   * `'int8'` with a scale for each row. Biases, vectors and initial states stay float32, and so
   * does everything by default: `'float32'`.
   */
  readonly weights?: 'float32' | 'float16' | 'int8' | undefined;
  /** Told how far the numbers that a reader gets are from those that were given. */
  readonly onRounded?: ((rounding: Rounding) => void) | undefined;
}

/** How far the numbers in a file are from those that were given. */
export interface Rounding {
  /** The largest difference of all. */
  readonly worst: number;
  /** Of each tensor that was rounded, by name: its largest difference, and its largest number. */
  readonly tensors: Readonly<Record<string, { readonly worst: number; readonly largest: number }>>;
}

/** A tensor as it lies in a file. */
export interface FileTensor {
  readonly name: string;
  readonly dtype: 'F32' | 'F16' | 'I8';
  readonly shape: readonly number[];
  readonly values: Float32Array | Uint16Array | Int8Array;
}

/** A tensor as it lies in a file, and as a reader gets it. */
interface Rounded {
  readonly parts: readonly FileTensor[];
  readonly read: NdView;
}

type Round = (where: string, name: string, tensor: NdView) => Rounded;

const roundings: Readonly<Record<'float16' | 'int8', Round>> = {
  float16(where, name, { data, shape }) {
    const values = Uint16Array.from(data, halfBits);
    const read = new NdView(fromHalves(values), shape);
    const beyond = data.findIndex((v, i) => Number.isFinite(v) && !Number.isFinite(read.data[i]));
    if (beyond < 0) return { parts: [{ name, dtype: 'F16', shape, values }], read };
    const hint = "weights: 'int8' has a scale for each row, and 'float32' holds it";
    const range = `numbers within ±${largestHalf} for float16`;
    const row = Math.floor(beyond / (data.length / shape[0]));
    throw mismatch(where, range, `${data[beyond]} in row ${row}`, hint);
  },
  int8(where, name, tensor) {
    const { shape } = tensor;
    const { integers, scales } = toInt8(where, tensor);
    const scale = new NdView(scales, shape.slice(0, 1));
    const parts = [
      { name, dtype: 'I8', shape, values: integers },
      { name: scaleName(name), dtype: 'F32', shape: scale.shape, values: scales },
    ] as const;
    return { parts, read: fromInt8(name, integers, shape, scale) };
  },
};

/** Rounds the tensors of a file one by one, as its options say, and remembers by how much. */
export class Rounder {
  readonly weights: 'float32' | 'float16' | 'int8';
  readonly #onRounded: RoundingOptions['onRounded'];
  readonly #tensors: Record<string, { worst: number; largest: number }> = Object.create(null);

  /** Throws a RecurError for options of another name or kind. */
  constructor(where: string, options: RoundingOptions) {
    checkNames(where, options, ['weights', 'onRounded']);
    const { weights = 'float32', onRounded } = options;
    const known = weights === 'float32' || Object.hasOwn(roundings, weights);
    demand(known, `${where}.weights`, "'float32', 'float16' or 'int8'", weights);
    const callable = onRounded === undefined || typeof onRounded === 'function';
    demand(callable, `${where}.onRounded`, 'a function', onRounded);
    this.weights = weights;
    this.#onRounded = onRounded;
  }

  /** The parts of a tensor; it stays float32 if it is no matrix, or would become no smaller. */
  partsOf(where: string, name: string, tensor: NdView, rounds: boolean): readonly FileTensor[] {
    const { weights } = this;
    const { data: values, shape } = tensor;
    // Of one column, the scales would need more than they save.
    const least = weights === 'int8' ? 2 : 1;
    const isMatrix = shape.length > 1 && values.length >= least * shape[0] && values.length > 0;
    if (weights === 'float32' || !rounds || !isMatrix) {
      return [{ name, dtype: 'F32', shape, values }];
    }
    const { parts, read } = roundings[weights](where, name, tensor);
    const difference = (v: number, i: number) => Math.abs(v - read.data[i]) || 0;
    const worst = values.reduce((most, v, i) => Math.max(most, difference(v, i)), 0);
    const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    this.#tensors[name] = { worst, largest };
    return parts;
  }

  /** The differences, once all tensors have been rounded. */
  get #rounding(): Rounding {
    const tensors = this.#tensors;
    const worst = Math.max(0, ...Object.values(tensors).map(({ worst }) => worst));
    return { worst, tensors };
  }

  tell(): void {
    this.#onRounded?.(this.#rounding);
  }

  /** What a file says of it in its metadata; nothing, if nothing was rounded. */
  metadata(): Readonly<Record<string, string>> {
    const { weights } = this;
    const { worst, tensors } = this.#rounding;
    if (weights === 'float32' || Object.keys(tensors).length === 0) return {};
    return { [roundedKey]: roundedText(weights, worst) };
  }
}

/** Where a file's metadata say that numbers were rounded, to what, and how far they are off. */
export const roundedKey = 'rounded';

export const roundedText = (weights: 'float16' | 'int8', worst: number) =>
  `${weights}, off by at most ${Number(worst.toPrecision(3))}`;
