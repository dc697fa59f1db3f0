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

  has(slot: number): boolean {
    return ((this.#words[slot >>> 5] ?? 0) & (1 << (slot & 31))) !== 0;
  }

  remove(slot: number): void {
    this.#words[slot >>> 5] &= ~(1 << (slot & 31));
  }

  /** All of them, and those of another set, in ascending order. */
  list(other?: Marks): number[] {
    const slots: number[] = [];
    const [words, others] = [this.#words, (other ?? this).#words];
    for (let word = 0; word < Math.max(words.length, others.length); word++) {
      for (let bits = words[word] | others[word]; bits; bits &= bits - 1) {
        slots.push(word * 32 + 31 - Math.clz32(bits & -bits));
      }
    }
    return slots;
  }

  clear(): void {
    this.#words.fill(0);
  }
}
