/** V8 keeps a typed array's elements beside the object up to this size. */
const INLINE_BYTES = 64;
/** From here on the numbers cost more than a buffer of their own. */
const LARGE_BYTES = 8192;
/** Vectors that share a buffer at most: who keeps one of them keeps the bytes of all. */
const NEIGHBOURS = 8;

/**
 * Distinct float32 vectors, cheaply: of one size and owner, up to eight in a row share a buffer that
 * is never written again; the first has one to itself, then two share one, then four.
 */
export class Slab {
  #buffer = new ArrayBuffer(0);
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
    const isSame = owner === this.#owner && bytes === this.#bytes;
    const { byteLength } = this.#buffer;
    if (!isSame || this.#used === byteLength) {
      const length = isSame ? Math.min(2 * byteLength, NEIGHBOURS * bytes) : bytes;
      this.#buffer = new ArrayBuffer(length);
      this.#used = 0;
      this.#owner = owner;
      this.#bytes = bytes;
    }
    const vector = new Float32Array(this.#buffer, this.#used, n);
    this.#used += bytes;
    return vector;
  }

  /** What is taken next shares nothing with what was taken. */
  end(): void {
    this.#bytes = 0;
  }
}
