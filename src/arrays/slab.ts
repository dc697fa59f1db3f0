const SLAB_BYTES = 65536;
/** V8 keeps a typed array's elements beside the object up to this size. */
const INLINE_BYTES = 64;

/**
 * Distinct float32 vectors, cheaply: regions of a shared buffer of at most 64 kB that is replaced
 * when it is used up and never written again.
 */
export class Slab {
  #buffer = new ArrayBuffer(0);
  #used = 0;

  /** A zeroed vector of n elements that nobody else has. */
  take(n: number): Float32Array {
    const bytes = n * 4;
    if (bytes <= INLINE_BYTES || bytes > SLAB_BYTES / 2) return new Float32Array(n);
    if (this.#used + bytes > this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(SLAB_BYTES);
      this.#used = 0;
    }
    const vector = new Float32Array(this.#buffer, this.#used, n);
    this.#used += bytes;
    return vector;
  }
}
