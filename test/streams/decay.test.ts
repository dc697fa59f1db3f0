import { describe, expect, test } from 'vitest';
import { defineCell, stateful } from '../../src/core.js';
import { backends } from '../../src/kernels/backends.js';
import { allKinds, type SomeCell } from '../cells/kinds.js';

const compiled = backends().filter(backend => backend !== 'portable');
/**
 * A state that is nothing but a sum of products: 0.9 of the smallest number is that number again.
 */
const linear = defineCell('Linear', "h' = W_a x + U_a h")(1, 1, {
  params: { weightIh: [[1]], weightHh: [[0.9]], biasIh: [0], biasHh: [0] },
});
const cells = [
  ...allKinds.map(([name, make]) => [name, make(2, 6, { seed: 3 })] as const),
  ['linear', linear as unknown as SomeCell] as const,
];

describe.each(compiled)('on %s a state after a burst and 10⁴ silent steps', backend => {
  test.each(cells)('of %s holds no subnormal number', (_, cell) => {
    const m = stateful(cell, { backend, reuse: true });
    for (let t = 0; t < 10; t++) m(Array(cell.inputSize).fill(3));
    const silence = Array.from({ length: 100 }, () => Array(cell.inputSize).fill(0));
    const arraysOf = (state: unknown): Float32Array[] =>
      state === undefined
        ? []
        : state instanceof Float32Array
          ? [state]
          : Object.values(state as object).flatMap(arraysOf);
    for (let t = 0; t < 100; t++) {
      m.map(silence);
      for (const values of arraysOf(m.state)) {
        for (const v of values) expect(v === 0 || Math.abs(v) >= 2 ** -126).toBe(true);
      }
    }
  });
});
