import { isNdArray, type NdArray, sliceAt, wrap } from '../arrays/ndarray.js';
import { type AnyCell, type BirthOptions, internals } from '../equations/cell.js';
import type { Machine } from '../equations/machine.js';
import { asRecurError, checkNames, describe, mismatch } from '../errors.js';
import { layerSignature, layerText } from './chain.js';
import { made, startingFrom } from './function-cell.js';
import {
  type Backend,
  backends,
  copySnapshot,
  isSnapshot,
  Snapshot,
  toSnapshot,
} from './snapshot.js';
import { copyValue } from './values.js';

/** Who is told of every state: an observer, or a function. */
export type StateObserver<S = unknown> =
  | { next(snapshot: Snapshot<S>): void }
  | ((snapshot: Snapshot<S>) => void);

/** The configuration of a stream, in its untyped form; see `RecurConfig` for the meaning. */
export interface SessionConfig {
  readonly initialState?: unknown;
  readonly restore?: unknown;
  readonly state?: StateObserver<never> | undefined;
  readonly select?: ((event: never) => unknown) | undefined;
  readonly project?: ((output: never, event: never) => unknown) | undefined;
  readonly chunks?: boolean | undefined;
  readonly backend?: Backend | undefined;
  readonly reuse?: boolean | undefined;
}

export const sessionNames: readonly string[] = [
  'initialState',
  'restore',
  'state',
  'select',
  'project',
  'chunks',
  'backend',
  'reuse',
];

/** Checks a configuration at the call and returns what starts sessions of it. */
export function sessions(
  where: string,
  model: AnyCell,
  config: SessionConfig & object,
  known: readonly string[] = sessionNames,
): { readonly cell: AnyCell; start(): Session } {
  checkConfig(where, config, known);
  const cell = startingFrom(model, config.initialState);
  if (config.restore === undefined || typeof config.restore === 'function') {
    return { cell, start: () => new Session(cell, config) };
  }
  new Session(cell, config);
  const own = { ...config, restore: copySnapshot(config.restore) };
  return { cell, start: () => new Session(cell, own) };
}

function checkConfig(where: string, config: SessionConfig, known: readonly string[]): void {
  checkNames(where, config, known);
  const { state, select, project, chunks, backend, reuse } = config;
  for (const [name, value] of Object.entries({ select, project })) {
    if (value === undefined || typeof value === 'function') continue;
    throw mismatch(`${where}.${name}`, 'a function', describe(value));
  }
  for (const [name, value] of Object.entries({ chunks, reuse })) {
    if (value === undefined || typeof value === 'boolean') continue;
    throw mismatch(`${where}.${name}`, 'true or false', describe(value));
  }
  if (backend !== undefined && !backends.includes(backend)) {
    throw mismatch(`${where}.backend`, backends.join(' or '), describe(backend));
  }
  const observes = typeof state === 'function' || typeof state?.next === 'function';
  if (state !== undefined && !observes) {
    throw mismatch(`${where}.state`, 'a function or an observer', describe(state));
  }
}

/** One stream through a model: the state of one subscription. Without RxJS. */
export class Session {
  readonly #cell: AnyCell;
  readonly #config: SessionConfig;
  #machine: Machine;
  #count = 0;
  #busy = false;
  /** The chunk of outputs that `reuse` emits again and again. */
  #reused: Float32Array | undefined;

  constructor(cell: AnyCell, config: SessionConfig) {
    this.#cell = cell;
    this.#config = config;
    this.#machine = this.#birth();
    const restored = made(config.restore);
    if (restored !== undefined) this.#machine = this.#resumed(restored);
  }

  /** Steps one event and returns its emission; a throw leaves the state as it was before it. */
  handle(event: unknown): unknown {
    const { select, project } = this.#config;
    const step = this.#count++;
    let where = 'select';
    let emission: unknown;
    this.#enter();
    try {
      const x = select ? select(event as never) : event;
      where = 'step';
      const y = this.#config.chunks ? this.#chunk(x) : this.#machine.step(x);
      where = 'project';
      emission = project ? project(y as never, event as never) : y;
    } catch (error) {
      this.#machine.rollback();
      throw asRecurError(error, where === 'step' ? String(this.#cell) : where, { step });
    } finally {
      this.#busy = false;
    }
    this.#machine.commit();
    return emission;
  }

  /** Steps all of a sequence, or, when one of its data is refused, none. */
  all(sequence: unknown): unknown {
    this.#enter();
    let outputs: unknown;
    try {
      outputs = this.#chunk(sequence);
    } catch (error) {
      this.#machine.rollback();
      throw asRecurError(error, String(this.#cell));
    } finally {
      this.#busy = false;
    }
    this.#machine.commit();
    this.tell();
    return outputs;
  }

  /** Back to the beginning. */
  reset(): void {
    this.#machine = this.#birth();
    this.tell();
  }

  /** On from a snapshot or its parsed JSON; one that does not fit is refused, the state kept. */
  restore(snapshot: unknown): void {
    this.#machine = this.#resumed(snapshot);
    this.tell();
  }

  state(): unknown {
    return this.#machine.state();
  }

  snapshot(): Snapshot {
    const machine = this.#machine;
    const cell = this.#cell;
    const header = {
      backend: 'portable' as const,
      layer: layerSignature(cell),
      batch: machine.batch,
    };
    return new Snapshot(header, machine.state());
  }

  /** Tells the observer of states where the model is now. */
  tell(): void {
    const { state } = this.#config;
    if (!state) return;
    const snapshot = this.snapshot() as Snapshot<never>;
    if (typeof state === 'function') state(snapshot);
    else state.next(snapshot);
  }

  #enter(): void {
    if (this.#busy)
      throw mismatch(String(this.#cell), 'one step at a time', 'a step inside a step');
    this.#busy = true;
  }

  #birth(): Machine {
    return this.#start(undefined, {});
  }

  #start(state: unknown, options: BirthOptions): Machine {
    const { reuse, chunks } = this.#config;
    return this.#cell[internals].start(state, { ...options, reuse: reuse && !chunks });
  }

  #resumed(given: unknown): Machine {
    if (!isSnapshot(given)) {
      throw mismatch('restore', "a snapshot, with format 'rxrecur/state'", describe(given));
    }
    const { layer, state, batch } = toSnapshot(given);
    const own = layerSignature(this.#cell);
    if (layer !== own) throw mismatch('restore', `a snapshot of ${own}`, `one of ${layer}`);
    return this.#start(state, { batch, restored: true });
  }

  /** The outputs of a chunk of steps, in the form in which the steps came. */
  #chunk(steps: unknown): unknown {
    if (isNdArray(steps)) return this.#ndChunk(steps);
    if (!isIterable(steps)) throw this.#noChunk(steps);
    const outputs: unknown[] = [];
    for (const x of steps) outputs.push(this.#stepAt(outputs.length, x));
    return outputs;
  }

  #ndChunk(steps: NdArray): unknown {
    const [, count, batch] = steps.shape;
    if (steps.shape.length !== 2 && steps.shape.length !== 3) throw this.#noChunk(steps);
    const outputs = Array.from({ length: count }, (_, t) => this.#stepAt(t, sliceAt(steps, 1, t)));
    const { outputSize = 0 } = this.#cell;
    const rows = outputs.map(y => (isNdArray(y) ? y.data : y) as Float32Array);
    // What a user's function makes need not have a vector for each column.
    if (!outputSize || rows.some(y => y.length !== outputSize * (batch ?? 1))) return outputs;
    const size = outputSize * count * (batch ?? 1);
    const data =
      this.#config.chunks && this.#config.reuse && this.#reused?.length === size
        ? this.#reused
        : new Float32Array(size);
    this.#reused = data;
    return wrap(stack(rows, data, batch ?? 1), [outputSize, ...steps.shape.slice(1)], steps);
  }

  #stepAt(t: number, x: unknown): unknown {
    try {
      const y = this.#machine.step(x);
      // Outside chunks a machine may emit one view again and again: a sequence wants them apart.
      return this.#config.reuse && !this.#config.chunks ? copyValue(y) : y;
    } catch (error) {
      throw asRecurError(error, String(this.#cell), { prefix: `[${t}].` });
    }
  }

  #noChunk(got: unknown): Error {
    const expected =
      'a sequence of steps, or an ndarray [features, steps] or [features, steps, batch]';
    return mismatch(`${layerText(this.#cell)} chunk`, expected, describe(got));
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** Steps' outputs `[rows]` or `[rows, batch]` into one row-major `[rows, steps, batch]`. */
function stack(outputs: readonly Float32Array[], data: Float32Array, batch: number) {
  const row = outputs.length * batch;
  for (const [t, output] of outputs.entries()) {
    for (let k = 0; k < output.length; k++) {
      data[Math.floor(k / batch) * row + t * batch + (k % batch)] = output[k];
    }
  }
  return data;
}
