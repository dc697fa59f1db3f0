import { from, type Observable, type ObservableInput, Subject } from 'rxjs';
import { describe, mismatch, RecurError } from '../errors.js';

/**
 * What RxJS can observe, observed; anything else throws a RecurError that says what it expected.
 */
function observed(where: string, input: unknown, expected: string): Observable<unknown> {
  try {
    if (typeof input === 'object' && input !== null) return from(input as ObservableInput<unknown>);
  } catch {
    // Not what RxJS calls an ObservableInput.
  }
  throw mismatch(where, expected, describe(input));
}

const sets = 'parameter sets';

/** The parameter sets of a `weights`. */
export function weightsIn(where: string, given: unknown): Observable<unknown> | undefined {
  if (given === undefined) return undefined;
  return observed(`${where}.weights`, given, `an observable of ${sets}`);
}

/** An error of `weights` as a RecurError. */
export function weightsError(cause: unknown): RecurError {
  if (cause instanceof RecurError) return cause;
  return new RecurError({ where: 'weights', expected: sets, got: String(cause), cause });
}

/** A notifier of one subscription, and the events that its function form is fed. */
export interface Notifier {
  readonly notices: Observable<unknown> | undefined;
  readonly events: Subject<unknown> | undefined;
}

const expected = 'an observable, or a function of the source';

/**
 * What makes a configured notifier's observable anew for each subscription. Throws a RecurError at
 * once for what is none.
 */
export function notifier(where: string, given: unknown): () => Notifier {
  if (typeof given !== 'function') {
    const notices = given === undefined ? undefined : observed(where, given, expected);
    return () => ({ notices, events: undefined });
  }
  return () => {
    const events = new Subject<unknown>();
    return { notices: observed(where, given(events), expected), events };
  };
}
