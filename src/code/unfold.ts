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
} from '../kernels/wasm/module.js';
import { copied, zeroed } from './copies.js';
import type { NodePlan, Operator, Value } from './plans.js';
import type { RunRows } from './runs.js';
import { addressOf, pointer } from './turns.js';
import { eachWindow } from './windows-code.js';

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
  const { kernel, dilation, at, count } = node;
  const { place } = source;
  const steps = source.count.code;
  const [step, to, taps, from] = [0, 0, 0, 0].map(() => e.fn.number());
  const stepAt = (index: number): Code => [
    set(from, plus(addressOf(place), times(get(index), i32(place.stride)))),
  ];
  const behind = { ...pointer(from), at: at * 4 };
  const tap = either(
    below(get(step), steps),
    [stepAt(step), copied(e, behind, pointer(to), count)],
    zeroed(e, pointer(to), count),
  );
  const eachTap = (row: number, first: number) => [
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
  return eachWindow(e, node, source, target, (row, first) =>
    isDense && fixed >= kernel
      ? either(
          below(get(first), i32(fixed - kernel + 1)),
          [stepAt(first), copied(e, behind, pointer(row), kernel * count)],
          eachTap(row, first),
        )
      : eachTap(row, first),
  );
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
