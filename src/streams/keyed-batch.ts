import type { KeyedStates } from './slot-states.js';

/** An event that waits for its step. */
export interface Waiting {
  readonly event: unknown;
  readonly key: unknown;
  readonly slot: number;
  /** Its number. */
  readonly step: number;
}

/** Events of different keys that wait for each other. */
export class KeyedBatch {
  readonly #states: KeyedStates;
  #items: Waiting[] = [];
  readonly #slots = new Set<number>();

  constructor(states: KeyedStates) {
    this.#states = states;
  }

  get size(): number {
    return this.#items.length;
  }

  /** True where an event of this slot waits. */
  has(slot: number): boolean {
    return this.#slots.has(slot);
  }

  add(item: Waiting): void {
    this.#items.push(item);
    this.#slots.add(item.slot);
  }

  /** Empties the batch. */
  clear(): Waiting[] {
    const items = this.#items;
    this.#items = [];
    this.#slots.clear();
    return items;
  }

  /**
   * Steps what waits: `finish` takes each in order, its number and what answers its output, which
   * throws where the step is refused; false ends it.
   */
  step(finish: (item: Waiting, i: number, output: (i: number) => unknown) => boolean): void {
    const items = this.clear();
    const slots = items.map(({ slot }) => slot);
    const together = slots.length > 1 && this.#stepTogether(slots);
    const output = (i: number) => {
      if (!together) this.#states.step(slots, i, 1);
      return this.#states.output(i);
    };
    for (let i = 0; i < items.length; i++) if (!finish(items[i], i, output)) break;
  }

  /** False where one of them refuses: which one comes out when they step one by one. */
  #stepTogether(slots: readonly number[]): boolean {
    try {
      this.#states.step(slots, 0, slots.length);
      return true;
    } catch {
      return false;
    }
  }
}
