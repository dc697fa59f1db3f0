/** Where the blocks of streams are: in slabs, which are taken as slots are opened. */
export class SlabPlaces {
  /** Of each slot. */
  at = new Uint32Array(16);
  /** Where the slabs begin. */
  #slabs: number[] = [];
  #opened = 0;
  readonly #closed: number[] = [];

  /** A slot that is new; `take` takes room for so many blocks. */
  add(block: number, take: (blocks: number) => number): number {
    const slot = this.#opened;
    const slab = slabOf(slot);
    const begin = this.#slabs[slab] ?? take(slotsOf(slab));
    this.#slabs[slab] = begin;
    if (slot === this.at.length) {
      const larger = new Uint32Array(2 * slot);
      larger.set(this.at);
      this.at = larger;
    }
    const before = slab ? slotsOf(slab) : 0;
    this.at[slot] = begin + (slot - before) * block;
    return this.#opened++;
  }

  close(slot: number): void {
    this.#closed.push(slot);
  }

  /** The slot that was closed last, if there is one. */
  reopen(): number | undefined {
    return this.#closed.pop();
  }

  /** All slots, in order. */
  slots(): (readonly [slot: number, isClosed: boolean])[] {
    const closed = new Set(this.#closed);
    return Array.from({ length: this.#opened }, (_, slot) => [slot, closed.has(slot)]);
  }

  /** The same slots in other places. */
  moveTo(places: SlabPlaces): void {
    this.at = places.at;
    this.#slabs = places.#slabs;
  }

  /** Gives all room back. */
  end(give: (at: number, blocks: number) => void): void {
    for (const [slab, at] of this.#slabs.entries()) give(at, slotsOf(slab));
    this.#slabs.length = 0;
  }
}

/** Slabs of 16, 16, 32, 64 … slots: each further one doubles them. */
const slabOf = (slot: number) => 32 - Math.clz32(slot >> 4);
const slotsOf = (slab: number) => 16 << Math.max(0, slab - 1);
