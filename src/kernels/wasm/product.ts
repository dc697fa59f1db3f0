import type { Code } from './code.js';
import type { Emitter } from './emitter.js';
import * as f32x4 from './f32x4.js';
import * as local from './local.js';
import { advance, until } from './loops.js';
import * as v128 from './v128.js';

/** Terms of one partial sum: a single running float32 sum over more loses too many bits. */
export const longestSum = 32;
/**
 * Vectors that one round of the loop loads and adds to: what a processor of 16 registers holds. An
 * engine may load all that a round needs before it adds, and would spill the rest.
 */
const registers = 13;

/** Where the numbers of a product lie: a pointer, and the rest of the address in bytes. */
export interface Product {
  /** To the first row group's weights: `[group][column][map]`, four rows each. */
  readonly weights: Code;
  readonly weightsAt: number;
  /** Bytes from one row group to the next. */
  readonly pitch: number;
  /** To the vectors, of which each is so many bytes on. */
  readonly vectors: Code;
  readonly vectorsAt: readonly number[];
  readonly columns: number;
  /** Sums over every split-th column are kept apart, so that more of them are under way. */
  readonly split: number;
  /** Locals of the sums that are added to, for each vector `[map][group]`. */
  readonly totals: readonly (readonly (readonly number[])[])[];
}

/**
 * totals += weights · vector, for some groups of four rows; a component is loaded once for all of
 * them, and weights are loaded once for all vectors. The order of the additions follows from
 * columns and split alone: whoever computes a sum, for one step, in a sequence or in a batch, gets
 * the same bits.
 */
export function product(e: Emitter, p: Product): Code {
  const { columns, split } = p;
  const [weights, vector, end, last] = e.fn.numbers(4);
  const components = p.vectorsAt.map(() => e.fn.vector());
  const weight = p.vectorsAt.length > 1 ? e.fn.vector() : undefined;
  const rows = rowsOf(e, p);
  const sums = rows.flatMap(row => row.sums);
  const round = split * Math.max(1, Math.floor(registers / (sums.length * split)) - 1);
  const longest = longestSum * split;

  /** The next columns, after which the pointers have moved on. */
  const someColumns = (count: number): Code => [
    Array.from({ length: count }, (_, k) => [
      components.map((own, v) =>
        local.set(own, v128.load32Splat(local.get(vector), p.vectorsAt[v] + k * 4)),
      ),
      rows.map(({ at, sums }) => {
        const loaded = v128.load(local.get(weights), at + k * p.totals[0].length * 16);
        const parts = sums.map(sum => sum.parts[k % split]);
        return multiplied(e, loaded, weight, components, parts);
      }),
    ]),
    advance(weights, count * p.totals[0].length * 16),
    advance(vector, count * 4),
  ];
  /** A sum of so many columns, added to the totals; its parts are added up as a tree. */
  const block = (count: number): Code => {
    const rest = count % round;
    return [
      sums.map(({ parts }) => parts.map(part => local.set(part, e.constant(0)))),
      count > rest ? until(end, vector, (count - rest) * 4, someColumns(round)) : [],
      rest ? someColumns(rest) : [],
      sums.map(({ total, parts }) =>
        local.set(total, f32x4.add(local.get(total), tree(parts.map(local.get)))),
      ),
    ];
  };
  const rest = columns % longest;
  return [
    [local.set(weights, p.weights), local.set(vector, p.vectors)],
    columns > rest ? until(last, vector, (columns - rest) * 4, block(longest)) : [],
    rest ? block(rest) : [],
  ];
}

/** Of each row group of each map where its weights are, and its sums: one for each vector. */
function rowsOf(e: Emitter, { totals, weightsAt, pitch, split }: Product) {
  return totals[0].flatMap((groups, map) =>
    groups.map((_, group) => ({
      at: weightsAt + group * pitch + map * 16,
      sums: totals.map(own => ({
        total: own[map][group],
        parts: e.fn.vectors(split),
      })),
    })),
  );
}

/** parts += weights · components; if there is a `kept` local, it holds the weights for several. */
function multiplied(
  e: Emitter,
  weights: Code,
  kept: number | undefined,
  components: readonly number[],
  parts: readonly number[],
): Code {
  const factor = kept === undefined ? weights : local.get(kept);
  return [
    kept === undefined ? [] : local.set(kept, weights),
    parts.map((part, v) =>
      local.set(part, e.multiplyAdd(factor, local.get(components[v]), local.get(part))),
    ),
  ];
}

/** Terms added up in pairs. */
function tree(terms: readonly Code[]): Code {
  const half = terms.length / 2;
  if (half < 1) return terms[0];
  return f32x4.add(tree(terms.slice(0, half)), tree(terms.slice(half)));
}
