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

test('small vectors and large ones have buffers of their own', () => {
  const slab = new Slab();
  for (const n of [0, 1, 16, 8193, 100_000]) {
    expect(slab.take(n).buffer.byteLength).toBe(4 * n);
  }
});

test('between them a buffer of 64 kB is shared', () => {
  const slab = new Slab();
  const [a, b] = [slab.take(17), slab.take(8192)];
  expect(a.buffer.byteLength).toBe(65536);
  expect(b.buffer).toBe(a.buffer);
  expect(slab.take(8192).buffer).not.toBe(a.buffer);
});
