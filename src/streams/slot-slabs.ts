import { Slab } from '../arrays/slab.js';

/**
 * Outputs of slots: distinct vectors of one size, of which two of different slots share no buffer.
 */
export class SlotSlabs {
  readonly #size: number;
  /** By the slot's last bits: busy slots in turn share none. */
  readonly #slabs: Slab[] = [];
  readonly #mask: number;
  /** How many outputs there were, and before the last one of each slab. */
  #taken = 0;
  readonly #takenBefore: Float64Array;
  readonly #separate: boolean | undefined;

  /** `separate`: no two outputs share a buffer. */
  constructor(size: number, separate: boolean | undefined) {
    const slabs = slabsFor(size);
    this.#size = size;
    this.#mask = slabs - 1;
    this.#takenBefore = new Float64Array(slabs);
    this.#separate = separate;
  }

  /** A new output of a slot. */
  take(slot: number): Float32Array {
    // Small ones cost no more alone.
    if (!this.#mask) return new Float32Array(this.#size);
    const i = slot & this.#mask;
    const slab = (this.#slabs[i] ??= new Slab(this.#separate));
    // Rare keys have buffers to themselves: who keeps their last outputs keeps no others.
    if (this.#taken - this.#takenBefore[i] > this.#takenBefore.length) slab.end();
    this.#takenBefore[i] = this.#taken++;
    return slab.take(this.#size, slot);
  }

  /** What is taken next of a slot is another key's, perhaps. */
  end(slot: number): void {
    this.#slabs[slot & this.#mask]?.end();
  }
}

/** How many slabs there are: a power of two, so that their buffers hold 1 MB at most. */
function slabsFor(size: number): number {
  if (size <= 16) return 1;
  return 2 ** Math.max(0, Math.min(10, 15 - Math.ceil(Math.log2(size))));
}
