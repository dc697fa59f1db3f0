import { asRecurError, mismatch } from '../errors.js';
import type { BirthOptions, Machine } from './any-machine.js';
import { backendOf } from './backend.js';
import { type AnyCell, internals } from './cell.js';
import { graphOf, weightsOf } from './digest.js';
import { type AnyPlainCell, functionCell, made, startingFrom } from './function-cell.js';
import { cellIn, layerSignature } from './model.js';
import { chunkSteps, readChunk } from './sequences.js';
import { type Beside, checkConfig, type SessionConfig, streamOptions } from './session-config.js';
import { settler } from './settle.js';
import { checkFits, copySnapshot, Snapshot, toSnapshot } from './snapshot.js';
import { retire, withWeights } from './with-params.js';

/** Checks a model and its configuration at the call and returns what starts sessions of it. */
export function sessions(
  where: string,
  model: unknown,
  config: SessionConfig & object,
  known = streamOptions,
): { readonly cell: AnyCell; start(): Session } {
  const given = cellIn(where, 'model', model, 'the cell') ?? functionCell(model as AnyPlainCell);
  checkConfig(where, config, known);
  const cell = startingFrom(given, config.initialState);
  let { restore } = config;
  const start = () => new Session(cell, config, restore);
  if (restore !== undefined && typeof restore !== 'function') {
    start().end();
    restore = copySnapshot(restore);
  }
  return { cell, start };
}

/** What a session holds: it outlives the session that nobody ended. */
interface Held {
  machine: Machine;
  beside?: Beside | undefined;
}

/** Gives back what a session held. */
export function release({ machine, beside }: Held): void {
  machine.release();
  beside?.release?.();
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
      this.held.beside = config.ahead?.(cell, config);
      const restored = made(restore);
      if (restored !== undefined) this.#renew(this.#resume(restored));
    } catch (error) {
      release(this.held);
      throw error;
    }
  }

  /**
   * Steps one event and returns its emission; a throw leaves the state as it was before it.
   * `whole`: the event is a sequence, of which all steps are done or, when one is refused, none. A
   * reset comes before the event if selecting or reading its input fires it, after it if anything
   * later does.
   */
  step(event: unknown, whole = false): unknown {
    const index = whole ? undefined : this.#count++;
    if (this.#busy) throw mismatch(this.#where, 'one step at a time', 'a step inside a step');
    if (this.#next) this.#change();
    this.#busy = true;
    const { beside } = this.held;
    const { select, project, chunks } = this.#config;
    let machine: Machine | undefined;
    let at = 'select';
    let emission: unknown;
    try {
      const given = select ? select(event as never) : event;
      at = this.#where;
      const chunk = chunks || whole ? readChunk(this.#cell, given) : undefined;
      const x = chunk ? given : this.#settle(given);
      // Only now: a reset that select or reading fired has put another machine there.
      machine = this.held.machine;
      this.#stepping = machine;
      const y = chunk
        ? this.#chunk(machine, chunk)
        : beside
          ? beside.step(machine, x, index as number)
          : machine.step(x);
      at = 'project';
      emission = project ? project(y as never, event as never) : y;
    } catch (error) {
      machine?.rollback();
      throw asRecurError(error, at, { step: index });
    } finally {
      this.#busy = false;
      this.#stepping = undefined;
      if (machine && machine !== this.held.machine) machine.release();
    }
    machine.commit();
    beside?.done?.();
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

  /**
   * On with other parameters from the next event on; throws if they do not fit, nothing changed.
   */
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
    const { machine, beside } = this.held;
    const restored = { batch: machine.batch, restored: true };
    this.held.machine = this.#begin(machine.state(), restored, next);
    machine.release();
    this.#cell = next;
    this.#chunk = chunkSteps(next, this.#config);
    beside?.release?.();
    this.held.beside = this.#config.ahead?.(next, this.#config);
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
