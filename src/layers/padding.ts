import { demand } from '../errors.js';
import type { Padding } from '../graph/steps.js';

/** Checks what a user gives as a padding of sequences, or of frames or bands. */
export function checkPadding(
  where: string,
  padding: unknown,
  of = 'steps',
  most = 2 ** 20 - 1,
): asserts padding is Padding {
  const isCount = (n: unknown) =>
    Number.isInteger(n) && (n as number) >= 0 && (n as number) <= most;
  const pair: readonly unknown[] = Array.isArray(padding) ? padding : [padding, padding];
  const fits = padding === 'same' || (pair.length === 2 && pair.every(isCount));
  demand(fits, where, `a count of ${of}, [before, after] or 'same'`, padding);
}
