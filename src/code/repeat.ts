import type { NodeOf } from '../graph/graph.js';
import * as control from '../kernels/wasm/control.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { advance, countDown } from '../kernels/wasm/loops.js';
import { copied } from './copies.js';
import { addressOf, pointer } from './places.js';
import type { NodePlan, Operator } from './plans.js';

/** Gives each step of a sequence several times. */
export const repeat: Operator = {
  sequenceCode(e, { node }: NodePlan<NodeOf<'repeat'>>, [source], target) {
    const [from, to, left, turns] = e.fn.numbers(4);
    const step = [
      local.set(turns, i32.const(node.times)),
      countDown(turns, [
        copied(e, pointer(from), pointer(to), node.size),
        advance(to, target.place.stride),
      ]),
      advance(from, source.place.stride),
    ];
    return [
      local.set(from, addressOf(source.place)),
      local.set(to, addressOf(target.place)),
      local.set(left, source.count.code),
      control.if(local.get(left), countDown(left, step)),
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
