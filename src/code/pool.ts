import type { NodeOf } from '../graph/graph.js';
import { windowsOf } from '../graph/steps.js';
import { f64x2, halves } from '../kernels/wasm/doubles.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import {
  below,
  type Code,
  choose,
  f32x4,
  get,
  i32,
  lanes,
  less,
  load,
  minus,
  plus,
  repeat,
  set,
  store,
  times,
  when,
} from '../kernels/wasm/module.js';
import { bytesOf, groupBytes } from './layout.js';
import type { NodePlan, Operator, Value } from './plans.js';
import type { RunRows } from './runs.js';
import { addressOf } from './turns.js';
import { eachWindow } from './windows-code.js';

/** What the windows of a sequence become, feature by feature; means are worked out in doubles. */
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
  const length = kernel === undefined ? steps : i32(kernel);
  const [begin, count, offset, from, rest] = Array.from({ length: 5 }, () => e.fn.number());
  const window = kinds[by](e, get(from), includePadding ? length : get(count));
  const group = (row: number) => [
    window.begin,
    set(from, plus(addressOf(place), times(get(begin), i32(place.stride)))),
    set(from, plus(get(from), get(offset))),
    set(rest, get(count)),
    when(
      less(i32(0), get(rest)),
      repeat(
        [
          window.step,
          set(from, plus(get(from), i32(place.stride))),
          set(rest, minus(get(rest), i32(1))),
        ],
        get(rest),
      ),
    ),
    store(plus(get(row), get(offset)), 0, window.end),
    set(offset, plus(get(offset), i32(groupBytes))),
  ];
  return eachWindow(e, node, source, target, (row, first) => {
    const end = plus(get(first), length);
    return [
      set(begin, choose(i32(0), get(first), less(get(first), i32(0)))),
      set(count, minus(choose(end, steps, less(end, steps)), get(begin))),
      set(offset, i32(0)),
      repeat(group(row), below(get(offset), i32(bytesOf(size)))),
    ];
  });
}

/** What four features of a window become: before its steps, at each, and after them. */
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
        begin: set(largest, e.constant(Number.NEGATIVE_INFINITY)),
        step: set(largest, f32x4.max(get(largest), load(from, 0))),
        end: get(largest),
      };
    },
    average(e, from, count) {
      const [v, low, high] = [0, 0, 0].map(() => e.fn.vector());
      const add = (sum: number, value: Code) => set(sum, f64x2.add(get(sum), f64x2.promote(value)));
      const mean = (sum: number) => f64x2.demote(f64x2.divide(get(sum), f64x2.splat(count)));
      return {
        begin: [low, high].map(sum => set(sum, e.constant(0))),
        step: [set(v, load(from, 0)), add(low, get(v)), add(high, lanes(get(v), [2, 3, 2, 3]))],
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
