import {
  catchError,
  from,
  type MonoTypeOperatorFunction,
  Observable,
  type ObservableInput,
  Subject,
  tap,
} from 'rxjs';
import { describe, mismatch, RecurError } from '../errors.js';

/**
 * What RxJS can observe, observed; anything else throws a RecurError that says what it expected.
 */
function observed(where: string, input: unknown, expected: string): Observable<unknown> {
  try {
    if (typeof input === 'object') return from(input as ObservableInput<unknown>);
  } catch {
    // Null, or another object that RxJS cannot observe.
  }
  throw mismatch(where, expected, describe(input));
}

/** The parameter sets of a `weights`, whose error becomes a RecurError. */
export function weightsIn(where: string, given: unknown): Observable<unknown> | undefined {
  if (given === undefined) return undefined;
  return observed(`${where}.weights`, given, 'an observable of parameter sets').pipe(
    catchError(cause => {
      throw cause instanceof RecurError
        ? cause
        : new RecurError({
            where: 'weights',
            expected: 'parameter sets',
            got: String(cause),
            cause,
          });
    }),
  );
}

/**
 * Hears notices while the source runs, from before its first event on: does `work` with each. What
 * `work` throws, and an error of the notices, is the output's error; their completion is nothing.
 */
export function hearing<T>(
  notices: Observable<unknown> | undefined,
  work: (notice: unknown) => void,
): MonoTypeOperatorFunction<T> {
  return source =>
    notices
      ? new Observable(subscriber => {
          const done = notices.pipe(tap(work));
          subscriber.add(done.subscribe({ error: cause => subscriber.error(cause) }));
          if (!subscriber.closed) source.subscribe(subscriber);
        })
      : source;
}

/** A notifier of one subscription, and the events that its function form is fed. */
export interface Notifier {
  readonly notices: Observable<unknown> | undefined;
  readonly events?: Subject<unknown>;
}

const expected = 'an observable, or a function of the source';

/**
 * What makes a configured notifier's observable anew for each subscription. Throws a RecurError at
 * once for what is none.
 */
export function notifier(where: string, given: unknown): () => Notifier {
  if (typeof given !== 'function') {
    const notices = given === undefined ? undefined : observed(where, given, expected);
    return () => ({ notices });
  }
  return () => {
    const events = new Subject<unknown>();
    return { notices: observed(where, given(events), expected), events };
  };
}
