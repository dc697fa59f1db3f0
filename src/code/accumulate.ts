import type { NodeOf } from '../graph/graph.js';
import { accumulation, type Terms } from '../kernels/wasm/accumulation.js';
import type { Code } from '../kernels/wasm/code.js';
import * as control from '../kernels/wasm/control.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as i32 from '../kernels/wasm/i32.js';
import { copied } from './copies.js';
import { add, bytesOf } from './layout.js';
import { baseOf, behind, type Place } from './places.js';
import type { NodePlan, Operator, States } from './plans.js';
import type { PortableBlock } from './runs.js';

type AccumulatePlan = NodePlan<NodeOf<'accumulate'>>;

/**
 * Δ ← Δ + Σ a bᵀ, or Δ ← Δ + Σ b: Δ `[rows, columns]` is a state of the block that it is in, row
 * after row, and is added to in place where sequences are whole calls: where one is refused, Δ is
 * undefined. All steps of a sequence come to the same bits as one after another.
 */
export const accumulate: Operator = {
  plan(_, { rows, columns }: NodeOf<'accumulate'>, { block }, states) {
    // The code reads up to three floats more.
    states.push(add(block, bytesOf(rows * columns + 3)));
    return undefined;
  },
  code(e, plan: AccumulatePlan, { inputs, output, now, next }) {
    const { node, states } = plan;
    return [
      accumulateCode(e, plan, inputs, i32.const(1), { now, next }),
      copied(e, behind(next, states[0]), output, node.size),
    ];
  },
  sequenceCode(e, plan: AccumulatePlan, sources, _, states) {
    const [{ count }] = sources;
    const places = sources.map(({ place }) => place);
    const [now, next] = [states.now, states.next].map(place => behind(place, plan.states[0]));
    return control.if(
      count.code,
      accumulateCode(e, plan, places, count.code, states),
      copied(e, now, next, plan.node.rows * plan.node.columns),
    );
  },
  run(_, node: NodeOf<'accumulate'>, own) {
    const add = adding(node, own);
    const strides = node.of.map(() => 0);
    return (memory, _, inputs, now, next, y) => {
      const at = add(memory, inputs, strides, 1, now, next);
      memory.copyWithin(y, at, at + node.size);
      return 0;
    };
  },
  runRows(_, node: NodeOf<'accumulate'>, own) {
    const add = adding(node, own);
    return (memory, _, from, [count], _to, _count, now, next) => {
      const [at, strides] = [from.map(rows => rows.at), from.map(rows => rows.stride)];
      add(memory, at, strides, count, now, next);
      return 0;
    };
  },
};

function accumulateCode(
  e: Emitter,
  { node: { rows, columns }, states: [offset] }: AccumulatePlan,
  places: readonly Place[],
  count: Code,
  states: States,
): Code {
  const terms = (place: Place): Terms => ({ ...place, base: baseOf(place) });
  const [now, next] = [states.now, states.next].map(place => terms(behind(place, offset)));
  const [right, left] = places.map(terms).reverse();
  return accumulation(e, { now, next, rows, columns, left, right, count });
}

/** Takes room in the block; answers what adds terms up there, and where. */
function adding({ rows, columns, of }: NodeOf<'accumulate'>, { block, states }: PortableBlock) {
  const size = rows * columns;
  const first = block.size;
  block.size += size;
  states.push(first);
  return (
    memory: Float32Array,
    inputs: readonly number[],
    strides: readonly number[],
    count: number,
    now: number,
    next: number,
  ): number => {
    const to = next + first;
    if (now !== next) memory.copyWithin(to, now + first, now + first + size);
    const right = of.length - 1;
    for (let t = 0; t < count; t++) {
      const [a, b] = [inputs[0] + t * strides[0], inputs[right] + t * strides[right]];
      for (let i = 0; i < rows; i++) {
        const factor = right ? memory[a + i] : 1;
        for (let j = 0; j < columns; j++) memory[to + i * columns + j] += factor * memory[b + j];
      }
    }
    return to;
  };
}
