import type { Activation } from '../../graph/activations.js';
import type { AnyCell } from '../../streams/cell.js';
import { ensure, type TimeAxis } from './flow.js';

/** A layer within a network: it reads signals, in a row, and makes one. */
export interface Layer {
  /** Of the node that it was, in messages. */
  readonly where: string;
  readonly reads: readonly number[];
  /** Numbers of a step of its output. */
  readonly width: number;
  /** False for what looks ahead, or changes the number of steps. */
  readonly streams: boolean;
  make(): AnyCell;
  /** What a bias or an activation that follows can become a part of. */
  readonly linear?: Linear | undefined;
  /** The same without its last outputs, if they come of padding; undefined if they do not. */
  trimmed?(count: number): { draft: LayerDraft; time: TimeAxis } | undefined;
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
export type LayerDraft = Omit<Layer, 'where' | 'reads'>;

/** Numbers that one step of all layers together may hold. */
const mostNumbers = 2 ** 22;

const mostLayers = 4096;

/** Layers in the order in which they can run. Signal 0 is the input, signal i layer i's output. */
export class Network {
  readonly #layers: (Layer | undefined)[] = [undefined];
  readonly inputSize: number;
  #numbers = 0;

  constructor(inputSize: number) {
    this.inputSize = inputSize;
  }

  /** The signal of a new layer. */
  add(where: string, reads: readonly number[], draft: LayerDraft): number {
    ensure(this.#layers.length < mostLayers, `more than ${mostLayers} layers`);
    this.#numbers += draft.width + reads.length;
    ensure(this.#numbers <= mostNumbers, `more than ${mostNumbers} numbers a step`);
    return this.#layers.push({ ...draft, where, reads }) - 1;
  }

  /** The layer that makes a signal; undefined for the input. */
  layer(signal: number): Layer | undefined {
    return this.#layers[signal];
  }

  widthOf(signal: number): number {
    return this.#layers[signal]?.width ?? this.inputSize;
  }

  /** Layers that the given signals need, and their signals, in order. */
  needed(signals: readonly number[]): ReadonlyMap<number, Layer> {
    const wanted = new Set(signals);
    const found: [number, Layer][] = [];
    for (let i = this.#layers.length - 1; i > 0; i--) {
      if (!wanted.has(i)) continue;
      const layer = this.#layers[i] as Layer;
      found.push([i, layer]);
      for (const signal of layer.reads) wanted.add(signal);
    }
    return new Map(found.reverse());
  }
}
