import { demand } from '../errors.js';

/** What fits an option, and what to expect in a message. */
export type Fits = readonly [fits: (value: unknown) => boolean, expected: string];

export const isFunction = (value: unknown) => typeof value === 'function';
const isCount = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
/** Is checked where it is used. */
export const whatever: Fits = [() => true, ''];
export const callback: Fits = [isFunction, 'a function'];
export const count: Fits = [isCount, 'a whole number from 1'];
export const time: Fits = [value => typeof value === 'number' && value >= 0, 'milliseconds'];
export const observer: Fits = [
  value => isFunction(value) || has(value, 'next'),
  'a function or an observer',
];

/** Throws a RecurError for a value that does not fit its option. */
export function checkValues(
  where: string,
  given: object,
  fitting: Readonly<Record<string, Fits>>,
): void {
  for (const [name, value] of Object.entries(given)) {
    const [fits, expected] = fitting[name];
    demand(value === undefined || fits(value), `${where}.${name}`, expected, value);
  }
}

/** True for a value with such a method. */
export function has(value: unknown, method: string): boolean {
  return isFunction((value as Record<string, unknown> | null | undefined)?.[method]);
}
