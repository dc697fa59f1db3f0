import type { Emitter } from './emitter.js';
import {
  below,
  type Code,
  get,
  i32,
  load,
  loadSplat,
  minus,
  plus,
  repeat,
  set,
  store,
  unsigned,
} from './module.js';

/** Stores one float of v. */
const storeLane = (address: Code, at: number, v: Code, lane: number): Code => [
  [address, v],
  [0xfd, 0x5a, 2, unsigned(at), lane],
];

/**
 * Vectors one after another: a pointer, the rest of the address, and what lies between, in bytes.
 */
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
  const [now, next, row, column] = [0, 0, 0, 0].map(() => e.fn.number());
  const [rowEnd, columnEnd] = [0, 0].map(() => e.fn.number());
  const addresses = { now, next, row, column };
  const move = (local: number, bytes: number) => set(local, plus(get(local), i32(bytes)));
  const rest = p.columns % 8;

  /** So many rows: all columns, eight at a time. */
  const some = (rows: number): Code => {
    const tile = (columns: number) => [
      e.fn.scope(() => tileCode(e, p, addresses, rows, columns)),
      [now, next, column].map(local => move(local, columns * 4)),
    ];
    const between = (rows - 1) * p.columns * 4;
    return [
      set(column, p.right.base),
      set(columnEnd, plus(p.right.base, i32((p.columns - rest) * 4))),
      p.columns >= 8 ? repeat(tile(8), below(get(column), get(columnEnd))) : [],
      rest ? tile(rest) : [],
      [now, next].map(local => move(local, between)),
      move(row, rows * 4),
    ];
  };
  const left = p.left?.base ?? i32(0);
  const wholes = p.rows - (p.rows % 4);
  return [
    [set(now, p.now.base), set(next, p.next.base), set(row, left)],
    set(rowEnd, plus(left, i32(wholes * 4))),
    wholes ? repeat(some(4), below(get(row), get(rowEnd))) : [],
    p.rows % 4 ? some(p.rows % 4) : [],
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
  const [a, b, terms] = [0, 0, 0].map(() => e.fn.number());
  const groups = Array.from({ length: Math.ceil(columns / 4) }, (_, g) => g);
  const factors = groups.map(() => e.fn.vector());
  const factor = e.fn.vector();
  const sums = Array.from({ length: rows }, () => groups.map(() => e.fn.vector()));
  const eachSum = (codeOf: (sum: number, at: number, columns: number) => Code) =>
    sums.map((own, r) => own.map((sum, g) => codeOf(sum, r * width * 4 + g * 16, columns - g * 4)));
  return [
    eachSum((sum, at) => set(sum, load(get(begin.now), now.at + at))),
    [set(a, get(begin.row)), set(b, get(begin.column)), set(terms, count)],
    repeat(
      [
        factors.map((own, g) => set(own, load(get(b), right.at + g * 16))),
        sums.map((own, r) => [
          set(factor, left ? loadSplat(get(a), left.at + r * 4) : e.constant(1)),
          own.map((sum, g) => set(sum, e.multiplyAdd(get(factor), get(factors[g]), get(sum)))),
        ]),
        set(a, plus(get(a), i32(left?.stride ?? 0))),
        set(b, plus(get(b), i32(right.stride))),
        set(terms, minus(get(terms), i32(1))),
      ],
      get(terms),
    ),
    eachSum((sum, at, left) =>
      left >= 4
        ? store(get(begin.next), next.at + at, get(sum))
        : Array.from({ length: left }, (_, lane) =>
            storeLane(get(begin.next), next.at + at + lane * 4, get(sum), lane),
          ),
    ),
  ];
}
