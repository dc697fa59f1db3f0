import { expect, test } from 'vitest';
import { Slab } from '../../src/arrays/slab.js';

test('vectors of a slab are zeroed, of the asked length and share no element', () => {
  const slab = new Slab();
  const vectors = Array.from({ length: 5000 }, (_, i) => slab.take(17 + (i % 3)));
  for (const [i, vector] of vectors.entries()) {
    expect(vector).toHaveLength(17 + (i % 3));
    expect(vector.every(v => v === 0)).toBe(true);
    vector.fill(i + 1);
  }
  for (const [i, vector] of vectors.entries()) expect(vector.every(v => v === i + 1)).toBe(true);
});

test('small vectors and large ones have buffers to themselves', () => {
  const slab = new Slab();
  for (const n of [0, 1, 16, 2049, 100_000]) {
    expect(slab.take(n).buffer.byteLength).toBe(4 * n);
  }
});

/** How many of these vectors, in a row, have the same buffer. */
function runs(vectors: readonly Float32Array[]): number[] {
  const counts: number[] = [];
  for (const [i, { buffer }] of vectors.entries()) {
    if (i && buffer === vectors[i - 1].buffer) counts[counts.length - 1]++;
    else counts.push(1);
  }
  return counts;
}

test('between them one has a buffer, then two share one, then four, then eight at most', () => {
  for (const n of [17, 64, 2048]) {
    const slab = new Slab();
    const vectors = Array.from({ length: 31 }, () => slab.take(n));
    expect(runs(vectors)).toEqual([1, 2, 4, 8, 8, 8]);
    for (const { buffer } of vectors) expect(buffer.byteLength).toBeLessThanOrEqual(8 * 4 * n);
  }
});

test('vectors of another size or for another owner begin a buffer', () => {
  const slab = new Slab();
  const sizes = [20, 20, 20, 21, 21, 20].map(n => slab.take(n));
  expect(runs(sizes)).toEqual([1, 2, 1, 1, 1]);
  const owned = ['a', 'a', 'a', 'b', 'a', 'b', 'b', 'b'].map(owner => slab.take(20, owner));
  expect(runs(owned)).toEqual([1, 2, 1, 1, 1, 2]);
  slab.end();
  expect(slab.take(20, 'b').buffer.byteLength).toBe(80);
});

test('of a slab that keeps them separate no two vectors share a buffer', () => {
  const slab = new Slab(true);
  const vectors = Array.from({ length: 20 }, () => slab.take(20));
  expect(runs(vectors)).toEqual(new Array(20).fill(1));
});
