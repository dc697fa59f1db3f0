/** V8 keeps a typed array's elements beside the object up to this size. */
const INLINE_BYTES = 64;
/** From here on the numbers cost more than a buffer of their own. */
const LARGE_BYTES = 8192;
/** Vectors that share a buffer at most: who keeps one of them keeps the bytes of all. */
const NEIGHBOURS = 8;

/**
 * Distinct float32 vectors, cheaply: of one size and owner, up to eight in a row share a buffer
 * that is never written again; the first has one to itself, then two share one, then four.
 */
export class Slab {
  #buffer: ArrayBuffer | undefined;
  #length = 0;
  #used = 0;
  #bytes = 0;
  #owner: unknown;
  readonly #separate: boolean | undefined;

  /** `separate`: no two vectors share a buffer. */
  constructor(separate?: boolean) {
    this.#separate = separate;
  }

  /** A zeroed vector of n elements that nobody else has. */
  take(n: number, owner?: unknown): Float32Array {
    const bytes = n * 4;
    if (this.#separate || bytes <= INLINE_BYTES || bytes > LARGE_BYTES) return new Float32Array(n);
    if (owner !== this.#owner || bytes !== this.#bytes) {
      this.#owner = owner;
      this.#bytes = this.#used = this.#length = bytes;
      // Costs half of a buffer and a view of it.
      return new Float32Array(n);
    }
    if (this.#used === this.#length) {
      this.#length = Math.min(2 * this.#length, NEIGHBOURS * bytes);
      this.#buffer = new ArrayBuffer(this.#length);
      this.#used = 0;
    }
    const vector = new Float32Array(this.#buffer as ArrayBuffer, this.#used, n);
    this.#used += bytes;
    return vector;
  }

  /** What is taken next shares nothing with what was taken. */
  end(): void {
    this.#bytes = 0;
    this.#buffer = undefined;
  }
}
