import { ensure } from './unfit.js';

/**
 * Numbers that may still be made of a file: a few bytes can ask for one tensor a thousand times,
 * or for one of any size. Views of numbers that are there cost nothing.
 */
export class Budget {
  #left = 0;

  /** For a phase of reading. */
  renew(numbers: number): void {
    this.#left = numbers;
  }

  /** Throws Unfit where it is spent. */
  spend(count: number): void {
    ensure(count >= 0 && count <= this.#left, 'more numbers than the file is worth');
    this.#left -= count;
  }
}
