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

/** What is below each name that is among the first parts of names. */
function byLayer(entries: readonly Entry[], most: number): ReadonlyMap<string, readonly Entry[]> {
  const layers = new Map<string, Entry[]>();
  for (const { tensor, segments } of entries) {
    for (const [i, name] of segments.slice(0, Math.min(most, segments.length - 1)).entries()) {
      if (segments.indexOf(name) < i) continue;
      const below = { tensor, segments: segments.slice(i + 1) };
      const known = layers.get(name);
      if (known) known.push(below);
      else layers.set(name, [below]);
    }
  }
  return layers;
}

/** Numbers that layers which are called again may read again. */
const mostAgain = 2 ** 22;

/** Weights of a model, or of a part of it, each to be claimed once. */
export class Weights {
  readonly #entries: readonly Entry[];
  readonly #claimed: Set<StoredTensor>;
  /** Layers by name, once somebody asked: those that are first in a name, and further on. */
  #layers: readonly ReadonlyMap<string, readonly Entry[]>[] | undefined;
  #isNumbered: boolean | undefined;
  /** How many numbers may be read once more; undefined where nothing may. */
  readonly #room: { left: number } | undefined;

  private constructor(
    entries: readonly Entry[],
    claimed: Set<StoredTensor>,
    room?: { left: number },
  ) {
    this.#entries = entries;
    this.#claimed = claimed;
    this.#room = room;
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

  /** True where weights are numbered and not named, and layers by their classes: Keras 3. */
  get isNumbered(): boolean {
    this.#isNumbered ??= this.#entries.some(({ segments }) => {
      return /^\d+$/.test(segments.at(-1) ?? '');
    });
    return this.#isNumbered;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** The weights of a layer: its name is the first part of theirs, or stands further on. */
  layer(name: string): Weights {
    this.#layers ??= [byLayer(this.#entries, 1), byLayer(this.#entries, 8)];
    const found = this.#layers.map(layers => layers.get(name) ?? []);
    return this.#of(found[0].length ? found[0] : found[1]);
  }

  /** The same weights, for a layer that has claimed them. */
  again(): Weights {
    return new Weights(this.#entries, this.#claimed, { left: mostAgain });
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
    const found = wanted.map(({ name, shape }, i) => {
      const key = this.isNumbered ? String(i) : name;
      const same = this.#entries.filter(({ segments }) => segments.at(-1) === key);
      const expected = `${name} ${shapeText(shape)}`;
      if (same.length === 0) throw mismatch(where, expected, `none of ${this.#names()}`);
      if (same.length > 1) throw mismatch(where, `one ${expected}`, `${same.length}`);
      return [name, this.#read(where, same[0].tensor, expected, shape)] as const;
    });
    return Object.fromEntries(found) as Record<K, Float32Array>;
  }

  /** Passes over a weight that no answer depends on, if there is one. */
  skip(name: string, place: number): void {
    const key = this.isNumbered ? String(place) : name;
    for (const { tensor, segments } of this.#entries) {
      if (segments.at(-1) === key) this.#claimed.add(tensor);
    }
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
    return new Weights(entries, this.#claimed, this.#room);
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
    if (this.#claimed.has(tensor)) {
      if (!this.#room) throw mismatch(name, 'weights of one layer', 'those of two');
      this.#room.left -= sizeOf(shape);
      const most = `at most ${mostAgain} numbers read again`;
      if (this.#room.left < 0) throw mismatch(name, most, 'more');
    }
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
