import { windowsOf } from '../graph/steps.js';
import { type Code, i32, minus, plus, times } from '../kernels/wasm/module.js';
import type { Count } from './plans.js';

/**
 * How many steps of padding are before a sequence: of 'same', what the count of the steps says, which
 * then must be known here, or be found when the code runs.
 */
export function stepsBefore(node: Parameters<typeof windowsOf>[0], { fixed, code }: Count): Code {
  const { padding, kernel = 1, dilation = 1, stride = 1 } = node;
  if (padding !== 'same' || fixed !== undefined) return i32(windowsOf(node, fixed ?? 0).before);
  // (⌈steps / stride⌉ − 1) · stride + reach − steps, half of it: see `windowsOf`.
  const reach = dilation * (kernel - 1) + 1;
  const windows = dividedBy(plus(code, i32(stride - 1)), stride);
  const total = minus(plus(times(minus(windows, i32(1)), i32(stride)), i32(reach)), code);
  return half(total);
}

const dividedBy = (value: Code, by: number): Code => [value, i32(by), 0x6e];
/** Half of a number, 0 of one below 0. */
const half = (value: Code): Code => [
  [value, i32(1), 0x75],
  [i32(0), value, i32(0), 0x4a, 0x1b],
];
