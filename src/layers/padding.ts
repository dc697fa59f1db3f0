import { demand } from '../errors.js';
import type { Padding } from '../graph/steps.js';

/** Checks what a user gives as a padding of sequences. */
export function checkPadding(
  where: string,
  padding: unknown,
  option = 'padding',
): asserts padding is Padding {
  const isCount = (n: unknown) =>
    Number.isInteger(n) && (n as number) >= 0 && (n as number) < 2 ** 20;
  const pair: readonly unknown[] = Array.isArray(padding) ? padding : [padding, padding];
  const fits = padding === 'same' || (pair.length === 2 && pair.every(isCount));
  demand(fits, `${where}.${option}`, "a count of steps, [before, after] or 'same'", padding);
}
