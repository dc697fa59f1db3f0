import { filter, map } from 'rxjs';
import type { LogEvent } from '../durable/event.js';
import type { KeysOf } from './durable-config.js';

/** The keys of the events for which this holds. */
export function keysWhere<E>(holds: (event: LogEvent<E>) => boolean): KeysOf<E> {
  return events =>
    events.pipe(
      filter(holds),
      map(({ key }) => key),
    );
}
