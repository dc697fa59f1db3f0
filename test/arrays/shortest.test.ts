import { expect, test } from 'vitest';
import { shortestFloat32 } from '../../src/arrays/shortest.js';

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** Random bit patterns: all exponents alike. */
function randomFloats(count: number): number[] {
  let seed = 1;
  const values: number[] = [];
  while (values.length < count) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    bits[0] = seed;
    if (Number.isFinite(float[0])) values.push(float[0]);
  }
  return values;
}

const edges = [0, -0, 1, -1, 0.5, 2 ** -149, 2 ** -126, 3.4028234663852886e38, 2 ** 24];
const decimals = [0.1, 0.2, 0.3, 1.1, 123456.7, 1e-7, 1e21, 16777217].map(Math.fround);

test('every float32 comes back from its text, bit for bit', () => {
  const lost = [...edges, ...decimals, ...randomFloats(100_000)].filter(value => {
    const text = shortestFloat32(value);
    return !Object.is(Math.fround(Number(text)), value) || !Object.is(JSON.parse(text), +text);
  });
  expect(lost).toEqual([]);
});

test('no text has more digits than the first precision that comes back', () => {
  const long = [...edges, ...decimals, ...randomFloats(20_000)].filter(value => {
    const precisions = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(digits => value.toPrecision(digits));
    const first = precisions.find(text => Math.fround(Number(text)) === value);
    return Number(shortestFloat32(value)) !== Number(first);
  });
  expect(long).toEqual([]);
});

test('decimals are written as they were', () => {
  const texts = ['0.1', '-0.25', '3.14159', '1e-7', '1e+21', '-0', '0', '65504'];
  expect(texts.map(text => shortestFloat32(Math.fround(Number(text))))).toEqual(texts);
});
