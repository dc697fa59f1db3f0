/** Slots in the order in which they were last used, and when: 16 bytes each. */
export class Recency {
  /** Neighbours in a ring through every slot that is used; slot s is entry s + 1, 0 is the ends. */
  #older = new Int32Array(17);
  #newer = new Int32Array(17);
  #times = new Float64Array(17);

  /** The slot that has not been used for longest; -1: there is none. */
  get oldest(): number {
    return this.#newer[0] - 1;
  }

  timeOf(slot: number): number {
    return this.#times[slot + 1];
  }

  /** Slots from the last one used on. */
  *newest(): Generator<number> {
    for (let entry = this.#older[0]; entry; entry = this.#older[entry]) yield entry - 1;
  }

  /** The slot is the last one used. */
  touch(slot: number, time: number): void {
    const entry = slot + 1;
    if (entry >= this.#times.length) this.#grow(entry);
    this.remove(slot);
    const last = this.#older[0];
    this.#newer[last] = entry;
    this.#older[entry] = last;
    this.#newer[entry] = 0;
    this.#older[0] = entry;
    this.#times[entry] = time;
  }

  /** A slot that is not used yet stands for another one, which is not used any more. */
  replace(old: number, slot: number): void {
    const time = this.timeOf(old);
    const next = this.#newer[old + 1] - 1;
    this.remove(old);
    this.touch(slot, time);
    if (next >= 0) this.#moveBefore(slot + 1, next + 1);
  }

  #moveBefore(entry: number, newer: number): void {
    this.remove(entry - 1);
    const older = this.#older[newer];
    this.#newer[older] = entry;
    this.#older[entry] = older;
    this.#newer[entry] = newer;
    this.#older[newer] = entry;
  }

  /** The slot is not used any more; nothing, where it was not. */
  remove(slot: number): void {
    const entry = slot + 1;
    const [older, newer] = [this.#older[entry], this.#newer[entry]];
    // Without neighbours it is in the ring only if it is alone there.
    if (!older && !newer && this.#newer[0] !== entry) return;
    this.#newer[older] = newer;
    this.#older[newer] = older;
    this.#older[entry] = 0;
    this.#newer[entry] = 0;
  }

  #grow(entry: number): void {
    const grown = <A extends Int32Array | Float64Array>(array: A, larger: A): A => {
      larger.set(array);
      return larger;
    };
    const size = Math.max(entry + 1, 2 * this.#times.length);
    this.#older = grown(this.#older, new Int32Array(size));
    this.#newer = grown(this.#newer, new Int32Array(size));
    this.#times = grown(this.#times, new Float64Array(size));
  }
}
