import type { NodeOf } from '../graph/graph.js';
import { repeat as again, get, i32, minus, plus, set, when } from '../kernels/wasm/module.js';
import { copied } from './copies.js';
import type { NodePlan, Operator } from './plans.js';
import { addressOf, pointer } from './turns.js';

/** Each step of a sequence so many times. */
export const repeat: Operator = {
  sequenceCode(e, { node }: NodePlan<NodeOf<'repeat'>>, [source], target) {
    const [from, to, left, turns] = [0, 0, 0, 0].map(() => e.fn.number());
    const advance = (local: number, bytes: number) => set(local, plus(get(local), i32(bytes)));
    const once = [
      copied(e, pointer(from), pointer(to), node.size),
      advance(to, target.place.stride),
      set(turns, minus(get(turns), i32(1))),
    ];
    const step = [
      [set(turns, i32(node.times)), again(once, get(turns))],
      advance(from, source.place.stride),
      set(left, minus(get(left), i32(1))),
    ];
    return [
      [set(from, addressOf(source.place)), set(to, addressOf(target.place))],
      [set(left, source.count.code), when(get(left), again(step, get(left)))],
    ];
  },
  runRows:
    (_, { size, times }: NodeOf<'repeat'>) =>
    (memory, _begin, [from], _steps, to, count) => {
      for (let t = 0; t < count; t++) {
        const x = from.at + Math.floor(t / times) * from.stride;
        memory.copyWithin(to.at + t * to.stride, x, x + size);
      }
      return 0;
    },
};
