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
import { copied, zeroed } from './copies.js';
import { stepsBefore } from './padding-code.js';
import type { NodePlan, Operator, Value } from './plans.js';
import type { RunRows } from './runs.js';
import { addressOf, pointer } from './turns.js';

/** The windows of a sequence, each as one vector; beyond the ends are zeros. */
export const unfold: Operator = {
  sequenceCode: unfoldCode,
  runRows: (_, node) => unfolding(node),
};

function unfoldCode(
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

function unfolding(node: NodeOf<'unfold'>): RunRows {
  const { kernel, dilation, stride, at, count } = node;
  return (memory, _, [from], [steps], to, windows) => {
    const { before } = windowsOf(node, steps);
    for (let t = 0; t < windows; t++) {
      for (let k = 0; k < kernel; k++) {
        const s = t * stride - before + k * dilation;
        const y = to.at + t * to.stride + k * count;
        const x = from.at + s * from.stride + at;
        if (s < 0 || s >= steps) memory.fill(0, y, y + count);
        else for (let i = 0; i < count; i++) memory[y + i] = memory[x + i];
      }
    }
    return 0;
  };
}
