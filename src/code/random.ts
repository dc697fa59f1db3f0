import type { NodeOf } from '../graph/graph.js';
import { philox as generate } from '../kernels/philox.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import {
  below,
  type Code,
  choose,
  get,
  i32,
  indexAt,
  plus,
  repeat,
  set,
  unsigned,
} from '../kernels/wasm/module.js';
import { philox } from '../kernels/wasm/philox.js';
import { baseOf } from './elementwise.js';
import { add, bytesOf, groupBytes } from './layout.js';
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

/** Numbers below this are dropped, and what the others become. */
const maskOf = (rate: number) => [rate, 1 / (1 - rate)].map(Math.fround);

const f32 = (value: number): Code => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [0x43, bytes];
};
const shifted = (value: Code, bits: number): Code => [value, i32(bits), 0x76];
/** A whole number without a sign as a float. */
const toFloat = (value: Code): Code => [value, 0xb3];
const storeFloat = (address: Code, at: number, value: Code): Code => [
  [address, value],
  [0x38, 2, unsigned(at)],
];

function randomCode(
  e: Emitter,
  { node: { key, rate, size }, states: [offset] }: NodePlan<NodeOf<'random'>>,
  { output, now, next }: RowPlaces,
): Code {
  const state = [0, 1, 2].map(() => e.fn.number());
  const words = [0, 1, 2, 3].map(() => e.fn.number());
  const at = e.fn.number();
  const group = [
    set(words[0], shifted(get(at), 4)),
    state.map((own, k) => set(words[k + 1], get(own))),
    philox(e, words, key),
    words.map((word, k) => {
      const uniform: Code = [toFloat(shifted(get(word), 8)), f32(1 / limit), 0x94];
      const address = plus(baseOf(output), get(at));
      return storeFloat(
        address,
        output.at + k * 4,
        rate === undefined ? uniform : mask(uniform, rate),
      );
    }),
    set(at, plus(get(at), i32(groupBytes))),
  ];
  const [low, high, stream] = state;
  const after = [
    [plus(get(low), i32(1)), i32(limit - 1), 0x71],
    plus(get(high), shifted(plus(get(low), i32(1)), 24)),
    get(stream),
  ];
  return [
    state.map((own, k) => set(own, indexAt(baseOf(now), now.at + offset + k * 4))),
    after.map((value, k) => storeFloat(baseOf(next), next.at + offset + k * 4, toFloat(value))),
    [set(at, i32(0)), repeat(group, below(get(at), i32(bytesOf(size))))],
  ];
}

function mask(uniform: Code, rate: number): Code {
  const [dropped, others] = maskOf(rate);
  return choose(f32(0), f32(others), [uniform, f32(dropped), 0x5d]);
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
