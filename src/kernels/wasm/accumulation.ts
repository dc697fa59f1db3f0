import type { Code } from './code.js';
import type { Emitter } from './emitter.js';
import * as i32 from './i32.js';
import * as local from './local.js';
import { advance, countDown, repeat } from './loops.js';
import * as v128 from './v128.js';

/** Vectors one after another: a pointer, the rest of the address, and the stride, in bytes. */
export interface Terms {
  readonly base: Code;
  readonly at: number;
  readonly stride: number;
}

/** Where the numbers of an accumulation lie. */
export interface Accumulation {
  /** The matrix that is read, and that is written: they may be the same. */
  readonly now: Omit<Terms, 'stride'>;
  readonly next: Omit<Terms, 'stride'>;
  readonly rows: number;
  readonly columns: number;
  /** a; without, it is 1. */
  readonly left?: Terms | undefined;
  readonly right: Terms;
  /** Of both: at least one. */
  readonly count: Code;
}

/**
 * Next = now + Σ a bᵀ, matrices `[rows, columns]` row after row, the first term first. Four rows
 * and eight columns are in registers over all terms. Up to three floats behind the matrix are read.
 */
export function accumulation(e: Emitter, p: Accumulation): Code {
  const [now, next, row, column] = e.fn.numbers(4);
  const [rowEnd, columnEnd] = e.fn.numbers(2);
  const addresses = { now, next, row, column };
  const rest = p.columns % 8;

  /** Some rows, over all columns, eight at a time. */
  const band = (rows: number): Code => {
    const tile = (columns: number) => [
      e.fn.scope(() => tileCode(e, p, addresses, rows, columns)),
      [now, next, column].map(pointer => advance(pointer, columns * 4)),
    ];
    const between = (rows - 1) * p.columns * 4;
    return [
      local.set(column, p.right.base),
      local.set(columnEnd, i32.add(p.right.base, i32.const((p.columns - rest) * 4))),
      p.columns >= 8 ? repeat(tile(8), i32.ltU(local.get(column), local.get(columnEnd))) : [],
      rest ? tile(rest) : [],
      [now, next].map(pointer => advance(pointer, between)),
      advance(row, rows * 4),
    ];
  };
  const left = p.left?.base ?? i32.const(0);
  const wholeBands = p.rows - (p.rows % 4);
  return [
    [local.set(now, p.now.base), local.set(next, p.next.base), local.set(row, left)],
    local.set(rowEnd, i32.add(left, i32.const(wholeBands * 4))),
    wholeBands ? repeat(band(4), i32.ltU(local.get(row), local.get(rowEnd))) : [],
    p.rows % 4 ? band(p.rows % 4) : [],
  ];
}

/** Some rows and up to eight columns, over all terms. */
function tileCode(
  e: Emitter,
  { now, next, left, right, columns: width, count }: Accumulation,
  begin: Readonly<Record<'now' | 'next' | 'row' | 'column', number>>,
  rows: number,
  columns: number,
): Code {
  const [a, b, terms] = e.fn.numbers(3);
  const groups = Array.from({ length: Math.ceil(columns / 4) }, (_, g) => g);
  const factors = groups.map(() => e.fn.vector());
  const factor = e.fn.vector();
  const sums = Array.from({ length: rows }, () => groups.map(() => e.fn.vector()));
  const eachSum = (codeOf: (sum: number, at: number, columns: number) => Code) =>
    sums.map((own, r) => own.map((sum, g) => codeOf(sum, r * width * 4 + g * 16, columns - g * 4)));
  return [
    eachSum((sum, at) => local.set(sum, v128.load(local.get(begin.now), now.at + at))),
    [
      local.set(a, local.get(begin.row)),
      local.set(b, local.get(begin.column)),
      local.set(terms, count),
    ],
    countDown(terms, [
      factors.map((own, g) => local.set(own, v128.load(local.get(b), right.at + g * 16))),
      sums.map((own, r) => [
        local.set(factor, left ? v128.load32Splat(local.get(a), left.at + r * 4) : e.constant(1)),
        own.map((sum, g) =>
          local.set(sum, e.multiplyAdd(local.get(factor), local.get(factors[g]), local.get(sum))),
        ),
      ]),
      advance(a, left?.stride ?? 0),
      advance(b, right.stride),
    ]),
    eachSum((sum, at, left) =>
      left >= 4
        ? v128.store(local.get(begin.next), next.at + at, local.get(sum))
        : Array.from({ length: left }, (_, lane) =>
            v128.store32Lane(local.get(begin.next), next.at + at + lane * 4, local.get(sum), lane),
          ),
    ),
  ];
}
