import { type AnyCell, type BirthOptions, internals } from '../equations/cell.js';
import type { Machine } from '../equations/machine.js';
import { asRecurError, checkNames, demand, mismatch } from '../errors.js';
import { type Backend, backends } from '../kernels/backends.js';
import { backendOf } from './backend.js';
import { cellIn, layerSignature } from './chain.js';
import { type AnyPlainCell, functionCell, made, startingFrom } from './function-cell.js';
import { chunkSteps } from './sequences.js';
import { copySnapshot, Snapshot, toSnapshot } from './snapshot.js';

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
  if (backend !== undefined) {
    const found = backends();
    demand(found.includes(backend), `${where}.backend`, `one of ${found.join(', ')}`, backend);
  }
  const cell = startingFrom(given, config.initialState);
  let { restore } = config;
  const start = () => new Session(cell, config, restore);
  if (restore !== undefined && !isFunction(restore)) {
    start().end();
    restore = copySnapshot(restore);
  }
  return { cell, start };
}

/** What a session holds: it outlives the session that nobody ended. */
interface Held {
  machine: Machine;
  /** What rolls ahead, on the machine's engine. */
  copy?: Machine;
}

/** Gives back what a session held. */
export function release({ machine, copy }: Held): void {
  machine.release();
  copy?.release();
}

/** One stream through a model: the state of one subscription. Without RxJS. */
export class Session {
  /** What it gives back at the end. */
  readonly held: Held;
  readonly #cell: AnyCell;
  readonly #config: SessionConfig;
  readonly #where: string;
  readonly #layer: string;
  readonly #sequence: ReturnType<typeof chunkSteps>;
  #count = 0;
  #busy = false;

  /** At the beginning, or where `restore`, a snapshot or a factory of one, says. */
  constructor(cell: AnyCell, config: SessionConfig, restore: unknown) {
    this.#cell = cell;
    this.#config = config;
    this.#where = String(cell);
    this.#layer = layerSignature(cell);
    this.#sequence = chunkSteps(cell, config);
    this.held = this.#holding(this.#begin());
    try {
      const restored = made(restore);
      if (restored !== undefined) this.#renew(this.#resume(restored));
    } catch (error) {
      release(this.held);
      throw error;
    }
  }

  /**
   * Steps one event and returns its emission; a throw leaves the state as it was before it. `whole`:
   * the event is a sequence, of which all data are stepped or, when one is refused, none.
   */
  handle(event: unknown, whole = false): unknown {
    const step = whole ? this.#count : this.#count++;
    if (this.#busy) throw mismatch(this.#where, 'one step at a time', 'a step inside a step');
    this.#busy = true;
    const { select, project, chunks, probe } = this.#config;
    const { machine } = this.held;
    let at = 'select';
    let emission: unknown;
    let tell: (() => void) | undefined;
    try {
      const x = select ? select(event as never) : event;
      at = this.#where;
      const before = probe?.observed ? machine.state() : probe;
      const stepped = chunks || whole ? this.#sequence(machine, x) : machine.step(x);
      at = 'feedback';
      const y = this.#config.ahead ? this.#rolled(stepped) : stepped;
      at = 'project';
      emission = project ? project(y as never, event as never) : y;
      if (before !== probe) tell = probe?.read(this.#cell, before, x, step);
    } catch (error) {
      machine.rollback();
      throw asRecurError(error, at, whole ? {} : { step });
    } finally {
      this.#busy = false;
    }
    machine.commit();
    tell?.();
    return emission;
  }

  /** Back to the beginning. */
  reset(): void {
    this.#renew(this.#begin());
    this.tell();
  }

  /** On from a snapshot or its parsed JSON; one that does not fit is refused, the state kept. */
  restore(snapshot: unknown): void {
    this.#renew(this.#resume(snapshot));
    this.tell();
  }

  state(): unknown {
    return this.held.machine.state();
  }

  snapshot(): Snapshot {
    const { batch } = this.held.machine;
    const backend = backendOf(this.#cell, this.#config.backend);
    return new Snapshot({ backend, layer: this.#layer, batch }, this.state());
  }

  /** Tells the observer of states where the model is now. */
  tell(): void {
    const { state } = this.#config;
    if (!state) return;
    const snapshot = this.snapshot() as Snapshot<never>;
    if (typeof state === 'function') state(snapshot);
    else state.next(snapshot);
  }

  /** Gives back its room; it must not be used again. */
  end(): void {
    release(this.held);
  }

  #begin(initial?: unknown, restored?: BirthOptions): Machine {
    const { backend, reuse, chunks } = this.#config;
    const options = { ...restored, backend, reuse: reuse && !chunks };
    return this.#cell[internals].start(initial, options);
  }

  #resume(given: unknown): Machine {
    const { layer, state, batch } = toSnapshot('restore', given);
    const own = this.#layer;
    if (layer !== own) throw mismatch('restore', `a snapshot of ${own}`, `one of ${layer}`);
    return this.#begin(state, { batch, restored: true });
  }

  #holding(machine: Machine): Held {
    const { ahead, backend } = this.#config;
    if (!ahead) return { machine };
    return { machine, copy: this.#cell[internals].start(undefined, { backend }) };
  }

  #renew(machine: Machine): void {
    release(this.held);
    Object.assign(this.held, this.#holding(machine));
  }

  /** An output and those of the steps after it, on a copy of the state. */
  #rolled(y: unknown): Forecast<unknown> {
    const { steps = 0, feedback } = this.#config.ahead ?? {};
    const { machine, copy } = this.held;
    const outputs: unknown[] = [];
    copy?.follow(machine);
    for (let i = 0, last = y; i < steps; i++) {
      last = copy?.step(feedback ? feedback(last as never, i) : last);
      outputs.push(last);
    }
    return { y, ahead: outputs };
  }
}
