import type { NodeOf } from '../graph/graph.js';
import { philox as generate } from '../kernels/philox.js';
import type { Code } from '../kernels/wasm/code.js';
import * as control from '../kernels/wasm/control.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as f32 from '../kernels/wasm/f32.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { eachOffset } from '../kernels/wasm/loops.js';
import { philox } from '../kernels/wasm/philox.js';
import { add, bytesOf, groupBytes } from './layout.js';
import { baseOf } from './places.js';
import type { NodePlan, Operator, RowPlaces } from './plans.js';
import type { PortableBlock, RunNode } from './runs.js';

/** Each word of the state is a whole number below it: a float32 holds those. */
const limit = 2 ** 24;

/**
 * Numbers in [0, 1), multiples of 2⁻²⁴, or the mask of dropout. The state is `[steps, 2²⁴ steps,
 * stream]`: the steps so far, and the number of a stream, which stays as it began. The i-th number
 * is word i mod 4 that Philox 4x32-10 makes of the counter `[⌊i / 4⌋, ...state]` and the key, less
 * its low 8 bits: the same bits on all backends, whatever else is drawn.
 */
export const random: Operator = {
  plan(_planner, _node, { block }, states) {
    states.push(add(block, bytesOf(3)));
    return undefined;
  },
  code: randomCode,
  run: (_, node, own) => drawing(node, own),
};

/** Numbers below the first are dropped; the others become the second. */
const maskOf = (rate: number) => [rate, 1 / (1 - rate)].map(Math.fround);

const shifted = (value: Code, bits: number) => i32.shrU(value, i32.const(bits));

function randomCode(
  e: Emitter,
  { node: { key, rate, size }, states: [offset] }: NodePlan<NodeOf<'random'>>,
  { output, now, next }: RowPlaces,
): Code {
  const state = e.fn.numbers(3);
  const words = e.fn.numbers(4);
  const at = e.fn.number();
  const group = [
    local.set(words[0], shifted(local.get(at), 4)),
    state.map((own, k) => local.set(words[k + 1], local.get(own))),
    philox(e, words, key),
    words.map((word, k) => {
      const bits = f32.convertI32U(shifted(local.get(word), 8));
      const uniform = f32.mul(bits, f32.const(1 / limit));
      const value = rate === undefined ? uniform : mask(uniform, rate);
      return f32.store(i32.add(baseOf(output), local.get(at)), output.at + k * 4, value);
    }),
  ];
  const [low, high, stream] = state;
  const following = i32.add(local.get(low), i32.const(1));
  const after = [
    i32.and(following, i32.const(limit - 1)),
    i32.add(local.get(high), shifted(following, 24)),
    local.get(stream),
  ];
  return [
    state.map((own, k) =>
      local.set(own, i32.truncSatF32U(f32.load(baseOf(now), now.at + offset + k * 4))),
    ),
    after.map((value, k) =>
      f32.store(baseOf(next), next.at + offset + k * 4, f32.convertI32U(value)),
    ),
    eachOffset(at, groupBytes, bytesOf(size), group),
  ];
}

function mask(uniform: Code, rate: number): Code {
  const [dropped, others] = maskOf(rate);
  return control.select(f32.const(0), f32.const(others), f32.lt(uniform, f32.const(dropped)));
}

function drawing({ key, rate, size }: NodeOf<'random'>, { block, states }: PortableBlock): RunNode {
  const first = block.size;
  block.size += 3;
  states.push(first);
  const words = new Uint32Array(4);
  const [dropped, others] = maskOf(rate ?? 0);
  return (memory, _, _inputs, now, next, y) => {
    const at = now + first;
    const [low, high, stream] = [memory[at], memory[at + 1], memory[at + 2]];
    for (let i = 0; i < size; i++) {
      if (i % 4 === 0) {
        words.set([i / 4, low, high, stream]);
        generate(words, ...key);
      }
      const uniform = (words[i % 4] >>> 8) / limit;
      memory[y + i] = rate === undefined ? uniform : uniform < dropped ? 0 : others;
    }
    const carry = Number(low + 1 === limit);
    memory.set([carry ? 0 : low + 1, high + carry, stream], next + first);
    return 0;
  };
}
