import { describe, expect, test } from 'vitest';
import { lstmCell } from '../../src/core.js';
import { areFinite, Pool, roomFor } from '../../src/equations/engine.js';
import { inRow } from '../../src/equations/units.js';
import { specOf } from '../cells/kinds.js';

/** A pool of blocks of 4 floats from 8 on, and how its memory grew. */
function pool(most = Number.POSITIVE_INFINITY) {
  const grown: number[] = [];
  const own = new Pool(new Float32Array(24).fill(7), 8, 4, (memory, end) => {
    if (end > most) throw new RangeError('no more memory');
    grown.push(end);
    const larger = new Float32Array(end);
    larger.set(memory);
    return larger;
  });
  return { own, grown };
}

describe('a pool', () => {
  test('gives room in powers of two, all zeros', () => {
    const { own } = pool();
    expect([own.take(1), own.take(3)]).toEqual([8, 12]);
    // 12 + 4 · 4
    expect(own.take(1)).toBe(28);
    expect([...own.memory.subarray(8, 24)]).toEqual(Array(16).fill(0));
  });

  test('grows when it must, and keeps what is there', () => {
    const { own, grown } = pool();
    const first = own.take(2);
    own.memory.fill(3, first, first + 8);
    const second = own.take(4);
    expect(grown).toEqual([32]);
    expect([...own.memory.subarray(0, 8)]).toEqual(Array(8).fill(7));
    expect([...own.memory.subarray(first, first + 8)]).toEqual(Array(8).fill(3));
    expect([...own.memory.subarray(second, second + 16)]).toEqual(Array(16).fill(0));
  });

  test('takes first what was given back, zeroed again', () => {
    const { own, grown } = pool();
    const [a, b] = [own.take(3), own.take(3)];
    own.memory.fill(5, a, a + 12);
    own.give(a, 3);
    expect(own.take(4)).toBe(a);
    expect([...own.memory.subarray(a, a + 12)]).toEqual(Array(12).fill(0));
    own.give(b, 3);
    own.give(a, 4);
    const size = grown.length;
    for (let i = 0; i < 1000; i++) own.give(own.take(3), 3);
    expect(grown).toHaveLength(size);
  });

  test('that cannot grow is as it was, and gives what it has', () => {
    const { own } = pool(24);
    const first = own.take(1);
    const { memory } = own;
    expect(() => own.take(8)).toThrow(RangeError);
    expect(own.memory).toBe(memory);
    expect(own.take(1)).toBe(first + 4);
  });
});

test('numbers are finite but for infinities and NaN, in the range that is asked for', () => {
  const numbers = Float32Array.of(
    Number.NaN,
    0,
    -0,
    3.4e38,
    -3.4e38,
    1e-45,
    Infinity,
    1,
    -Infinity,
  );
  expect(areFinite(numbers, 1, 5)).toBe(true);
  expect(areFinite(numbers, 0, 2)).toBe(false);
  expect(areFinite(numbers, 1, 6)).toBe(false);
  expect(areFinite(numbers, 7, 2)).toBe(false);
  expect(areFinite(numbers, 0, 0)).toBe(true);
});

test('room is for 64 vectors, or as many as 2¹⁸ floats of a step come to', () => {
  expect(roomFor(inRow([specOf(lstmCell(1, 1))]))).toBe(64);
  expect(roomFor(inRow([specOf(lstmCell(96, 500))]))).toBe(64);
  // 2¹⁸ / (8 · 512 + 8)
  expect(roomFor(inRow([specOf(lstmCell(8, 512))]))).toBe(63);
  expect(roomFor(inRow([specOf(lstmCell(8, 4)), specOf(lstmCell(4, 1024))]))).toBe(31);
});
