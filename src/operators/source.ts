import { isObservable, type Observable } from 'rxjs';
import { demand } from '../errors.js';

/** Throws a RecurError for an operator that was called with anything but its source. */
export function checkSource(
  where: string,
  source: unknown,
  hint: string,
): asserts source is Observable<unknown> {
  demand(isObservable(source), where, 'an Observable', source, hint);
}
