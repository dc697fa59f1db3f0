import { sizeOf } from '../../arrays/ndarray.js';
import { mismatch, shapeText } from '../../errors.js';
import { quoted } from '../json.js';

/** A tensor of a file, whose numbers are not looked at before a layer claims it. */
export interface StoredTensor {
  /** As the file calls it: `lstm/lstm_cell/kernel:0`, `layers/lstm/cell/vars/0`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major; throws a RecurError for a kind of number that is no weight. */
  read(): Float32Array;
}

/** A weight that a layer of Keras has: its name, and its shape where that is known. */
export interface Wanted {
  readonly name: string;
  readonly shape: readonly number[];
}

interface Entry {
  readonly tensor: StoredTensor;
  /** What is left of its name below the scope. */
  readonly segments: readonly string[];
}

/** Parts of names that are in no layer's way: Keras 3 and its forerunners put them there. */
const plumbing = new Set(['', 'layers', 'vars', 'layer_checkpoint_dependencies']);

function isNumber(segment = ''): boolean {
  return /^\d+$/.test(segment);
}

/** Weights of a model, or of a part of it, each to be claimed once. */
export class Weights {
  readonly #entries: readonly Entry[];
  readonly #claimed: Set<StoredTensor>;

  private constructor(entries: readonly Entry[], claimed: Set<StoredTensor>) {
    this.#entries = entries;
    this.#claimed = claimed;
  }

  /** All the tensors of a file; those of random number generators are none of a network. */
  static of(tensors: readonly StoredTensor[]): Weights {
    const seen = new Set<string>();
    const entries = tensors.map(tensor => {
      if (seen.has(tensor.name)) {
        throw mismatch('weights', 'every name once', `${quoted(tensor.name)} twice`);
      }
      seen.add(tensor.name);
      const parts = tensor.name.split('/').map(part => part.replace(/^_|:0$/g, ''));
      return { tensor, segments: parts.filter(part => !plumbing.has(part)) };
    });
    const kept = entries.filter(({ segments }) => !segments.some(s => s.includes('seed_gen')));
    return new Weights(kept, new Set());
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** True where weights are numbered and not named, and layers by their classes: Keras 3. */
  get isNumbered(): boolean {
    return this.#entries.some(({ segments }) => isNumber(segments.at(-1)));
  }

  /** The weights of a layer: its name is the first part of theirs, or stands further on. */
  layer(name: string): Weights {
    const below = (at: (segments: readonly string[]) => number) =>
      this.#entries.flatMap(({ tensor, segments }) => {
        const found = at(segments.slice(0, -1));
        return found < 0 ? [] : [{ tensor, segments: segments.slice(found + 1) }];
      });
    const first = below(segments => (segments[0] === name ? 0 : -1));
    return this.#of(first.length ? first : below(segments => segments.indexOf(name)));
  }

  /** The weights of a part of a layer: those with a part of their name that is it. */
  part(isIt: (segment: string) => boolean): Weights {
    return this.#of(this.#entries.filter(({ segments }) => segments.slice(0, -1).some(isIt)));
  }

  /**
   * The numbers of exactly these weights, by their names, or by their places where the file has
   * numbers for names (Keras 3). Throws a RecurError for one that is missing, misshapen or not
   * finite.
   */
  claim<K extends string>(
    where: string,
    wanted: readonly (Wanted & { name: K })[],
  ): Record<K, Float32Array> {
    const numbered = this.isNumbered;
    const found = wanted.map(({ name, shape }, i) => {
      const key = numbered ? String(i) : name;
      const same = this.#entries.filter(({ segments }) => segments.at(-1) === key);
      const expected = `${name} ${shapeText(shape)}`;
      if (same.length === 0) throw mismatch(where, expected, `none of ${this.#names()}`);
      if (same.length > 1) throw mismatch(where, `one ${expected}`, `${same.length}`);
      return [name, this.#read(where, same[0].tensor, expected, shape)] as const;
    });
    return Object.fromEntries(found) as Record<K, Float32Array>;
  }

  /** Refuses the first tensor that no layer claimed. */
  settle(): void {
    const left = this.#entries.find(({ tensor }) => !this.#claimed.has(tensor));
    if (!left) return;
    const { name, shape } = left.tensor;
    throw mismatch(`weights ${quoted(name)}`, 'a layer that has them', shapeText(shape));
  }

  /** The shape of the weight of that name, or at that place. */
  shapeOf(name: string, place: number): readonly number[] | undefined {
    return this.#entries.find(({ segments }) => {
      return segments.at(-1) === name || segments.at(-1) === String(place);
    })?.tensor.shape;
  }

  #of(entries: readonly Entry[]): Weights {
    return new Weights(entries, this.#claimed);
  }

  #names(): string {
    const names = this.#entries.slice(0, 8).map(({ tensor }) => quoted(tensor.name));
    return names.join(', ') || 'no weights';
  }

  #read(where: string, tensor: StoredTensor, expected: string, shape: readonly number[]) {
    const name = `${where} ${quoted(tensor.name)}`;
    const got = tensor.shape;
    if (got.length !== shape.length || got.some((n, d) => n !== shape[d])) {
      throw mismatch(name, expected, shapeText(got));
    }
    if (this.#claimed.has(tensor)) throw mismatch(name, 'weights of one layer', 'those of two');
    this.#claimed.add(tensor);
    const values = tensor.read();
    if (values.length !== sizeOf(shape)) {
      throw mismatch(name, `${sizeOf(shape)} numbers`, String(values.length));
    }
    const bad = values.findIndex(v => !Number.isFinite(v));
    if (bad >= 0) throw mismatch(name, 'finite float32 numbers', `${values[bad]} at ${bad}`);
    return values;
  }
}
