import type { Observable, ObservableInput } from 'rxjs';
import type { RecurError } from '../errors.js';
import type { StateInput } from '../streams/forms.js';
import type { SessionConfig } from '../streams/session-config.js';
import type { StreamConfig } from '../streams/stateful.js';
import type { ParamsOf } from '../streams/with-params.js';

/** A source of resets; an emission with format 'rxrecur/state' restores that snapshot instead. */
export type Reset<E> =
  | ObservableInput<unknown>
  | ((source: Observable<E>) => ObservableInput<unknown>);

/** Configuration of `recur` for events of type E, where the model takes X and answers Y. */
export interface RecurConfig<
  S = unknown,
  E = unknown,
  X = E,
  Y = unknown,
  P = Y,
  Initial = StateInput<S>,
> extends StreamConfig<S, Initial> {
  /** Restores the initial state; the function form is fed each event before it is stepped. */
  readonly reset?: Reset<E> | undefined;
  /** The model's input from an event. */
  readonly select?: ((event: E) => X) | undefined;
  /** The emission from the model's output and the event. */
  readonly project?: ((output: Y, event: E) => P) | undefined;
  /**
   * True: an event is an array of steps, or an ndarray `[features, steps]`, `[…, steps, batch]`.
   */
  readonly chunks?: boolean | undefined;
  /**
   * What an invalid datum does: 'error' (the default) ends the stream; with 'skip' or a function,
   * which is told of it, the datum is dropped, the state untouched, and the stream goes on.
   */
  readonly onInvalid?: 'error' | 'skip' | ((error: RecurError, event: E) => void) | undefined;
  /** Parameter sets of the model: see `WeightsConfig`. */
  readonly weights?: ObservableInput<unknown> | undefined;
}

/** Parameters that change while a stream runs. */
export interface WeightsConfig<M> {
  /**
   * Parameter sets in the form of the model's `params`: each counts from the next event on, the
   * state untouched, and for resets that come after it. Names that are left out keep their values.
   * A set that does not fit is the output's error; so is an error of the observable, not its
   * completion.
   */
  readonly weights?: ObservableInput<ParamsOf<M>> | undefined;
}

/** The configuration as the code handles it; the overloads of `recur` are what users see. */
export interface UntypedConfig extends SessionConfig {
  readonly reset?: unknown;
  readonly weights?: unknown;
  readonly onInvalid?: 'error' | 'skip' | ((error: RecurError, event: never) => void) | undefined;
}
