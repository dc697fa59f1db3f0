import type { NdArray, Vec } from '../arrays/ndarray.js';
import type { Backend } from '../kernels/backends.js';
import type { AnyCell, StateOf } from './cell.js';
import type { Answer, SameForm, StateInput } from './forms.js';
import type { AnyPlainCell, PlainCell } from './function-cell.js';
import type { InputOf, Model, OutputOf, WithCell } from './members.js';
import { layerText } from './model.js';
import { release, type Session, sessions } from './session.js';
import type { SessionConfig, StateObserver } from './session-config.js';
import type { Snapshot } from './snapshot.js';
import type { ParamsOf } from './with-params.js';

/** A snapshot, or the parsed JSON of one. */
export type SnapshotInput = Snapshot | { readonly format: string };

/** Where a stream begins and what is kept of it: common to `recur` and `stateful`. */
export interface StreamConfig<S, Initial = StateInput<S>> {
  /** Where the stream and every reset begin: a value, or a factory called at each birth. */
  readonly initialState?: Initial | (() => Initial) | undefined;
  /** A snapshot (or a factory of one) for the first step only; a reset does not return to it. */
  readonly restore?: SnapshotInput | (() => SnapshotInput | undefined) | undefined;
  /** Told of each new state, as a snapshot, before the output goes out. */
  readonly state?: StateObserver<S> | undefined;
  /** Pins a backend; throws at the call where this engine has not got it. */
  readonly backend?: Backend | undefined;
  /** True: one view is emitted again and again, its elements overwritten by each step. */
  readonly reuse?: boolean | undefined;
  /** True: each output has a buffer to itself, which `postMessage` may transfer. */
  readonly transferable?: boolean | undefined;
}

/** Configuration of `stateful`: what `recur` takes that does not concern events. */
export type StatefulConfig<S, Initial = StateInput<S>> = StreamConfig<S, Initial>;

/** Steps in, outputs out, in the form in which the steps came. */
export interface MapSequence<Y, In = Vec> {
  /** `[features, steps]` or `[features, steps, batch]`, or one for each of several inputs. */
  <X extends Whole<In>>(sequence: X): Y extends SameForm | Ports<SameForm> ? Answer<Y, X> : Y[];
  <X extends In>(sequence: Iterable<X>): Answer<Y, X>[];
}
type Ports<V> = Readonly<Record<string, V>>;
type Whole<In> = In extends Ports<Vec> ? { readonly [K in keyof In]: NdArray } : NdArray;

/** What every stateful model has beside the call `m(x)`. */
export interface Stateful<S, Mapped, P = unknown> {
  /** A copy of the state. */
  readonly state: S;
  /** Back to the initial state. */
  reset(): void;
  /** The outputs of a sequence of steps; throws, the state untouched, if one step is refused. */
  readonly map: Mapped;
  /** Where it is in its stream; a copy. */
  snapshot(): Snapshot<S>;
  /**
   * Goes on from a snapshot or its parsed JSON; throws, the state untouched, if it does not fit.
   */
  restore(snapshot: SnapshotInput): void;
  /**
   * Goes on with other parameters, in the form of the model's `params`, the state untouched; names
   * that are left out keep their values. Throws a RecurError, nothing changed, if they do not fit.
   */
  use(params: P): void;
}

/**
 * A stateful layer or cell: vectors in, vectors out, in the form that came in; records of vectors
 * for several inputs and outputs.
 */
export interface StatefulLayer<S, Y, P = unknown, In = Vec>
  extends Stateful<S, MapSequence<Y, In>, P> {
  <X extends In>(x: X): Answer<Y, X>;
}

/** A stateful plain function: whatever it takes and answers. */
export interface StatefulFunction<S, X, Y, P = unknown>
  extends Stateful<S, (sequence: Iterable<X>) => Y[], P> {
  (x: X): Y;
}

/** What `stateful(model)` is: vectors in, or whatever the function takes that comes first. */
export type StatefulOf<M> = [Vec, InputOf<M>] extends [InputOf<M>, Vec]
  ? StatefulLayer<StateOf<M>, OutputOf<M>, ParamsOf<M>>
  : [M] extends [{ readonly inputSize: Ports<number> }]
    ? StatefulLayer<StateOf<M>, OutputOf<M>, ParamsOf<M>, InputOf<M>>
    : StatefulFunction<StateOf<M>, InputOf<M>, OutputOf<M>, ParamsOf<M>>;

/** Nobody ends a stateful model: its room is given back when it is gone. */
const abandoned = /* @__PURE__ */ new FinalizationRegistry<Session['held']>(release);

/**
 * A model as a callable object that holds its state: `m(x)`, `m.state`, `m.reset()`, `m.map(seq)`,
 * `m.snapshot()`, `m.restore(snapshot)`, `m.use(params)`. The same as `recur`, without RxJS, for
 * the same inputs and outputs; `reset` goes back to `initialState`.
 *
 * Throws a RecurError where the operator would notify: for a wrong argument, an invalid datum, a
 * snapshot that does not fit. A throw leaves the state as it was.
 *
 * @example
 * const m = stateful(gruCell(3, 2));
 * m([0.1, 0.2, 0.3]).length; // → 2
 * m.reset();
 * m.state; // → Float32Array(2) [ 0, 0 ]
 */
export function stateful<M extends Model>(
  model: M,
  config?: StatefulConfig<StateOf<M>>,
): StatefulOf<M>;
export function stateful<S, X, Y>(
  fn: PlainCell<S, X, Y>,
  config?: StatefulConfig<S, S>,
): StatefulFunction<S, X, Y>;
export function stateful(
  model: AnyCell | WithCell | AnyPlainCell,
  config: SessionConfig = {},
): unknown {
  const { cell, start } = sessions('stateful', model, config, [
    'initialState',
    'restore',
    'state',
    'backend',
    'reuse',
    'transferable',
  ]);
  const session: Session = start();
  abandoned.register(session, session.held);
  const handle = (event: unknown, whole: boolean) => {
    const y = session.step(event, whole);
    session.tell();
    return y;
  };
  const call = (x: unknown) => handle(x, false);
  return Object.defineProperties(call, {
    state: { get: () => session.state(), enumerable: true },
    reset: { value: () => session.reset() },
    map: { value: (sequence: unknown) => handle(sequence, true) },
    snapshot: { value: () => session.snapshot() },
    restore: { value: (snapshot: unknown) => session.restore(snapshot) },
    use: { value: (params: unknown) => session.use(params) },
    toString: { value: () => layerText(cell) },
  });
}
