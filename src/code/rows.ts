import type { NodeOf } from '../graph/graph.js';
import type { Code } from '../kernels/wasm/code.js';
import * as control from '../kernels/wasm/control.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as f32 from '../kernels/wasm/f32.js';
import * as f32x4 from '../kernels/wasm/f32x4.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { eachOffset } from '../kernels/wasm/loops.js';
import * as v128 from '../kernels/wasm/v128.js';
import { copied } from './copies.js';
import { bytesOf, groupBytes } from './layout.js';
import { baseOf, behind, type Place } from './places.js';
import type { NodePlan, Operator, RowPlaces } from './plans.js';
import type { RunNode } from './runs.js';

/** Vectors added up or multiplied, element by element. */
export const combine: Operator = {
  code: combinationCode,
  run: (_, node) => combining(node),
};

/** Numbers in another order, from several vectors, and from steps before. */
export const move: Operator = {
  code: moveCode,
  run: (_, node, { first = 0 }) => moving(node, first),
};

/** A row of a table by its index; refuses a number that is not the index of a row. */
export const row: Operator = {
  plan: (planner, { rows, size }: NodeOf<'row'>) => ({
    table: planner.take(rows * bytesOf(size)),
  }),
  pack({ node: { params, rows, size }, table }: NodePlan<NodeOf<'row'>>, all, memory) {
    for (let i = 0; i < rows; i++) {
      const row = all[params].weight.subarray(i * size, (i + 1) * size);
      memory.set(row, (table + i * bytesOf(size)) / 4);
    }
  },
  code: rowCode,
  run(planner, node: NodeOf<'row'>, _, number) {
    return lookingUp(node, planner.params[node.params].weight, number);
  },
  refusal({ rows }: NodeOf<'row'>, index) {
    const isIndex = Number.isInteger(index) && index >= 0 && index < rows;
    return isIndex ? undefined : `a whole number from 0 to ${rows - 1}`;
  },
};

function combinationCode(
  e: Emitter,
  { node: { op, size, half } }: NodePlan<NodeOf<'add' | 'multiply'>>,
  { inputs, output }: RowPlaces,
): Code {
  const offset = e.fn.number();
  const read = (place: Place) => v128.load(i32.add(baseOf(place), local.get(offset)), place.at);
  const combineVectors = op === 'add' ? f32x4.add : f32x4.mul;
  const [first, ...others] = inputs;
  const all = others.reduce<Code>((left, place) => combineVectors(left, read(place)), read(first));
  const value = half ? f32x4.mul(all, e.constant(0.5)) : all;
  const store = v128.store(i32.add(baseOf(output), local.get(offset)), output.at, value);
  return eachOffset(offset, groupBytes, bytesOf(size), store);
}

function moveCode(
  e: Emitter,
  { node, states: [from = 0] }: NodePlan<NodeOf<'move'>>,
  { inputs, output, now, next }: RowPlaces,
): Code {
  const { moves, state, size } = node;
  return [
    gapsOf(node).map(at => i32.store(baseOf(output), output.at + at * 4, i32.const(0))),
    moves.map(move => {
      const source = move.from < 0 ? behind(now, from) : inputs[move.from];
      return copied(e, behind(source, move.at * 4), behind(output, move.to * 4), move.count);
    }),
    state ? copied(e, behind(output, (size - state) * 4), behind(next, from), state) : [],
  ];
}

/** Places that nothing moves to. */
function gapsOf({ moves, size }: NodeOf<'move'>): number[] {
  const isMoved = new Uint8Array(size);
  for (const { to, count } of moves) isMoved.fill(1, to, to + count);
  return [...isMoved.keys()].filter(i => !isMoved[i]);
}

function rowCode(
  e: Emitter,
  { node: { rows, size }, table, number }: NodePlan<NodeOf<'row'>>,
  { inputs: [input], output }: RowPlaces,
): Code {
  const [index, row] = [e.fn.number(), e.fn.number()];
  const x = f32.load(baseOf(input), input.at);
  const isWhole = f32.eq(x, f32.convertI32U(local.get(index)));
  const isIndex = i32.and(isWhole, i32.ltU(local.get(index), i32.const(rows)));
  return [
    local.set(index, i32.truncSatF32U(x)),
    control.if(i32.eqz(isIndex), control.return(i32.const(number))),
    local.set(row, i32.add(e.weights, i32.mul(local.get(index), i32.const(bytesOf(size))))),
    copied(e, { local: row, at: table, stride: 0 }, output, size),
  ];
}

function combining({ op, size, half }: NodeOf<'add' | 'multiply'>): RunNode {
  return (memory, _, from, _now, _next, y) => {
    for (let k = 0; k < from.length; k++) {
      for (let i = 0; i < size; i++) {
        const x = memory[from[k] + i];
        const before = memory[y + i];
        memory[y + i] = k === 0 ? x : op === 'add' ? before + x : before * x;
      }
    }
    if (half) for (let i = 0; i < size; i++) memory[y + i] /= 2;
    return 0;
  };
}

function moving(node: NodeOf<'move'>, first: number): RunNode {
  const { moves, size, state } = node;
  const gaps = gapsOf(node);
  return (memory, _, inputs, now, next, y) => {
    for (let k = 0; k < gaps.length; k++) memory[y + gaps[k]] = 0;
    for (const { from, at, to, count } of moves) {
      const start = (from < 0 ? now + first : inputs[from]) + at;
      memory.copyWithin(y + to, start, start + count);
    }
    if (state) memory.copyWithin(next + first, y + size - state, y + size);
    return 0;
  };
}

function lookingUp({ rows, size }: NodeOf<'row'>, table: Float32Array, number: number): RunNode {
  return (memory, _, [from], _now, _next, y) => {
    const index = memory[from];
    if (!(index >= 0 && index < rows) || index % 1) return number;
    for (let i = 0; i < size; i++) memory[y + i] = table[index * size + i];
    return 0;
  };
}
