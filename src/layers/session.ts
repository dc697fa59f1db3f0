import { isNdArray, type NdArray, sliceAt, wrap } from '../arrays/ndarray.js';
import { Slab } from '../arrays/slab.js';
import { type AnyCell, type BirthOptions, internals } from '../equations/cell.js';
import { isVector } from '../equations/inputs.js';
import type { Machine, Sequence } from '../equations/machine.js';
import { asRecurError, checkNames, demand, mismatch } from '../errors.js';
import { type Backend, backends, portable } from '../kernels/backends.js';
import { cellIn, layerSignature, layerText } from './chain.js';
import { type AnyPlainCell, functionCell, made, startingFrom } from './function-cell.js';
import { copySnapshot, Snapshot, toSnapshot } from './snapshot.js';
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
  /** Goes on from each output on a copy of the state; an output is then a Forecast. */
  readonly ahead?: Ahead | undefined;
  /** Is told of the state before each event and of its input, while somebody listens. */
  readonly probe?: Probe | undefined;
}

/** So many steps ahead, on inputs that `feedback` makes of the outputs. */
export interface Ahead {
  readonly steps: number;
  readonly feedback: ((output: never, i: number) => unknown) | undefined;
}

/** An output, and those of the steps after it on a copy of the state. */
export interface Forecast<Y> {
  readonly y: Y;
  readonly ahead: Y[];
}

/** Who listens to what happens inside a model. */
export interface Probe {
  readonly observed: boolean;
  /** What there is to tell of a step, once it is done. */
  read(cell: AnyCell, before: unknown, x: unknown, step: number): () => void;
}

type Fits = readonly [fits: (value: unknown) => boolean, expected: string];

const isFunction = (value: unknown) => typeof value === 'function';
const whatever: Fits = [() => true, ''];
const callback: Fits = [isFunction, 'a function'];
const flag: Fits = [value => typeof value === 'boolean', 'true or false'];

/** What fits each option of a stream; `whatever` is checked where it is used. */
const options: Readonly<Record<string, Fits>> = {
  initialState: whatever,
  restore: whatever,
  state: [
    observer => isFunction(observer) || isFunction((observer as { next?: unknown } | null)?.next),
    'a function or an observer',
  ],
  select: callback,
  project: callback,
  chunks: flag,
  backend: whatever,
  reuse: flag,
  reset: whatever,
  onInvalid: [
    value => isFunction(value) || value === 'error' || value === 'skip',
    "'error', 'skip' or a function",
  ],
};

/** The names of the options of a stream. */
export const streamOptions = /* @__PURE__ */ Object.keys(options);

/** Checks a model and its configuration at the call and returns what starts sessions of it. */
export function sessions(
  where: string,
  model: unknown,
  config: SessionConfig & object,
  known = streamOptions,
): { readonly cell: AnyCell; start(): Session } {
  const given = cellIn(where, 'model', model, 'the cell') ?? functionCell(model as AnyPlainCell);
  checkNames(where, config, known);
  for (const [name, value] of Object.entries(config)) {
    const [fits, expected] = options[name] ?? whatever;
    demand(value === undefined || fits(value), `${where}.${name}`, expected, value);
  }
  const { backend } = config;
  const fits = backend === undefined || backends().includes(backend);
  demand(fits, `${where}.backend`, `one of ${backends().join(', ')}`, backend);
  const cell = startingFrom(given, config.initialState);
  let { restore } = config;
  const start = () => startSession(cell, config, restore);
  if (restore !== undefined && !isFunction(restore)) {
    start().end();
    restore = copySnapshot(restore);
  }
  return { cell, start };
}

/** One stream through a model: the state of one subscription. Without RxJS. */
export interface Session {
  /**
   * Steps one event and returns its emission; a throw leaves the state as it was before it. `whole`:
   * the event is a sequence, of which all data are stepped or, when one is refused, none.
   */
  handle(event: unknown, whole?: boolean): unknown;
  /** Back to the beginning. */
  reset(): void;
  /** On from a snapshot or its parsed JSON; one that does not fit is refused, the state kept. */
  restore(snapshot: unknown): void;
  state(): unknown;
  snapshot(): Snapshot;
  /** Tells the observer of states where the model is now. */
  tell(): void;
  /** Gives back its room; it must not be used again. */
  end(): void;
  /** What it holds, and gives back at the end. */
  readonly held: Held;
}

/** A session's machine: what outlives the session that nobody ended. */
interface Held {
  machine: Machine;
  /** What rolls ahead. */
  copy?: Machine;
}

/** Gives back what a session held. */
export function release({ machine, copy }: Held): void {
  machine.release();
  copy?.release();
}

function startSession(cell: AnyCell, config: SessionConfig, restore: unknown): Session {
  const { select, project, chunks, reuse, state, backend, ahead, probe } = config;
  const where = String(cell);
  const layer = layerSignature(cell);
  const outputsOf = chunkSteps(cell, config);
  let count = 0;
  let busy = false;

  const begin = (initial?: unknown, restored?: BirthOptions) =>
    cell[internals].start(initial, { ...restored, backend, reuse: reuse && !chunks });
  const resume = (given: unknown) => {
    const { layer: other, state: its, batch } = toSnapshot('restore', given);
    if (other !== layer) throw mismatch('restore', `a snapshot of ${layer}`, `one of ${other}`);
    return begin(its, { batch, restored: true });
  };
  /** What rolls ahead is made with the machine, so that both run on one engine. */
  const holding = (machine: Machine): Held =>
    ahead ? { machine, copy: cell[internals].start(undefined, { backend }) } : { machine };
  const held = holding(begin());
  const renew = (machine: Machine) => {
    release(held);
    Object.assign(held, holding(machine));
  };
  try {
    const restored = made(restore);
    if (restored !== undefined) renew(resume(restored));
  } catch (error) {
    held.machine.release();
    throw error;
  }

  /** The outputs of steps on a copy of the state. */
  const rolled = (copy: Machine, y: unknown, { steps, feedback }: Ahead): Forecast<unknown> => {
    const outputs: unknown[] = [];
    for (let i = 0, last = y; i < steps; i++) {
      last = copy.step(feedback ? feedback(last as never, i) : last);
      outputs.push(last);
    }
    return { y, ahead: outputs };
  };

  const session: Session = {
    handle(event, whole) {
      const step = whole ? count : count++;
      if (busy) throw mismatch(where, 'one step at a time', 'a step inside a step');
      busy = true;
      const { machine, copy } = held;
      let at = 'select';
      let emission: unknown;
      let tell: (() => void) | undefined;
      try {
        const x = select ? select(event as never) : event;
        at = where;
        const { observed } = probe ?? {};
        const before = observed && machine.state();
        let y = chunks || whole ? outputsOf(machine, x) : machine.step(x);
        if (copy && ahead) {
          copy.follow(machine);
          at = 'feedback';
          y = rolled(copy, y, ahead);
        }
        at = 'project';
        emission = project ? project(y as never, event as never) : y;
        if (observed) tell = probe?.read(cell, before, x, step);
      } catch (error) {
        machine.rollback();
        throw asRecurError(error, at, whole ? {} : { step });
      } finally {
        busy = false;
      }
      machine.commit();
      tell?.();
      return emission;
    },
    reset() {
      renew(begin());
      session.tell();
    },
    restore(snapshot) {
      renew(resume(snapshot));
      session.tell();
    },
    state: () => held.machine.state(),
    snapshot: () => {
      const { batch } = held.machine;
      return new Snapshot({ backend: backendOf(cell, backend), layer, batch }, session.state());
    },
    tell() {
      if (!state) return;
      const snapshot = session.snapshot() as Snapshot<never>;
      if (typeof state === 'function') state(snapshot);
      else state.next(snapshot);
    },
    end: () => release(held),
    held,
  };
  return session;
}

/** What runs a cell: the pinned backend, or the fastest that it can have. */
export function backendOf(cell: AnyCell, pinned?: Backend): Backend {
  // Its own functions aside, a chain is what its first layer of equations is.
  return ownBackend(cell, pinned) ?? portable;
}

function ownBackend(cell: AnyCell, pinned: Backend | undefined): Backend | undefined {
  const { spec, engines } = cell[internals];
  if (engines) return engines.get(pinned).backend;
  const members = spec.kind === 'chain' ? spec.members : [];
  for (const member of members) {
    const own = ownBackend(member, pinned);
    if (own) return own;
  }
  return undefined;
}

/** What steps a chunk through a machine: outputs in the form in which the steps came. */
function chunkSteps(cell: AnyCell, { reuse, chunks }: SessionConfig) {
  const { outputSize = 0 } = cell;
  /** The outputs that `reuse` emits again and again. */
  let data = new Float32Array(0);
  const renew = (size: number) => {
    if (!(reuse && chunks) || data.length !== size) data = new Float32Array(size);
    return data;
  };

  return (machine: Machine, steps: unknown): unknown => {
    const array = isNdArray(steps) ? steps : undefined;
    const [, count, batch = 1] = array?.shape ?? [];
    demand(
      array
        ? count >= 0 && array.shape.length < 4
        : typeof steps === 'object' && Symbol.iterator in Object(steps),
      `${layerText(cell)} chunk`,
      'a sequence of steps, or an ndarray [features, steps] or [features, steps, batch]',
      steps,
    );
    if (array && array.shape.length === 2 && machine.sequence) {
      const target = renew(outputSize * count);
      if (machine.sequence(columnsOf(array, target)))
        return wrap(target, [outputSize, count], array);
    }
    const list = array ? undefined : Array.from(steps as Iterable<unknown>);
    if (list && machine.sequence && list.every(isVector)) {
      const outputs = new VectorList(list);
      if (machine.sequence(outputs)) return outputs.written;
    }
    const stepAt = (_: unknown, t: number) => {
      try {
        const y = machine.step(array ? sliceAt(array, 1, t) : list?.[t]);
        // Outside chunks a machine may emit one view again and again: a sequence wants them apart.
        return reuse && !chunks ? copyValue(y) : y;
      } catch (error) {
        throw asRecurError(error, String(cell), { prefix: `[${t}].` });
      }
    };
    const outputs = Array.from(list ?? { length: count }, stepAt);
    const size = outputSize * batch;
    const rows = outputs.map(y => (isNdArray(y) ? y.data : y) as Float32Array);
    // What a user's function makes need not have a vector for each column.
    if (!array || !size || rows.some(({ length }) => length !== size)) return outputs;
    const target = renew(size * count);
    for (const [t, row] of rows.entries()) {
      for (let k = 0; k < size; k++) {
        target[(Math.floor(k / batch) * count + t) * batch + (k % batch)] = row[k];
      }
    }
    return wrap(target, [outputSize, ...array.shape.slice(1)], array);
  };
}

/** The columns of an ndarray `[features, steps]` as a sequence, written to another one's elements. */
function columnsOf({ data, shape, stride, offset }: NdArray, target: Float32Array): Sequence {
  const [features, count] = shape;
  return {
    count,
    read(t, memory, at, size) {
      for (let i = 0, k = offset + t * stride[1]; i < size; i++, k += stride[0]) {
        if (typeof data[k] !== 'number') return false;
        memory[at + i] = data[k];
      }
      return features === size;
    },
    write(t, memory, at, size) {
      for (let i = 0; i < size; i++) target[i * count + t] = memory[at + i];
    },
  };
}

/** Vectors as a sequence, and the vectors that come out. */
class VectorList implements Sequence {
  readonly count: number;
  readonly written: Float32Array[] = [];
  readonly #slab = new Slab();
  readonly #steps: readonly (readonly number[])[];

  constructor(steps: readonly (readonly number[])[]) {
    this.#steps = steps;
    this.count = steps.length;
  }

  read(t: number, memory: Float32Array, at: number, size: number): boolean {
    const step = this.#steps[t];
    for (let i = 0; i < size; i++) {
      if (typeof step[i] !== 'number') return false;
      memory[at + i] = step[i];
    }
    return step.length === size;
  }

  write(t: number, memory: Float32Array, at: number, size: number): void {
    const y = this.#slab.take(size);
    for (let i = 0; i < size; i++) y[i] = memory[at + i];
    this.written[t] = y;
  }
}
