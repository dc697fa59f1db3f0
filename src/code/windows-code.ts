import { windowsOf } from '../graph/steps.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import {
  type Code,
  get,
  i32,
  minus,
  plus,
  repeat,
  set,
  times,
  when,
} from '../kernels/wasm/module.js';
import type { Count, Value } from './plans.js';
import { addressOf } from './turns.js';

type Windows = Parameters<typeof windowsOf>[0];

/**
 * Runs for each window what `compose` makes of two locals: the address of its row of `target`, and
 * its first step in `source`, below 0 in the padding.
 */
export function eachWindow(
  e: Emitter,
  node: Windows,
  source: Value,
  target: Value,
  compose: (row: number, first: number) => Code,
): Code {
  const [row, first, left] = [0, 0, 0].map(() => e.fn.number());
  return [
    set(row, addressOf(target.place)),
    set(first, minus(i32(0), stepsBefore(node, source.count))),
    set(left, target.count.code),
    when(
      get(left),
      repeat(
        [
          compose(row, first),
          set(row, plus(get(row), i32(target.place.stride))),
          set(first, plus(get(first), i32(node.stride ?? 1))),
          set(left, minus(get(left), i32(1))),
        ],
        get(left),
      ),
    ),
  ];
}

/**
 * How many steps of padding are before a sequence: of 'same', what the count of the steps says,
 * which must be known here, or be found when the code runs.
 */
function stepsBefore(node: Windows, { fixed, code }: Count): Code {
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
