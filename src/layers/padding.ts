import { demand } from '../errors.js';

/** Steps of zeros around a sequence: of both sides, `[before, after]`, or 'same'. */
export type Padding = number | readonly [before: number, after: number] | 'same';

/** The steps before and after a sequence of so many. */
export type StepsPadding = (steps: number) => readonly [before: number, after: number];

/** Checks a padding. 'same' gives ⌈steps / stride⌉ outputs, the odd zero at the end, as Keras does. */
export function paddingOf(
  where: string,
  padding: unknown,
  kernel: number,
  dilation: number,
  stride: number,
): StepsPadding {
  if (padding === 'same') {
    return steps => {
      const reach = (Math.ceil(steps / stride) - 1) * stride + (kernel - 1) * dilation + 1;
      const total = Math.max(0, reach - steps);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    };
  }
  const pair: readonly unknown[] = Array.isArray(padding) ? padding : [padding, padding];
  const isCount = (n: unknown) =>
    Number.isInteger(n) && (n as number) >= 0 && (n as number) < 2 ** 20;
  const fits = pair.length === 2 && pair.every(isCount);
  demand(fits, `${where}.padding`, "a count of steps, [before, after] or 'same'", padding);
  return () => pair as readonly [number, number];
}
