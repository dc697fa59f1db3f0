import { activationCell } from '../../cells/activation.js';
import type { Activation } from '../../graph/activations.js';
import { padCell, sliceCell } from '../../layers/moves.js';
import { wiredCell } from '../../layers/wired.js';
import type { AnyCell } from '../../streams/cell.js';
import { batchOf, batchStride, ensure, type Final, numberOf } from './flow.js';

/** A layer within a network: it reads signals, in a row, and makes one. */
export interface Layer {
  /** Of the node that it was, in messages. */
  readonly where: string;
  readonly reads: readonly number[];
  /** Numbers of a step of its output. */
  readonly width: number;
  /** How many of them a sequence is read with. */
  readonly steps: number;
  /** False for what looks ahead, or changes the number of steps. */
  readonly streams: boolean;
  make(): AnyCell;
  /** What a bias or an activation that follows can become a part of. */
  readonly linear?: Linear | undefined;
  /** The same without its last outputs, if they come of padding; undefined if they do not. */
  trimmed?(count: number): { draft: LayerDraft; steps: number } | undefined;
  /** Of a graph's input that is a state: its name and its sizes. */
  readonly state?: { readonly input: string; readonly dims: readonly number[] } | undefined;
  /** Of a state's last value: where its numbers are, for the first sequence of a batch. */
  readonly final?: (Final & { readonly ids: Float64Array }) | undefined;
}

/** A layer whose bias and activation may still be set. */
export interface Linear {
  /** Numbers of a vector of its output: several lie in a window. */
  readonly size: number;
  /** The same with a bias added; undefined if it has one. */
  biased?(bias: Float32Array): LayerDraft;
  /** The same with an activation; undefined if it has one. */
  activated?(activation: Activation): LayerDraft;
}

/** A layer before it has a place in a network. */
export type LayerDraft = Omit<Layer, 'where' | 'reads' | 'steps'>;

/** Numbers that one step of all layers together may hold. */
const mostNumbers = 2 ** 22;

const mostLayers = 4096;

/** So many parts of signals are layers of their own; more are moved by one. */
const mostParts = 4;

/** Numbers of a signal in a row, or (step 0) one of them again and again; zeros have no signal. */
interface Run {
  readonly signal: number | undefined;
  readonly at: number;
  readonly step: 0 | 1;
  readonly count: number;
}

/**
 * Layers in the order in which they can run. Signal 0 is the input, signal i layer i's output. The
 * numbers of all signals of a step are counted from 1; 0 is a zero.
 */
export class Network {
  readonly #layers: Layer[] = [];
  readonly #starts: number[] = [];
  readonly #parts = new Map<string, number>();
  readonly inputSize: number;
  #end = 1;
  #read = 0;

  constructor(inputSize: number, steps: number) {
    this.inputSize = inputSize;
    const make = () => activationCell(inputSize, 'identity');
    this.add('input', [], { width: inputSize, streams: true, make }, steps);
  }

  /** The signal of a new layer. */
  add(where: string, reads: readonly number[], draft: LayerDraft, steps: number): number {
    ensure(this.#layers.length < mostLayers, `more than ${mostLayers} layers`);
    this.#starts.push(this.#end);
    this.#end += draft.width;
    this.#read += reads.length;
    ensure(this.#end + this.#read <= mostNumbers, `more than ${mostNumbers} numbers a step`);
    return this.#layers.push({ ...draft, where, reads, steps }) - 1;
  }

  /** What makes a signal; of the input, nothing that runs. */
  layer(signal: number): Layer {
    return this.#layers[signal];
  }

  /** The numbers of a signal. */
  numbers(signal: number): Float64Array {
    const start = this.#starts[signal];
    return Float64Array.from({ length: this.#layers[signal].width }, (_, i) => start + i);
  }

  /** The signal that a number is of, and which of its numbers it is. */
  placeOf(number: number): { readonly signal: number; readonly at: number } {
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle] <= number) low = middle + 1;
      else high = middle;
    }
    return { signal: low - 1, at: number - this.#starts[low - 1] };
  }

  layerOf(number: number): Layer {
    return this.#layers[this.placeOf(number).signal];
  }

  /** The signal of which all numbers these are, in order; undefined if there is none. */
  whole(numbers: Float64Array): number | undefined {
    const [run, ...others] = numbers.length ? this.#runs(numbers) : [];
    return run && !others.length && this.#isWhole(run) ? run.signal : undefined;
  }

  /** Ids, of which those of last values are those of what they are the last value of. */
  resolved(ids: Float64Array): Float64Array {
    return ids.map(id => {
      if (!id) return 0;
      const { signal, at } = this.placeOf(numberOf(id));
      const { final } = this.#layers[signal];
      return final ? final.ids[at] + batchOf(id) * batchStride : id;
    });
  }

  /** The signals that are these numbers in a row: of parts of signals, layers that take them. */
  reads(where: string, numbers: Float64Array, steps: number): readonly number[] {
    const runs = this.#runs(numbers);
    const isZero = (run: Run | undefined) => run && run.signal === undefined;
    const [before, after] = [runs[0], runs[runs.length - 1]].map(run =>
      isZero(run) ? run.count : 0,
    );
    const own = runs.slice(before ? 1 : 0, after ? -1 : undefined);
    const parts = own.filter(run => !this.#isWhole(run));
    if (parts.length > mostParts || own.some(isZero) || own.length === 0) {
      return [this.#moved(where, runs, numbers.length, steps)];
    }
    const signals = own.map(run =>
      this.#isWhole(run) ? run.signal : this.#part(where, run, steps),
    );
    if (!before && !after) return signals as number[];
    const width = numbers.length - before - after;
    const make = () => padCell(width, before, after);
    return [this.#moving(where, signals as number[], numbers.length, steps, make)];
  }

  /** Layers that the given signals need, and their signals, in order. */
  needed(signals: readonly number[]): ReadonlyMap<number, Layer> {
    const wanted = new Set(signals);
    const found: [number, Layer][] = [];
    for (let i = this.#layers.length - 1; i > 0; i--) {
      if (!wanted.has(i)) continue;
      const layer = this.#layers[i];
      found.push([i, layer]);
      for (const signal of layer.reads) wanted.add(signal);
    }
    return new Map(found.reverse());
  }

  #isWhole({ signal, at, step, count }: Run): boolean {
    return signal !== undefined && at === 0 && step === 1 && count === this.#layers[signal].width;
  }

  #runs(numbers: Float64Array): Run[] {
    const runs: Run[] = [];
    for (let i = 0; i < numbers.length; ) {
      const first = numbers[i];
      const { signal, at } = first ? this.placeOf(first) : { signal: undefined, at: 0 };
      const room = signal === undefined ? numbers.length : this.#layers[signal].width - at;
      const step = numbers[i + 1] === first || !first ? 0 : 1;
      let count = 1;
      while (numbers[i + count] === first + count * step && (step === 0 || count < room)) count++;
      runs.push({ signal, at, step: count === 1 ? 1 : step, count });
      i += count;
    }
    return runs;
  }

  #part(where: string, { signal, at, step, count }: Run, steps: number): number {
    const key = `${signal} ${at} ${step} ${count} ${steps}`;
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const { width } = this.#layers[signal as number];
    const length = step === 0 ? 1 : count;
    const isSlice = width > length;
    const taken = isSlice
      ? this.#moving(where, [signal as number], length, steps, () =>
          sliceCell(width, at, at + length),
        )
      : (signal as number);
    const made =
      step === 1
        ? taken
        : this.#moving(where, [taken], count, steps, () => padCell(1, 0, count - 1, 'edge'));
    this.#parts.set(key, made);
    return made;
  }

  #moving(
    where: string,
    reads: readonly number[],
    width: number,
    steps: number,
    make: () => AnyCell,
  ): number {
    return this.add(where, reads, { width, streams: true, make }, steps);
  }

  #moved(where: string, runs: readonly Run[], size: number, steps: number): number {
    const used = new Set(runs.flatMap(({ signal }) => signal ?? []));
    const signals = used.size ? [...used] : [0];
    const starts = new Map<number | undefined, number>();
    let width = 0;
    for (const signal of signals) {
      starts.set(signal, width);
      width += this.#layers[signal].width;
    }
    const wires = runs.flatMap(({ signal, at, step, count }) =>
      signal === undefined
        ? [-1, 0, 0, count]
        : [0, (starts.get(signal) as number) + at, step, count],
    );
    const settings = {
      ...{ inputs: ['x'], inputSizes: [width], outputs: ['y'], outputSizes: [size] },
      ...{ states: [], stateSizes: [], wires },
    };
    return this.#moving(where, signals, size, steps, () => wiredCell(settings, []));
  }
}
