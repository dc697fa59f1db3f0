import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  allocate,
  type Heap,
  type HeapKind,
  heapFor,
  scratchFloats,
} from '../../src/kernels/heap.js';
import { real, stub } from '../code/web-assembly.js';

const kinds: readonly HeapKind[] = ['portable', 'wasm'];
afterEach(() => vi.unstubAllGlobals());

/** A heap of its own: more scratch than the shared ones have. */
const alone = (kind: HeapKind) => heapFor(kind, scratchFloats + 1);

describe.each(kinds)('a heap, %s', kind => {
  test('regions never overlap, begin on a cache line and are zeros when taken', () => {
    const heap = alone(kind);
    const size = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 20_000 }));
    const turn = fc.record({ size, free: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 60 }), turns => {
        const live: { at: number; size: number; mark: number }[] = [];
        for (const [i, turn] of turns.entries()) {
          const at = heap.allocate(turn.size);
          expect(at % 16).toBe(0);
          expect(at).toBeGreaterThanOrEqual(heap.scratch + scratchFloats + 1);
          expect(heap.floats.subarray(at, at + turn.size).every(v => v === 0)).toBe(true);
          heap.floats.fill(i + 1, at, at + turn.size);
          live.push({ at, size: turn.size, mark: i + 1 });
          if (turn.free > 4) {
            const [gone] = live.splice(turn.free % live.length, 1);
            heap.free(gone.at, gone.size);
          }
        }
        for (const { at, size, mark } of live) {
          expect(heap.floats.subarray(at, at + size).every(v => v === mark)).toBe(true);
          heap.free(at, size);
        }
        expect(heap.regions).toBe(0);
      }),
    );
  });

  test('a region is at most a quarter larger than what was asked for, and no less', () => {
    const heap = alone(kind);
    for (const size of [1, 15, 16, 17, 100, 1000, 4097, 70_000]) {
      const [first, second] = [heap.allocate(size), heap.allocate(size)];
      expect(second - first).toBeGreaterThanOrEqual(size);
      expect(second - first).toBeLessThanOrEqual(Math.max(1.25 * size, size + 16));
    }
  });

  test('what was given back is taken again: a million turns leave it as large as it was', () => {
    const heap = alone(kind);
    const at = heap.allocate(100);
    const { length } = heap.floats;
    heap.free(at, 100);
    for (let i = 0; i < 1e6; i++) heap.free(heap.allocate(100), 100);
    expect(heap.floats.length).toBe(length);
  });

  test('small regions share a heap; one above 64 MB, or with much scratch, has its own', () => {
    const small = [allocate(kind, 100, 100), allocate(kind, 1e6, 100)];
    expect(small[0].heap).toBe(small[1].heap);
    expect(allocate(kind, 2 ** 24 + 1, 100).heap).not.toBe(small[0].heap);
    expect(allocate(kind, 100, scratchFloats + 1).heap).not.toBe(small[0].heap);
    expect(heapFor(kind, 100)).toBe(small[0].heap);
    for (const { heap, at, size } of small) heap.free(at, size);
  });

  test('a large heap that is empty is dropped; a small one stays', () => {
    const shared = () => heapFor(kind, 1);
    const first = shared();
    const taken = Array.from({ length: 3 }, () => allocate(kind, 2 ** 22, 1));
    expect(new Set(taken.map(({ heap }) => heap))).toEqual(new Set([first]));
    const others = first.regions - taken.length;
    for (const { heap, at, size } of taken) heap.free(at, size);
    if (others === 0) expect(shared()).not.toBe(first);
    const second = shared();
    const { at, size } = allocate(kind, 100, 1);
    second.free(at, size);
    expect(shared()).toBe(second);
  });
});

describe('where memory may not grow as asked', () => {
  const limited = (most: number) => {
    const grown: number[] = [];
    stub({
      Memory: class extends real.Memory {
        override grow(pages: number) {
          if (pages > most) throw new RangeError('too much');
          grown.push(pages);
          return super.grow(pages);
        }
      },
    });
    return grown;
  };

  test('it grows by what is needed', () => {
    const grown = limited(80);
    const heap = alone('wasm');
    for (let i = 0; i < 40; i++) heap.allocate(2 ** 18);
    expect(Math.max(...grown)).toBeLessThanOrEqual(80);
    expect(grown.length).toBeGreaterThan(3);
  });

  test('a RangeError says that there is no room, what is there stays, and another is opened', () => {
    limited(2 ** 16);
    const heap: Heap = alone('wasm');
    const at = heap.allocate(10);
    heap.floats.fill(3, at, at + 10);
    expect(() => heap.allocate(2 ** 31)).toThrow(RangeError);
    expect(heap.full).toBe(true);
    expect([...heap.floats.subarray(at, at + 10)]).toEqual(Array(10).fill(3));
    heap.free(at, 10);
    expect(heap.full).toBe(false);
    const shared = heapFor('wasm', 1);
    shared.full = true;
    const next = allocate('wasm', 10, 1);
    expect(next.heap).not.toBe(shared);
    shared.full = false;
    next.heap.free(next.at, next.size);
  });
});
