import type { NodeOf } from '../graph/graph.js';
import { windowsOf } from '../graph/steps.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import {
  below,
  type Code,
  either,
  get,
  i32,
  minus,
  plus,
  repeat,
  set,
  times,
  when,
} from '../kernels/wasm/module.js';
import type { NodePlan } from './layout.js';
import { copied, zeroed } from './rows.js';
import { addressOf, pointer } from './turns.js';
import type { Count, Value } from './values.js';

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

/** The windows of a sequence, each as one vector; beyond the ends are zeros. */
export function unfoldCode(
  e: Emitter,
  { node }: NodePlan<NodeOf<'unfold'>>,
  [source]: readonly Value[],
  target: Value,
): Code {
  const { kernel, dilation, stride, at, count } = node;
  const { place } = source;
  const steps = source.count.code;
  const [row, first, left, step, to, taps, from] = Array.from({ length: 7 }, () => e.fn.number());
  const stepAt = (index: number): Code => [
    set(from, plus(addressOf(place), times(get(index), i32(place.stride)))),
  ];
  const behind = { ...pointer(from), at: at * 4 };
  const tap = either(
    below(get(step), steps),
    [stepAt(step), copied(e, behind, pointer(to), count)],
    zeroed(e, pointer(to), count),
  );
  const eachTap = [
    [set(to, get(row)), set(step, get(first)), set(taps, i32(kernel))],
    repeat(
      [
        tap,
        set(to, plus(get(to), i32(count * 4))),
        set(step, plus(get(step), i32(dilation))),
        set(taps, minus(get(taps), i32(1))),
      ],
      get(taps),
    ),
  ];
  // Steps without room between them that are all there are copied at once.
  const isDense = dilation === 1 && place.stride === count * 4;
  const { fixed = 0 } = source.count;
  const window =
    isDense && fixed >= kernel
      ? either(
          below(get(first), i32(fixed - kernel + 1)),
          [stepAt(first), copied(e, behind, pointer(row), kernel * count)],
          eachTap,
        )
      : eachTap;
  return [
    set(row, addressOf(target.place)),
    set(first, minus(i32(0), stepsBefore(node, source.count))),
    set(left, target.count.code),
    when(
      get(left),
      repeat(
        [
          window,
          set(row, plus(get(row), i32(target.place.stride))),
          set(first, plus(get(first), i32(stride))),
          set(left, minus(get(left), i32(1))),
        ],
        get(left),
      ),
    ),
  ];
}
