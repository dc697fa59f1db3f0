import type { Emitter } from './emitter.js';
import { below, type Code, f32x4, get, i32, load, loadSplat, plus, repeat, set } from './module.js';

/** Columns of one partial sum: a single running float32 sum over more loses too many bits. */
const longestSum = 32;
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
  const [weights, vector, end, last] = [0, 0, 0, 0].map(() => e.fn.number());
  const components = p.vectorsAt.map(() => e.fn.vector());
  const weight = p.vectorsAt.length > 1 ? e.fn.vector() : undefined;
  const rows = rowsOf(e, p);
  const sums = rows.flatMap(row => row.sums);
  const round = split * Math.max(1, Math.floor(registers / (sums.length * split)) - 1);
  const longest = longestSum * split;

  /** The next columns, after which the pointers have moved on. */
  const some = (count: number): Code => [
    Array.from({ length: count }, (_, k) => [
      components.map((own, v) => set(own, loadSplat(get(vector), p.vectorsAt[v] + k * 4))),
      rows.map(({ at, sums }) => {
        const loaded = load(get(weights), at + k * p.totals[0].length * 16);
        const parts = sums.map(sum => sum.parts[k % split]);
        return multiplied(e, loaded, weight, components, parts);
      }),
    ]),
    set(weights, plus(get(weights), i32(count * p.totals[0].length * 16))),
    set(vector, plus(get(vector), i32(count * 4))),
  ];
  /** A sum of so many columns, added to the totals; its parts are added up as a tree. */
  const block = (count: number): Code => {
    const rest = count % round;
    return [
      sums.map(({ parts }) => parts.map(part => set(part, e.constant(0)))),
      count > rest ? until(vector, end, count - rest, some(round)) : [],
      rest ? some(rest) : [],
      sums.map(({ total, parts }) => set(total, f32x4.add(get(total), tree(parts.map(get))))),
    ];
  };
  const rest = columns % longest;
  return [
    [set(weights, p.weights), set(vector, p.vectors)],
    columns > rest ? until(vector, last, columns - rest, block(longest)) : [],
    rest ? block(rest) : [],
  ];
}

/** Code that is run until the pointer is so many floats on, which `end` is to hold. */
const until = (pointer: number, end: number, count: number, body: Code): Code => [
  set(end, plus(get(pointer), i32(count * 4))),
  repeat(body, below(get(pointer), get(end))),
];

/** Of each row group of each map where its weights are, and its sums: one for each vector. */
function rowsOf(e: Emitter, { totals, weightsAt, pitch, split }: Product) {
  return totals[0].flatMap((groups, map) =>
    groups.map((_, group) => ({
      at: weightsAt + group * pitch + map * 16,
      sums: totals.map(own => ({
        total: own[map][group],
        parts: Array.from({ length: split }, () => e.fn.vector()),
      })),
    })),
  );
}

/** parts += weights · components; for several of them the weights are kept in a local. */
function multiplied(
  e: Emitter,
  weights: Code,
  local: number | undefined,
  components: readonly number[],
  parts: readonly number[],
): Code {
  const factor = local === undefined ? weights : get(local);
  return [
    local === undefined ? [] : set(local, weights),
    parts.map((part, v) => set(part, e.multiplyAdd(factor, get(components[v]), get(part)))),
  ];
}

/** Terms added up in pairs. */
function tree(terms: readonly Code[]): Code {
  const half = terms.length / 2;
  if (half < 1) return terms[0];
  return f32x4.add(tree(terms.slice(0, half)), tree(terms.slice(half)));
}
