import { mismatch } from '../../errors.js';
import { nestedNumbers } from '../nested-numbers.js';

/** A file's weights, which stand in one list and are taken in their order. */
export class Weights {
  readonly #values: Float32Array;
  #at = 0;

  /** Throws a RecurError for anything but a list of finite numbers. */
  constructor(where: string, given: unknown) {
    const count = Array.isArray(given) ? given.length : 0;
    this.#values = nestedNumbers(where, given, { shape: [count], meaning: 'weights' });
  }

  /** The next weights, as many as the product of `sizes`; `where` is what needs them. */
  take(where: string, ...sizes: readonly number[]): Float32Array {
    const count = sizes.reduce((product, size) => product * size, 1);
    const from = this.#at;
    const left = this.#values.length - from;
    if (count > left) {
      throw mismatch('nam weights', `${count} for ${where} from [${from}] on`, `${left}`);
    }
    this.#at += count;
    return this.#values.subarray(from, this.#at);
  }

  /** Refuses weights that nobody took. */
  end(): void {
    const { length } = this.#values;
    if (this.#at < length)
      throw mismatch('nam weights', `${this.#at}, as config says`, `${length}`);
  }
}
