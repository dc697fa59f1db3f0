import { flatten, isNdArray, type NdArray, sizeOf } from '../arrays/ndarray.js';
import { describe, mismatch, shapeText } from '../errors.js';
import type { ParameterShape } from '../graph/parameters.js';
import { typedArrayName } from '../streams/values.js';
import { quoted } from './json.js';
import { misread } from './misread.js';

/** Refuses what are no tensors by name; of a file's bytes it says how they become such. */
export function checkTensors(where: string, tensors: unknown): void {
  const isBytes = typedArrayName(tensors) === 'Uint8Array';
  if (typeof tensors === 'object' && tensors !== null && !isBytes) return;
  const error = mismatch(
    where,
    'tensors by name',
    describe(tensors),
    isBytes ? 'readSafetensors(bytes).tensors has them' : undefined,
  );
  throw isBytes ? misread(where, 'safetensors', tensors as Uint8Array, error) : error;
}

/** Where a model's tensors come from. */
export type Claims = Pick<TensorClaims, 'count' | 'startingWith' | 'shapeOf' | 'claim' | 'settle'>;

/** Tensors by name, each to be claimed once, by the parameter that it is for. */
export class TensorClaims {
  readonly #source: string;
  readonly #tensors: Readonly<Record<string, NdArray>>;
  readonly #unclaimed: Set<string>;

  /** `source` is what messages call the tensors: `model '0.weightIh'`. */
  constructor(source: string, tensors: Readonly<Record<string, NdArray>>) {
    this.#source = source;
    this.#tensors = tensors;
    this.#unclaimed = new Set(Object.keys(tensors));
  }

  /** How many there are. */
  get count(): number {
    return Object.keys(this.#tensors).length;
  }

  /** The names that begin so of tensors that nobody claimed. */
  startingWith(start: string): readonly string[] {
    return [...this.#unclaimed].filter(name => name.startsWith(start));
  }

  /** The shape of a tensor, if there is one of that name. */
  shapeOf(name: string): readonly number[] | undefined {
    const tensor = Object.hasOwn(this.#tensors, name) ? this.#tensors[name] : undefined;
    return Array.isArray(tensor?.shape) ? tensor.shape : undefined;
  }

  /** The tensor of that name; throws a RecurError if it is missing, misshapen or not finite. */
  claim(name: string, { shape, meaning }: Omit<ParameterShape, 'name'>, hint?: string): NdArray {
    const where = `${this.#source} ${quoted(name)}`;
    const expected = `${shapeText(shape)} (${meaning})`;
    if (!this.#unclaimed.delete(name)) throw mismatch(where, expected, 'none', hint);
    const tensor = this.#tensors[name];
    if (!isNdArray(tensor)) throw mismatch(where, `an ndarray ${expected}`, describe(tensor));
    const got = tensor.shape;
    if (got.length !== shape.length || got.some((n, d) => n !== shape[d])) {
      const transposed = got.length === 2 && got[0] === shape[1] && got[1] === shape[0];
      throw mismatch(where, expected, shapeText(got), transposed ? 'it is transposed' : undefined);
    }
    const values = flatten(tensor, new Float32Array(sizeOf(tensor.shape)));
    const bad = values.findIndex(v => !Number.isFinite(v));
    if (bad < 0) return tensor;
    const index = shape.length === 2 ? [Math.floor(bad / shape[1]), bad % shape[1]] : [bad];
    throw mismatch(where, 'finite float32 numbers', `${values[bad]} at ${shapeText(index)}`);
  }

  /** Refuses the first tensor that nobody claimed and whose name begins with none of `ignored`. */
  settle(ignored: readonly string[] = [], hintOf?: (name: string) => string): void {
    for (const name of this.#unclaimed) {
      if (ignored.some(start => name.startsWith(start))) continue;
      const got = shapeText(this.shapeOf(name) ?? []);
      throw mismatch(`${this.#source} ${quoted(name)}`, 'no such tensor', got, hintOf?.(name));
    }
  }
}
