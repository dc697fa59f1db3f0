import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { chainCell, denseCell, gruCell, lemCell, lstmCell, stateful } from '../../src/core.js';

const models = {
  'an lstm': lstmCell(4, 4, { seed: 1 }),
  'a lem': lemCell(4, 4, { seed: 1 }),
  'a chain': chainCell(gruCell(4, 4, { seed: 1 }), denseCell(4, 2, { seed: 1 })),
};

/** Heap growth over `steps` calls, and the collections in between (0: nothing was hidden). */
async function growth(step: () => unknown, steps: number) {
  let collections = 0;
  const observer = new PerformanceObserver(list => {
    collections += list.getEntries().length;
  });
  for (let i = 0; i < 50_000; i++) step();
  globalThis.gc?.();
  await wait(20);
  observer.observe({ entryTypes: ['gc'] });
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < steps; i++) step();
  const bytes = process.memoryUsage().heapUsed - before;
  await wait(20);
  observer.disconnect();
  return { bytes, collections };
}

test.each(Object.entries(models))('10⁶ steps of %s with reuse make no garbage', async (_, cell) => {
  const x = Float32Array.of(0.1, -0.2, 0.3, 0.4);
  const model = stateful(cell, { reuse: true });
  const { bytes, collections } = await growth(() => model(x), 1e6);
  expect(collections).toBe(0);
  // Under half a byte a step: the measurement's own objects. One number boxed a step is 12 bytes.
  expect(bytes).toBeLessThan(500_000);
});

test('a vector a step is seen by that measurement', async () => {
  const { bytes, collections } = await growth(() => new Float32Array(4), 1e6);
  expect(bytes > 1e6 || collections > 0).toBe(true);
});
