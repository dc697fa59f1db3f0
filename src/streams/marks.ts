/** A set of slots, a bit each. */
export class Marks {
  #words = new Uint32Array(1);

  add(slot: number): void {
    const word = slot >>> 5;
    if (word >= this.#words.length) {
      const larger = new Uint32Array(Math.max(word + 1, 2 * this.#words.length));
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[word] |= 1 << (slot & 31);
  }

  remove(slot: number): void {
    this.#words[slot >>> 5] &= ~(1 << (slot & 31));
  }

  /** All of them, in ascending order. */
  list(): number[] {
    const slots: number[] = [];
    for (let word = 0; word < this.#words.length; word++) {
      for (let bits = this.#words[word]; bits; bits &= bits - 1) {
        slots.push(word * 32 + 31 - Math.clz32(bits & -bits));
      }
    }
    return slots;
  }

  clear(): void {
    this.#words.fill(0);
  }
}
