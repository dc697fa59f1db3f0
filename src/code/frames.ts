import type { NodeOf } from '../graph/graph.js';
import { bandSums, blockOf, partsOf } from '../kernels/wasm/band-sums.js';
import { type Code, flat } from '../kernels/wasm/code.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { advance, countDown } from '../kernels/wasm/loops.js';
import { copied, zeroed } from './copies.js';
import { add, bytesOf } from './layout.js';
import { type Padded, paddedRows, type Run } from './padded.js';
import {
  addressOf,
  baseOf,
  behind,
  type Place,
  pointer,
  scratch as scratchLocal,
} from './places.js';
import type { NodePlan, Operator, RowPlaces } from './plans.js';
import type { RunNode } from './runs.js';

type ConvolutionNode = NodeOf<'convolution'>;
type ConvolutionPlan = NodePlan<ConvolutionNode>;

/** Length of the state: all channels of the frames before. */
const carriedBy = ({ past, channels, bands }: ConvolutionNode) => past * channels * bands.size;

/** Frames of bands and channels, convolved; see the operation. */
export const convolution: Operator = {
  plan(planner, node: ConvolutionNode, { block }, states) {
    const carried = carriedBy(node);
    if (carried) states.push(add(block, bytesOf(carried)));
    const { channel, inPlace, taps, outs } = paddedRows(node);
    const { groups, channels } = node;
    const outputs = outs * groups;
    const weights = (outputs * channels * taps.length) / groups;
    // Its biases are behind its weights, and its rows are in scratch.
    return {
      table: planner.take(bytesOf(weights) + bytesOf(outputs)),
      scratch: inPlace ? 0 : planner.takeScratch(channels * channel * 4),
    };
  },
  pack({ node, table }: ConvolutionPlan, params, memory) {
    const { weight, bias } = params[node.params];
    const { outs } = paddedRows(node);
    const block = blockOf(outs);
    const terms = weight.length / (outs * node.groups);
    for (let o = 0; o < outs * node.groups; o++) {
      const first = table / 4 + (o - (o % block)) * terms + (o % block);
      for (let k = 0; k < terms; k++) memory[first + k * block] = weight[o * terms + k];
    }
    memory.set(bias ?? new Float32Array(outs * node.groups), (table + bytesOf(weight.length)) / 4);
  },
  code: convolutionCode,
  run(planner, node: ConvolutionNode, { block, states }) {
    const [first, carried] = [block.size, carriedBy(node)];
    block.size += carried;
    if (carried) states.push(first);
    return convolving(node, planner.params[node.params], first);
  },
};

function convolutionCode(
  e: Emitter,
  { node, table, states: [at], scratch: rows = 0 }: ConvolutionPlan,
  { inputs: [input], output, now, next }: RowPlaces,
): Code {
  const { channels, groups, bands, past } = node;
  const padded = paddedRows(node);
  const { taps, channel, outs, inPlace, turns } = padded;
  const own = inPlace ? input : { local: scratchLocal, at: rows, stride: 0 };
  const sums = bandSums(e, {
    rows: { base: baseOf(own), at: own.at },
    output: { base: baseOf(output), at: output.at },
    weightsAt: table,
    biasesAt: table + bytesOf(outs * channels * taps.length),
    ...{ groups, ins: channels / groups, outs, turns, bands: padded.bands },
    taps: taps.map(tap => tap * 4),
    channel: channel * 4,
    turn: padded.turn * 4,
  });
  if (inPlace) return sums;
  const state = behind(now, at);
  const after = behind(next, at);
  const frame = channels * bands.size;
  return [
    gathered(e, node, padded, input, state, own),
    sums,
    past
      ? [
          copied(e, behind(state, frame * 4), after, (past - 1) * frame),
          copied(e, input, behind(after, (past - 1) * frame * 4), frame),
        ]
      : [],
  ];
}

/** Puts all that a convolution reads into its rows. */
function gathered(
  e: Emitter,
  { channels, frames, bands, past }: ConvolutionNode,
  { frames: sources, pitch, channel, runs }: Padded,
  input: Place,
  state: Place,
  rows: Place,
): Code {
  const { size } = bands;
  const [given, before, to, left] = e.fn.numbers(4);
  const isPlain = bands.stride === 1 && bands.spread === 1;
  const rowCode = (source: number, r: number): Code => {
    const row = behind(pointer(to), r * pitch * 4);
    if (source < 0) return isPlain ? zeroed(e, row, pitch) : [];
    const frame =
      source < past
        ? behind(pointer(before), source * channels * size * 4)
        : behind(pointer(given), (source - past) * size * 4);
    const parts = runs.map(({ at, to, count }) =>
      copied(e, behind(frame, at * 4), behind(row, to * 4), count),
    );
    if (!isPlain) return runs.map(run => strided(e, frame, row, run));
    const [{ to: begin, count } = { to: pitch, count: 0 }] = runs;
    const end = begin + count;
    return [zeroed(e, row, begin), parts, zeroed(e, behind(row, end * 4), pitch - end)];
  };
  return [
    isPlain ? [] : zeroed(e, rows, channels * channel),
    local.set(given, addressOf(input)),
    past ? local.set(before, addressOf(state)) : [],
    [local.set(to, addressOf(rows)), local.set(left, i32.const(channels))],
    countDown(left, [
      sources.map((source, r) => flat(e.fn.scope(() => rowCode(source, r)))),
      advance(given, (frames.size - past) * size * 4),
      past ? advance(before, size * 4) : [],
      advance(to, channel * 4),
    ]),
  ];
}

/** Numbers that go from places to places that are so many apart. */
function strided(e: Emitter, from: Place, to: Place, run: Run): Code {
  const [source, target, left] = e.fn.numbers(3);
  return [
    local.set(source, addressOf(behind(from, run.at * 4))),
    [local.set(target, addressOf(behind(to, run.to * 4))), local.set(left, i32.const(run.count))],
    countDown(left, [
      i32.store(local.get(target), 0, i32.load(local.get(source), 0)),
      [advance(source, run.step * 4), advance(target, run.stride * 4)],
    ]),
  ];
}

/** The same sums in the same order, rounded as often, one after another. */
function convolving(
  node: ConvolutionNode,
  { weight, bias }: Readonly<Record<string, Float32Array>>,
  first: number,
): RunNode {
  const { channels, groups, bands, past } = node;
  const padded = paddedRows(node);
  const { taps, outs, channel, turns, inPlace } = padded;
  const ins = channels / groups;
  const { channels: together, pieces } = partsOf(ins, taps.length);
  const frame = channels * bands.size;
  const rows = new Float32Array(inPlace ? 0 : channels * channel);
  const gather = gathering(node, padded, rows);
  /** Output `o` at a place of its group's rows. */
  const sumAt = (from: Float32Array, at: number, o: number) => {
    let total = bias?.[o] ?? 0;
    for (let c = 0; c < ins; c += together) {
      const end = Math.min(ins, c + together);
      for (const [begin, last] of pieces) {
        let part = 0;
        for (let i = c; i < end; i++) {
          for (let t = begin; t < last; t++) {
            const factor = weight[(o * ins + i) * taps.length + t];
            part = Math.fround(part + Math.fround(factor * from[at + i * channel + taps[t]]));
          }
        }
        total = Math.fround(total + part);
      }
    }
    return total;
  };
  return (memory, _, [x], now, next, y) => {
    if (!inPlace) gather(memory, x, now + first);
    const [from, begin] = inPlace ? [memory, x] : [rows, 0];
    let to = y;
    for (let o = 0; o < outs * groups; o++) {
      const own = begin + Math.floor(o / outs) * ins * channel;
      for (let t = 0; t < turns; t++) {
        const at = own + t * padded.turn;
        for (let m = 0; m < padded.bands; m++) memory[to++] = sumAt(from, at + m, o);
      }
    }
    if (past) {
      const last = next + first + (past - 1) * frame;
      memory.copyWithin(next + first, now + first + frame, now + first + past * frame);
      memory.copyWithin(last, x, x + frame);
    }
    return 0;
  };
}

/** Puts what a convolution reads into its rows, in which the zeros never change. */
function gathering(
  { channels, frames, bands: { size }, past }: ConvolutionNode,
  { frames: sources, pitch, channel, runs }: Padded,
  rows: Float32Array,
) {
  return (memory: Float32Array, x: number, state: number) => {
    for (let c = 0; c < channels; c++) {
      for (let r = 0; r < sources.length; r++) {
        const source = sources[r];
        if (source < 0) continue;
        const begin =
          source < past
            ? state + (source * channels + c) * size
            : x + (c * (frames.size - past) + source - past) * size;
        for (const { at, step, to, stride, count } of runs) {
          const target = c * channel + r * pitch + to;
          for (let i = 0; i < count; i++) {
            rows[target + i * stride] = memory[begin + at + i * step];
          }
        }
      }
    }
  };
}
