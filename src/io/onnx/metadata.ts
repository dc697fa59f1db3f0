import { NdView, sizeOf } from '../../arrays/ndarray.js';
import { demand } from '../../errors.js';
import type { AnyCell } from '../../streams/cell.js';
import { describedModel } from '../save.js';
import type { Claims } from '../tensor-claims.js';

/** The key of a model's description among a file's metadata. */
export const descriptionKey = 'rxrecur';

/** Parameters that are told apart by numbers of float32: the reader finds them so. */
const mostParameters = 2 ** 24;

/** What a written file says of its model: `save`'s description of it. */
export function metadataOf(cell: AnyCell): Readonly<Record<string, string>> {
  const { model, tensors } = describedModel(cell);
  const count = Object.values(tensors).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return count < mostParameters ? { [descriptionKey]: model } : {};
}

/** Parameters as they are asked for, each number's place among all of them in its stead. */
export class Places implements Claims {
  readonly #most: number;
  readonly #values: Float32Array | undefined;
  /** How many were claimed. */
  total = 0;

  /** `most`: how many there may be; or all their numbers, in the order of the claims. */
  constructor(given: number | Float32Array) {
    this.#values = typeof given === 'number' ? undefined : given;
    this.#most = typeof given === 'number' ? Math.min(given, mostParameters - 1) : given.length;
  }

  readonly count = 0;
  startingWith = (): readonly string[] => [];
  shapeOf = (): undefined => undefined;
  settle(): void {}

  claim(_: string, { shape }: { readonly shape: readonly number[] }): NdView {
    const [from, count] = [this.total, sizeOf(shape)];
    this.total += count;
    demand(this.total <= this.#most, 'model', `at most ${this.#most} parameters`, this.total);
    const own = this.#values?.subarray(from, this.total);
    return new NdView(own ?? Float32Array.from({ length: count }, (_, i) => from + i + 1), [
      ...shape,
    ]);
  }
}
