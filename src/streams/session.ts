import { asRecurError, checkNames, demand, mismatch } from '../errors.js';
import { type Backend, backends } from '../kernels/backends.js';
import type { Machine } from './any-machine.js';
import { backendOf } from './backend.js';
import { type AnyCell, type BirthOptions, internals } from './cell.js';
import { graphOf, weightsOf } from './digest.js';
import { type AnyPlainCell, functionCell, made, startingFrom } from './function-cell.js';
import { cellIn, layerSignature } from './model.js';
import { chunkSteps, readChunk } from './sequences.js';
import { settler } from './settle.js';
import { checkFits, copySnapshot, Snapshot, toSnapshot } from './snapshot.js';
import { retire, withWeights } from './with-params.js';

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
  readonly transferable?: boolean | undefined;
  /** Makes what goes on from each output, on a copy of the state. */
  readonly ahead?: ((cell: AnyCell, options: BirthOptions) => Ahead) | undefined;
  /** Is told of the state before each event and of its input, while somebody listens. */
  readonly probe?: Probe | undefined;
}

/** What goes on from an output on a copy of a machine's state, and answers all outputs. */
export interface Ahead {
  of(machine: Machine, y: unknown): unknown;
  release(): void;
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
  transferable: flag,
  reset: whatever,
  weights: whatever,
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
  const { backend, reuse, transferable } = config;
  demand(!(reuse && transferable), `${where}.reuse`, 'none with transferable', reuse);
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
  ahead?: Ahead | undefined;
}

/** Gives back what a session held. */
export function release({ machine, ahead }: Held): void {
  machine.release();
  ahead?.release();
}

/** One stream through a model: the state of one subscription. Without RxJS. */
export class Session {
  /** What it gives back at the end. */
  readonly held: Held;
  /** What came of its last event, where a scan goes through its events. */
  output: unknown;
  /** The model with its present parameters, and where it began. */
  #cell: AnyCell;
  readonly #given: AnyCell;
  /** With parameters that came in the middle of a step: it runs from the next event on. */
  #next: AnyCell | undefined;
  readonly #config: SessionConfig;
  readonly #where: string;
  readonly #layer: string;
  #chunk: ReturnType<typeof chunkSteps>;
  readonly #settle: (x: unknown) => unknown;
  #count = 0;
  #busy = false;
  /** The machine of the step that is under way. */
  #stepping: Machine | undefined;

  /** At the beginning, or where `restore`, a snapshot or a factory of one, says. */
  constructor(cell: AnyCell, config: SessionConfig, restore: unknown) {
    this.#cell = this.#given = cell;
    this.#config = config;
    this.#where = String(cell);
    this.#layer = layerSignature(cell);
    this.#settle = settler(cell, true);
    this.#chunk = chunkSteps(cell, config);
    this.held = { machine: this.#begin() };
    try {
      this.held.ahead = config.ahead?.(cell, config);
      const restored = made(restore);
      if (restored !== undefined) this.#renew(this.#resume(restored));
    } catch (error) {
      release(this.held);
      throw error;
    }
  }

  /**
   * Steps one event and returns its emission; a throw leaves the state as it was before it. `whole`:
   * the event is a sequence, of which all steps are done or, when one is refused, none. A reset comes
   * before the event if selecting or reading its input fires it, after it if anything later does.
   */
  step(event: unknown, whole = false): unknown {
    const index = whole ? undefined : this.#count++;
    if (this.#busy) throw mismatch(this.#where, 'one step at a time', 'a step inside a step');
    if (this.#next) this.#change();
    this.#busy = true;
    const { ahead } = this.held;
    const { select, project, chunks, probe } = this.#config;
    let machine: Machine | undefined;
    let at = 'select';
    let emission: unknown;
    let tell: (() => void) | undefined;
    try {
      const given = select ? select(event as never) : event;
      at = this.#where;
      const chunk = chunks || whole ? readChunk(this.#cell, given) : undefined;
      const x = chunk ? given : this.#settle(given);
      // Only now: a reset that select or reading fired has put another machine there.
      machine = this.held.machine;
      this.#stepping = machine;
      const before = probe?.observed ? machine.state() : probe;
      const stepped = chunk ? this.#chunk(machine, chunk) : machine.step(x);
      at = 'feedback';
      const y = ahead ? ahead.of(machine, stepped) : stepped;
      at = 'project';
      emission = project ? project(y as never, event as never) : y;
      if (before !== probe) tell = probe?.read(this.#cell, before, x, index as number);
    } catch (error) {
      machine?.rollback();
      throw asRecurError(error, at, { step: index });
    } finally {
      this.#busy = false;
      this.#stepping = undefined;
      if (machine && machine !== this.held.machine) machine.release();
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

  /** On with other parameters from the next event on; throws if they do not fit, nothing changed. */
  use(params: unknown): void {
    this.#next = withWeights(this.#next ?? this.#cell, params);
    // A step that is under way ends with those that it began with.
    if (!this.#busy) this.#change();
  }

  /** The next parameters, at the present state. */
  #change(): void {
    const [old, next] = [this.#cell, this.#next];
    this.#next = undefined;
    if (!next || next === old) return;
    const { machine, ahead } = this.held;
    const restored = { batch: machine.batch, restored: true };
    this.held.machine = this.#begin(machine.state(), restored, next);
    machine.release();
    this.#cell = next;
    this.#chunk = chunkSteps(next, this.#config);
    ahead?.release();
    this.held.ahead = this.#config.ahead?.(next, this.#config);
    retire(old, next, this.#given);
  }

  state(): unknown {
    return this.held.machine.state();
  }

  snapshot(): Snapshot {
    const { batch } = this.held.machine;
    const backend = backendOf(this.#cell, this.#config.backend);
    const digests = { graph: graphOf(this.#given), weights: weightsOf(this.#cell) };
    return new Snapshot({ backend, layer: this.#layer, batch, ...digests }, this.state());
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
    if (this.#cell !== this.#given) retire(this.#cell, this.#given);
  }

  #begin(initial?: unknown, restored?: BirthOptions, cell = this.#cell): Machine {
    const { reuse, chunks } = this.#config;
    const options = { ...this.#config, ...restored, reuse: reuse && !chunks };
    return cell[internals].start(initial, options);
  }

  #resume(given: unknown): Machine {
    const snapshot = toSnapshot('restore', given);
    checkFits(snapshot, this.#given);
    const { state, batch } = snapshot;
    return this.#begin(state, { batch, restored: true });
  }

  #renew(machine: Machine): void {
    // What is stepping ends its step first.
    if (this.held.machine !== this.#stepping) this.held.machine.release();
    this.held.machine = machine;
  }
}
