import type { NodeOf } from '../graph/graph.js';
import { windowsOf } from '../graph/steps.js';
import type { Code } from '../kernels/wasm/code.js';
import * as control from '../kernels/wasm/control.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as f32x4 from '../kernels/wasm/f32x4.js';
import * as f64 from '../kernels/wasm/f64.js';
import * as f64x2 from '../kernels/wasm/f64x2.js';
import * as i32 from '../kernels/wasm/i32.js';
import { halves, lanes } from '../kernels/wasm/lanes.js';
import * as local from '../kernels/wasm/local.js';
import { advance, countDown, eachOffset } from '../kernels/wasm/loops.js';
import * as v128 from '../kernels/wasm/v128.js';
import { bytesOf, groupBytes } from './layout.js';
import { addressOf } from './places.js';
import type { NodePlan, Operator, Value } from './plans.js';
import type { RunRows } from './runs.js';
import { eachWindow } from './windows-code.js';

/** Reduces the windows of a sequence, feature by feature; means are computed in doubles. */
export const pool: Operator = {
  sequenceCode: poolCode,
  runRows: (_, node) => pooling(node),
};

function poolCode(
  e: Emitter,
  { node }: NodePlan<NodeOf<'pool'>>,
  [source]: readonly Value[],
  target: Value,
): Code {
  const { size, by, kernel, includePadding } = node;
  const { place } = source;
  const steps = source.count.code;
  const length = kernel === undefined ? steps : i32.const(kernel);
  const [begin, count, offset, from, rest] = e.fn.numbers(5);
  const window = kinds[by](e, local.get(from), includePadding ? length : local.get(count));
  const group = (row: number) => [
    window.begin,
    local.set(from, i32.add(addressOf(place), i32.mul(local.get(begin), i32.const(place.stride)))),
    local.set(from, i32.add(local.get(from), local.get(offset))),
    local.set(rest, local.get(count)),
    control.if(
      i32.ltS(i32.const(0), local.get(rest)),
      countDown(rest, [window.step, advance(from, place.stride)]),
    ),
    v128.store(i32.add(local.get(row), local.get(offset)), 0, window.end),
  ];
  return eachWindow(e, node, source, target, (row, first) => {
    const end = i32.add(local.get(first), length);
    return [
      local.set(
        begin,
        control.select(i32.const(0), local.get(first), i32.ltS(local.get(first), i32.const(0))),
      ),
      local.set(count, i32.sub(control.select(end, steps, i32.ltS(end, steps)), local.get(begin))),
      eachOffset(offset, groupBytes, bytesOf(size), group(row)),
    ];
  });
}

/** Code for four features of a window: before its steps, at each, and after them. */
interface Pooled {
  readonly begin: Code;
  readonly step: Code;
  readonly end: Code;
}

const kinds: Readonly<Record<'max' | 'average', (e: Emitter, from: Code, count: Code) => Pooled>> =
  {
    max(e, from) {
      const largest = e.fn.vector();
      return {
        begin: local.set(largest, e.constant(Number.NEGATIVE_INFINITY)),
        step: local.set(largest, f32x4.max(local.get(largest), v128.load(from, 0))),
        end: local.get(largest),
      };
    },
    average(e, from, count) {
      const [v, low, high] = e.fn.vectors(3);
      const add = (sum: number, value: Code) =>
        local.set(sum, f64x2.add(local.get(sum), f64x2.promoteLowF32x4(value)));
      const mean = (sum: number) =>
        f32x4.demoteF64x2Zero(f64x2.div(local.get(sum), f64x2.splat(f64.convertI32S(count))));
      return {
        begin: [low, high].map(sum => local.set(sum, e.constant(0))),
        step: [
          local.set(v, v128.load(from, 0)),
          add(low, local.get(v)),
          add(high, lanes(local.get(v), [2, 3, 2, 3])),
        ],
        end: halves(mean(low), mean(high)),
      };
    },
  };

function pooling(node: NodeOf<'pool'>): RunRows {
  const { by, size, stride = 1, includePadding } = node;
  return (memory, _, [from], [steps], to, windows) => {
    const { before, kernel } = windowsOf(node, steps);
    for (let t = 0; t < windows; t++) {
      const begin = Math.max(0, t * stride - before);
      const end = Math.min(steps, t * stride - before + kernel);
      for (let i = 0; i < size; i++) {
        let result = by === 'max' ? -Infinity : 0;
        for (let s = begin; s < end; s++) {
          const x = memory[from.at + s * from.stride + i];
          result = by === 'max' ? Math.max(result, x) : result + x;
        }
        const mean = result / (includePadding ? kernel : end - begin);
        memory[to.at + t * to.stride + i] = by === 'max' ? result : mean;
      }
    }
    return 0;
  };
}
