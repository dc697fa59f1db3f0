import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backends } from '../../src/kernels/backends.js';
import * as i32 from '../../src/kernels/wasm/i32.js';
import * as local from '../../src/kernels/wasm/local.js';
import { product } from '../../src/kernels/wasm/product.js';
import * as v128 from '../../src/kernels/wasm/v128.js';
import { uniform } from '../golden/generate.js';
import { dataAt, runnable } from './running.js';

/** Matrices `[map][row][columns]`, of four rows a group, and what their products are added to. */
interface Problem {
  readonly columns: number;
  readonly maps: number;
  readonly groups: number;
  readonly split: number;
  readonly seed: number;
  readonly scale?: number;
}

const weightOf = (p: Problem) => {
  const all = uniform(p.seed, p.maps * p.groups * 4 * p.columns, p.scale ?? 1);
  return (map: number, row: number) => {
    const at = (map * p.groups * 4 + row) * p.columns;
    return all.subarray(at, at + p.columns);
  };
};
const vectorOf = (p: Problem) => uniform(p.seed + 1, p.columns, 1);
const startsOf = (p: Problem) => uniform(p.seed + 2, p.maps * p.groups * 4, 1);

/** The sums `[map][row]` that the compiled product makes. */
function compiled(p: Problem, relaxed = false): Float32Array {
  const { columns, maps, groups, split } = p;
  const pitch = (columns * maps + 4) * 16;
  const weightsAt = dataAt + Math.ceil(columns / 4) * 16;
  const totalsAt = weightsAt + groups * pitch;
  const size = maps * groups * 16;
  const { memory, run } = runnable(relaxed, Math.ceil((totalsAt + size) / 65536), e => {
    const totals = Array.from({ length: maps }, () =>
      Array.from({ length: groups }, () => e.fn.vector()),
    );
    const each = (codeOf: (total: number, at: number) => unknown) =>
      totals.flatMap((row, m) => row.map((total, g) => codeOf(total, (m * groups + g) * 16)));
    return [
      each((total, at) => local.set(total, v128.load(i32.const(totalsAt), at))) as number[],
      product(e, {
        weights: i32.const(0),
        weightsAt,
        pitch,
        vectors: i32.const(dataAt),
        vectorsAt: [0],
        columns,
        split,
        totals: [totals],
      }),
      each((total, at) => v128.store(i32.const(totalsAt), at, local.get(total))) as number[],
    ];
  });
  memory.set(vectorOf(p), dataAt / 4);
  const weights = weightOf(p);
  for (let m = 0; m < maps; m++) {
    for (let r = 0; r < groups * 4; r++) {
      for (const [c, w] of weights(m, r).entries()) {
        memory[(weightsAt + (r >> 2) * pitch + (c * maps + m) * 16) / 4 + (r & 3)] = w;
      }
    }
  }
  memory.set(startsOf(p), totalsAt / 4);
  run(0, 0, 0, 0);
  return memory.slice(totalsAt / 4, (totalsAt + size) / 4);
}

/** The rows, by number, with where each sum begins. */
function rowsOf(p: Problem) {
  const weights = weightOf(p);
  const height = p.groups * 4;
  return [...startsOf(p)].map((start, k) => {
    return { start, row: weights(Math.floor(k / height), k % height) };
  });
}

/** A row's sum in float32, in the order that is promised, each product rounded. */
function inOrder({ start, row }: { start: number; row: Float32Array }, x: Float32Array, n: number) {
  const f = Math.fround;
  let total = start;
  for (let from = 0; from < row.length; from += 32 * n) {
    const to = Math.min(row.length, from + 32 * n);
    const parts = Array.from({ length: n }, () => 0);
    for (let c = from; c < to; c++) {
      const k = (c - from) % n;
      parts[k] = f(parts[k] + f(row[c] * x[c]));
    }
    const tree = (terms: number[]): number =>
      terms.length === 1
        ? terms[0]
        : f(tree(terms.slice(0, terms.length / 2)) + tree(terms.slice(terms.length / 2)));
    total = f(total + tree(parts));
  }
  return total;
}

const someProblem = fc.record({
  columns: fc.oneof(
    fc.integer({ min: 1, max: 140 }),
    fc.constantFrom(31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257),
  ),
  maps: fc.integer({ min: 1, max: 4 }),
  groups: fc.integer({ min: 1, max: 3 }),
  split: fc.constantFrom(1, 2, 4, 8),
  seed: fc.nat(),
});

test('plain sums are those of the promised order, bit for bit', () => {
  const holds = (p: Problem) => {
    const x = vectorOf(p);
    const wanted = rowsOf(p).map(row => inOrder(row, x, p.split));
    expect([...compiled(p)]).toEqual(wanted);
  };
  fc.assert(fc.property(someProblem, holds), { numRuns: 120 });
});

describe.each(backends().filter(backend => backend !== 'portable'))('%s', backend => {
  const relaxed = backend.startsWith('relaxed');

  test('a row has the same bits alone and beside others, in whatever group and map', () => {
    const holds = (p: Problem) => {
      const together = compiled(p, relaxed);
      // The first four rows are the same numbers, whatever there is beside them.
      const alone = compiled({ ...p, maps: 1, groups: 1 }, relaxed);
      expect([...together.subarray(0, 4)]).toEqual([...alone]);
    };
    fc.assert(fc.property(someProblem, holds), { numRuns: 100 });
  });

  test.each([
    [257, 1],
    [257, 4],
    [2048, 1],
    [2048, 2],
    [2048, 8],
  ])('of %d columns split in %d it is within law 6 of the sum in float64', (columns, split) => {
    for (const scale of [1 / Math.sqrt(columns), 1, 1000]) {
      const p = { columns, maps: 2, groups: 2, split, seed: 7, scale };
      const x = vectorOf(p);
      const rows = rowsOf(p);
      for (const [k, y] of compiled(p, relaxed).entries()) {
        const { start, row } = rows[k];
        const exact = row.reduce((sum, w, c) => sum + w * x[c], start);
        const A = row.reduce((sum, w, c) => sum + Math.abs(w * x[c]), Math.abs(start));
        expect(Math.abs(y - exact)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(exact), A / 5));
      }
    }
  });
});
