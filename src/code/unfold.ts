import type { NodeOf } from '../graph/graph.js';
import { windowsOf } from '../graph/steps.js';
import type { Code } from '../kernels/wasm/code.js';
import * as control from '../kernels/wasm/control.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { advance, countDown } from '../kernels/wasm/loops.js';
import { copied, zeroed } from './copies.js';
import { addressOf, behind, pointer } from './places.js';
import type { NodePlan, Operator, Value } from './plans.js';
import type { RunRows } from './runs.js';
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
  const [step, to, taps, from] = e.fn.numbers(4);
  const stepAt = (index: number): Code => [
    local.set(from, i32.add(addressOf(place), i32.mul(local.get(index), i32.const(place.stride)))),
  ];
  const features = behind(pointer(from), at * 4);
  const tap = control.if(
    i32.ltU(local.get(step), steps),
    [stepAt(step), copied(e, features, pointer(to), count)],
    zeroed(e, pointer(to), count),
  );
  const eachTap = (row: number, first: number) => [
    [
      local.set(to, local.get(row)),
      local.set(step, local.get(first)),
      local.set(taps, i32.const(kernel)),
    ],
    countDown(taps, [tap, advance(to, count * 4), advance(step, dilation)]),
  ];
  // Steps without room between them that are all there are copied at once.
  const isDense = dilation === 1 && place.stride === count * 4;
  const { fixed = 0 } = source.count;
  return eachWindow(e, node, source, target, (row, first) =>
    isDense && fixed >= kernel
      ? control.if(
          i32.ltU(local.get(first), i32.const(fixed - kernel + 1)),
          [stepAt(first), copied(e, features, pointer(row), kernel * count)],
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
