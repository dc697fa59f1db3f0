import type { Code } from './code.js';
import * as control from './control.js';
import type { Emitter } from './emitter.js';
import * as f32x4 from './f32x4.js';
import * as i32 from './i32.js';
import * as local from './local.js';
import { advance, countDown } from './loops.js';
import { longestSum } from './product.js';
import * as v128 from './v128.js';

/** Where the numbers of a convolution over bands lie; offsets and distances in bytes. */
export interface BandSums {
  /** Base pointers, and the rest of the addresses. */
  readonly rows: Base;
  readonly output: Base;
  /** `[group][block of outputs][input][tap][output of the block]`, and `[group][output]`. */
  readonly weightsAt: number;
  readonly biasesAt: number;
  readonly groups: number;
  /** Inputs and outputs of a group. */
  readonly ins: number;
  readonly outs: number;
  /** Frames of outputs, and bands in each. */
  readonly turns: number;
  readonly bands: number;
  /** Where each tap is from the first window of a channel's rows on. */
  readonly taps: readonly number[];
  /** From one channel's rows, and from one frame of outputs, to those of the next. */
  readonly channel: number;
  readonly turn: number;
}

interface Base {
  readonly base: Code;
  readonly at: number;
}

/** Outputs of a group that are worked out together, so that what they read is loaded once. */
export const blockOf = (outs: number) => [4, 3, 2, 1].find(n => outs % n === 0) as number;

/** Sums under way at a time: a processor of 16 registers holds them and their operands. */
const sumsAtOnce = 8;

/** Channels and taps of each partial sum: of several channels, or of some taps of one. */
export function partsOf(ins: number, taps: number) {
  const channels = Math.min(ins, Math.max(1, Math.floor(longestSum / taps)));
  const pieces = Array.from({ length: Math.ceil(taps / longestSum) }, (_, k) => {
    return [k * longestSum, Math.min(taps, (k + 1) * longestSum)] as const;
  });
  return { channels, pieces };
}

/** Locals of addresses: of a block's weights and biases, of the rows and the output of a frame. */
interface Addresses {
  readonly weights: number;
  readonly biases: number;
  readonly from: number;
  readonly to: number;
  /** Bytes to the first band of a round. */
  readonly offset: number;
}

/**
 * Output = bias + Σ weight · row, over channels and, in each, over taps in their order, in partial
 * sums; four bands are the lanes of a vector. Which bands share a vector changes no sum, so the
 * last vectors of a row may begin among bands that are done.
 */
export function bandSums(e: Emitter, p: BandSums): Code {
  const { ins, outs, turns, bands, taps, channel } = p;
  const block = blockOf(outs);
  const [weights, biases, group, output, from, to, offset] = e.fn.numbers(7);
  const rounds = roundsCode(e, p, { weights, biases, from, to, offset }, block);
  const row = turns * bands * 4;
  const eachTurn = [
    [local.set(from, local.get(group)), local.set(to, local.get(output))],
    times(e, turns, [rounds, advance(from, p.turn), advance(to, bands * 4)]),
  ];
  const eachBlock = times(e, outs / block, [
    eachTurn,
    advance(weights, ins * taps.length * block * 4),
    advance(biases, block * 4),
    advance(output, block * row),
  ]);
  return [
    local.set(weights, i32.add(e.weights, i32.const(p.weightsAt))),
    local.set(biases, i32.add(e.weights, i32.const(p.biasesAt))),
    local.set(group, i32.add(p.rows.base, i32.const(p.rows.at))),
    local.set(output, i32.add(p.output.base, i32.const(p.output.at))),
    times(e, p.groups, [eachBlock, advance(group, ins * channel)]),
  ];
}

function times({ fn }: Emitter, count: number, body: Code): Code {
  if (count === 1) return body;
  const left = fn.number();
  return [local.set(left, i32.const(count)), countDown(left, body)];
}

/** Some outputs at all bands of a frame, a few vectors at a time; the last end with the row. */
function roundsCode(e: Emitter, p: BandSums, at: Addresses, block: number): Code {
  const vectors = Math.ceil(p.bands / 4);
  const rounds = Math.ceil(vectors / Math.floor(sumsAtOnce / block));
  const width = Math.ceil(vectors / rounds);
  const { offset } = at;
  const last = i32.const((p.bands - width * 4) * 4);
  const next = e.fn.number();
  const forward = [
    local.set(next, i32.add(local.get(offset), i32.const(width * 16))),
    local.set(offset, control.select(local.get(next), last, i32.ltU(local.get(next), last))),
  ];
  const round = blockCode(e, p, at, block, width);
  return [
    local.set(offset, i32.const(0)),
    rounds === 1 ? round : times(e, rounds, [round, forward]),
  ];
}

/** Some outputs at some bands of a frame. */
function blockCode(e: Emitter, p: BandSums, at: Addresses, block: number, width: number): Code {
  const { ins, bands, taps } = p;
  const [weights, x, y] = e.fn.numbers(3);
  const lasting = Math.max(0, bands - 4) * 4;
  // Where a row has but these vectors, the last one begins early enough to end with it.
  const offsets = Array.from({ length: width }, (_, k) =>
    bands < width * 4 ? Math.min(k * 16, lasting) : k * 16,
  );
  const { channels, pieces } = partsOf(ins, taps.length);
  const isOne = channels === ins && pieces.length === 1;
  const vectors = () => Array.from({ length: block }, () => e.fn.vectors(width));
  const parts = vectors();
  const totals = isOne ? undefined : vectors();
  const sums = { parts, totals, offsets, weights, x };
  const chunk = (count: number) => chunkCode(e, p, sums, count);
  const rest = ins % channels;
  const eachSum = (codeOf: (part: number, o: number, k: number) => Code) =>
    (totals ?? parts).map((row, o) => row.map((sum, k) => codeOf(sum, o, k)));
  const bias = (o: number) => v128.load32Splat(local.get(at.biases), o * 4);
  const row = p.turns * bands * 4;
  return [
    local.set(x, i32.add(local.get(at.from), local.get(at.offset))),
    local.set(y, i32.add(local.get(at.to), local.get(at.offset))),
    local.set(weights, local.get(at.weights)),
    totals ? eachSum((total, o) => local.set(total, bias(o))) : [],
    times(e, (ins - rest) / channels, chunk(channels)),
    rest ? chunk(rest) : [],
    eachSum((sum, o, k) => {
      const value = totals ? local.get(sum) : f32x4.add(bias(o), local.get(sum));
      return stored(e, y, o * row + offsets[k], value, Math.min(4, bands));
    }),
  ];
}

/** The sums of a block: locals `[output][vector]` of the parts and, if there are more, totals. */
interface BlockSums {
  readonly parts: readonly (readonly number[])[];
  readonly totals: readonly (readonly number[])[] | undefined;
  /** Of the vectors. */
  readonly offsets: readonly number[];
  /** Locals of addresses: of the weights, and of a channel's rows. */
  readonly weights: number;
  readonly x: number;
}

/** A partial sum of so many channels, or the partial sums of one that has many taps. */
function chunkCode(e: Emitter, p: BandSums, sums: BlockSums, count: number): Code {
  const { parts, totals, weights, x } = sums;
  const { ins, taps, channel } = p;
  const { pieces } = partsOf(ins, taps.length);
  const zero = parts.flat().map(part => local.set(part, e.constant(0)));
  const added = totals?.flat().map((total, i) => {
    const sum = f32x4.add(local.get(total), local.get(parts.flat()[i]));
    return local.set(total, sum);
  });
  const add = added ?? [];
  const next = [advance(x, channel), advance(weights, taps.length * parts.length * 4)];
  const pieceCode = ([from, to]: readonly [number, number]) =>
    taps.slice(from, to).map((tap, k) => tapCode(e, sums, tap, from + k));
  if (pieces.length > 1) return [pieces.map(piece => [zero, pieceCode(piece), add]), next];
  return [zero, times(e, count, [pieceCode(pieces[0]), next]), add];
}

/** What one tap adds. */
function tapCode(e: Emitter, sums: BlockSums, tap: number, t: number): Code {
  const { parts, offsets, weights, x } = sums;
  return e.fn.scope(() => {
    const weight = e.fn.vector();
    const values = e.fn.vectors(offsets.length);
    return [
      values.map((own, k) => local.set(own, v128.load(local.get(x), tap + offsets[k]))),
      parts.map((row, o) => [
        local.set(weight, v128.load32Splat(local.get(weights), (t * parts.length + o) * 4)),
        row.map((part, k) => {
          const sum = e.multiplyAdd(local.get(weight), local.get(values[k]), local.get(part));
          return local.set(part, sum);
        }),
      ]),
    ];
  });
}

/** Stores so many bands of a vector. */
function stored(e: Emitter, to: number, at: number, value: Code, bands: number): Code {
  if (bands === 4) return v128.store(local.get(to), at, value);
  const [keep, kept] = e.keep(value);
  const lanes = Array.from({ length: bands }, (_, lane) =>
    v128.store32Lane(local.get(to), at + lane * 4, kept, lane),
  );
  return [keep, lanes];
}
