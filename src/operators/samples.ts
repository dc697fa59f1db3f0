import { readNumbers } from '../arrays/numbers.js';
import { demand, describe, RecurError } from '../errors.js';

/**
 * A reader of one subscription's events: each a vector of finite numbers as a float32 copy of its
 * own, of `length` numbers where that is given. Throws a RecurError that has the event's index.
 */
export function samplesReader(where: string, length?: number): (event: unknown) => Float32Array {
  let events = 0;
  const expected = length ? `a frame of ${length} numbers` : 'a number or an array of numbers';
  return event => {
    const step = events++;
    const refuse = (expected: string, got: string, hint?: string) =>
      new RecurError({ where, expected, got, step, hint });
    const { values, shape } = read(event, (got, hint) => refuse(expected, got, hint));
    if (shape.length !== 1 || (length && values.length !== length)) {
      throw refuse(expected, describe(event));
    }
    const bad = values.findIndex(value => !Number.isFinite(value));
    if (bad >= 0) throw refuse('finite numbers', `${values[bad]} at [${bad}]`);
    return values;
  };

  function read(event: unknown, refuse: (got: string, hint?: string) => RecurError) {
    try {
      return readNumbers(where, event, expected);
    } catch (error) {
      if (error instanceof RecurError) throw refuse(error.got, error.hint);
      throw refuse(String(error));
    }
  }
}

/** Refuses what is no number of samples. */
export function checkSize(where: string, size: unknown, most = 2 ** 24): void {
  const fits = Number.isInteger(size) && (size as number) >= 1 && (size as number) <= most;
  demand(fits, where, `a whole number from 1 to ${most === 2 ** 24 ? '2²⁴' : most}`, size);
}
