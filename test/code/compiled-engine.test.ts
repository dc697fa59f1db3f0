import { afterEach, describe, expect, test, vi } from 'vitest';
import { compileAhead, compiledEngine } from '../../src/code/compiled-engine.js';
import { defineCell, denseCell, gruCell, lstmCell } from '../../src/core.js';
import type { AnyCell } from '../../src/streams/cell.js';
import { inRow, modelOf } from './models.js';
import { real, stub } from './web-assembly.js';

afterEach(() => vi.unstubAllGlobals());

/** Counts the modules that are compiled, at once and ahead. */
function counting() {
  const count = { now: 0, ahead: 0 };
  stub({
    Module: class extends real.Module {
      constructor(bytes: Uint8Array) {
        super(bytes);
        count.now += 1;
      }
    },
    compile: (bytes: Uint8Array) => {
      count.ahead += 1;
      return real.compile(bytes);
    },
  });
  return count;
}

const engineOf = (cell: AnyCell) => compiledEngine(modelOf(cell), 'simd');

describe('a module is compiled once', () => {
  test('for layers of one shape, whatever their weights', () => {
    const count = counting();
    const engines = [1, 2, 3].map(seed => engineOf(lstmCell(7, 11, { seed })));
    expect(count).toEqual({ now: 1, ahead: 0 });
    // Each has its own weights for all that.
    const outputs = engines.map(({ pool, output, step }) => {
      const at = pool.take(2);
      step(at, at + pool.block);
      return pool.memory[output.at];
    });
    expect(new Set(outputs).size).toBe(1);
    const fed = engines.map(({ pool, inputs: [input], output, step }) => {
      const at = pool.take(2);
      pool.memory[input.at] = 1;
      step(at, at + pool.block);
      return pool.memory[output.at];
    });
    expect(new Set(fed).size).toBe(3);
  });

  test('for each size, option and constant', () => {
    const count = counting();
    const leaky = defineCell('Leaky', "h' = k * h + W_a x", { constants: { k: 0.5 } });
    const cells = [
      gruCell(7, 12),
      gruCell(8, 12),
      gruCell(7, 12, { clip: 3 }),
      gruCell(7, 12, { bias: false }),
      gruCell(7, 12, { activation: 'relu' }),
      gruCell(7, 12, { resetGate: 'before' }),
      leaky(7, 12),
      leaky(7, 12, { k: 0.25 }),
      leaky(7, 12, { k: 0 }),
      leaky(7, 12, { k: -0 }),
    ];
    for (const cell of cells) engineOf(cell);
    expect(count.now).toBe(cells.length);
    for (const cell of cells) engineOf(cell);
    expect(count.now).toBe(cells.length);
  });

  test('ahead, for one stream and for many, and then found', async () => {
    const count = counting();
    const model = modelOf(lstmCell(7, 13));
    await compileAhead(model, 'simd');
    compiledEngine(model, 'simd');
    compiledEngine(modelOf(lstmCell(7, 13)), 'simd');
    expect(count).toEqual({ now: 0, ahead: 2 });
  });

  test('as long as a model uses it, however many others have come since', () => {
    const count = counting();
    const used = engineOf(denseCell(1, 1));
    for (let size = 2; size < 80; size++) engineOf(denseCell(1, size));
    const before = count.now;
    const again = engineOf(denseCell(1, 1));
    expect(count.now).toBe(before);
    expect(again.pool.heap).toBe(used.pool.heap);
  });
});

test('a model that cannot be compiled takes no room', () => {
  const { heap } = engineOf(denseCell(2, 2)).pool;
  const { regions } = heap;
  stub({
    Module: class {
      constructor() {
        throw new RangeError('disallowed on the main thread');
      }
    },
  });
  for (let i = 0; i < 3; i++) expect(() => engineOf(gruCell(9, 14))).toThrow('disallowed');
  expect(heap.regions).toBe(regions);
});

test('a released model gives its weights back, once', () => {
  const engine = engineOf(denseCell(3, 5));
  const { heap } = engine.pool;
  const { regions } = heap;
  engine.release?.();
  expect(heap.regions).toBe(regions - 1);
});

describe('of six hundred layers', { timeout: 60_000 }, () => {
  const model = inRow(Array.from({ length: 600 }, (_, i) => lstmCell(4, 4, { seed: i + 1 })));

  test('code for many that the engine refuses is refused before a stream begins', () => {
    let modules = 0;
    stub({
      Module: class extends real.Module {
        constructor(bytes: Uint8Array) {
          super(bytes);
          modules += 1;
          if (modules === 2) throw new RangeError('size > maximum function size');
        }
      },
    });
    expect(() => compiledEngine(model, 'simd')).toThrow('maximum function size');
  });
});

describe('memory', () => {
  test('grows for many streams and keeps weights, constants and states', () => {
    const { pool, step, output } = engineOf(lstmCell(3, 8, { seed: 1 }));
    const at = pool.take(3);
    pool.memory.fill(0.5, at, at + pool.block);
    const before = pool.memory;
    step(at, at + pool.block);
    const wanted = [...pool.memory.subarray(output.at, output.at + 8)];
    const blocks = Math.ceil(before.length / pool.block);
    const many = pool.take(blocks);
    // The old memory has been detached.
    expect(before.length).toBe(0);
    expect(pool.memory.subarray(many, many + blocks * pool.block).every(v => v === 0)).toBe(true);
    step(at, at + pool.block);
    expect([...pool.memory.subarray(output.at, output.at + 8)]).toEqual(wanted);
    pool.give(many, blocks);
  });

  test('is one for all models, with one set of inputs and outputs', () => {
    const engines = [lstmCell(3, 8), lstmCell(3, 8), gruCell(5, 64), denseCell(3, 2)].map(engineOf);
    const [first] = engines;
    for (const { pool, inputs } of engines) {
      expect(pool.heap).toBe(first.pool.heap);
      expect(inputs[0].at).toBe(first.inputs[0].at);
    }
  });

  test('that there is not throws a RangeError, and the pool is as it was', () => {
    const { pool } = engineOf(lstmCell(3, 8));
    expect(() => pool.take(2 ** 28)).toThrow(RangeError);
    const at = pool.take(1);
    expect(pool.memory[at]).toBe(0);
  });
});
