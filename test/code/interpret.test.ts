import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineCell, type ReferenceState, reference, stateful } from '../../src/core.js';
import { allKinds, asCellState, byName, type SomeCell } from '../cells/kinds.js';
import { uniform } from '../golden/generate.js';
import { evaluatePlan } from '../graph/evaluate.js';
import { oddCell, oddTexts, randomCell, someState } from '../graph/texts.js';

/** Fails unless one portable step, and one of the plan in float64, are what the reference gives. */
function agree(cell: SomeCell, given: ReferenceState, x: Float32Array): void {
  const wanted = reference(cell)(given, x);
  const initialState = asCellState(cell, given) as never;
  const m = stateful(cell, { initialState, backend: 'portable' });
  const y = m(x);
  const portable = { state: byName(cell, m.state), y };
  const plan = evaluatePlan(cell, given, x);
  for (const [name, values] of Object.entries({ ...wanted.state, output: wanted.y })) {
    const got = name === 'output' ? portable.y : portable.state[name];
    const planned = name === 'output' ? plan.y : plan.state[name];
    for (const [i, value] of values.entries()) {
      const scale = Math.max(1, Math.abs(value));
      expect(Math.abs(got[i] - value) / scale, `${name}[${i}]`).toBeLessThanOrEqual(1e-6);
      expect(Math.abs(planned[i] - value) / scale, `${name}[${i}]`).toBeLessThanOrEqual(1e-9);
    }
  }
}

describe('the portable backend and the plan compute what the text says', {
  timeout: 60_000,
}, () => {
  test.each(allKinds)('%s', (_, make) => {
    for (const [input, size] of [
      [1, 1],
      [2, 3],
      [5, 2],
    ]) {
      const cell = make(input, size, { seed: 3 });
      agree(cell, someState(cell, 10), uniform(20, input, 1));
    }
  });

  test.each(oddTexts)('%j', text => {
    const cell = oddCell(text);
    agree(cell, someState(cell, 1), uniform(2, 3, 1));
  });

  test('a random text', () => {
    const holds = (cell: SomeCell, seed: number) =>
      agree(cell, someState(cell, seed), uniform(seed, cell.inputSize, 1));
    fc.assert(fc.property(randomCell, fc.nat(), holds), { numRuns: 300 });
  });
});

test('what no datum can change is worked out before the first step, once for all streams', () => {
  const cell = defineCell('Mine', "h' = sigmoid(s) * 2 * p + 0 * h", {
    vectors: { p: 3 },
    scalars: { s: 0 },
  })(1, 2);
  const [first] = cell(undefined, [0]);
  expect(first).toEqual(Float32Array.of(3, 3));
  const [second] = cell(first, [0]);
  expect(second).toEqual(first);
});

test('an output may be wider than the input and no line need read either', () => {
  const cell = defineCell('Constant', "h' = p + 0 * h", { vectors: { p: 0.25 } })(2, 3);
  expect(cell(undefined, [1, 2])[1]).toEqual(Float32Array.of(0.25, 0.25, 0.25));
});
