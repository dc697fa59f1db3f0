import { expect, test } from 'vitest';
import { areFinite, Pool, roomFor } from '../../src/code/engine.js';
import { type AnyCell, lstmCell } from '../../src/core.js';
import { heapFor } from '../../src/kernels/heap.js';
import { inRow } from './models.js';

test('a pool takes blocks of a heap, one after another, all zeros, and gives them back', () => {
  const heap = heapFor('portable', 1);
  const pool = new Pool(heap, 4);
  const before = heap.regions;
  const at = pool.take(3);
  expect(heap.regions).toBe(before + 1);
  expect(pool.memory).toBe(heap.floats);
  pool.memory.fill(5, at, at + 12);
  pool.give(at, 3);
  expect(heap.regions).toBe(before);
  expect(pool.take(3)).toBe(at);
  expect([...pool.memory.subarray(at, at + 12)]).toEqual(Array(12).fill(0));
  pool.give(at, 3);
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

const graphOf = (...cells: AnyCell[]) => inRow(cells).graph;

test('room is for 64 vectors, or as many as 2¹⁸ floats of a step come to', () => {
  expect(roomFor(graphOf(lstmCell(1, 1)))).toBe(64);
  expect(roomFor(graphOf(lstmCell(96, 500)))).toBe(64);
  // 2¹⁸ / (8 · 512 + 8)
  expect(roomFor(graphOf(lstmCell(8, 512)))).toBe(63);
  expect(roomFor(graphOf(lstmCell(8, 4), lstmCell(4, 1024)))).toBe(31);
});

test('a call of a long chain needs no more scratch than heaps have: room is for fewer vectors', () => {
  const long = Array.from({ length: 400 }, () => lstmCell(64, 64));
  // 2²⁰ / (400 · 9 · 64)
  expect(roomFor(graphOf(...long))).toBe(4);
});
