import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineCell, type ReferenceState, reference } from '../../src/core.js';
import { allKinds, asCellState, byName, type SomeCell, specOf } from '../cells/kinds.js';
import { uniform } from '../golden/generate.js';
import { evaluatePlan } from './evaluate.js';

/** Fails unless one portable step, and one of the plan in float64, are what the reference gives. */
function agree(cell: SomeCell, given: ReferenceState, x: Float32Array): void {
  const wanted = reference(cell)(given, x);
  const [next, y] = cell(asCellState(cell, given) as never, x);
  const portable = { state: byName(cell, next), y: Float64Array.from(y) };
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

/** A state drawn in [−1, 1). */
function someState(cell: SomeCell, seed: number): ReferenceState {
  const { definition, sizes } = specOf(cell);
  const entries = definition.plan.states.map(({ name, dimension }, k) => {
    return [name, Float64Array.from(uniform(seed + k, sizes[dimension], 1))];
  });
  return Object.fromEntries(entries);
}

describe('the portable backend and the plan compute what the text says', () => {
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

  // Texts in which maps share arguments, or have them in other orders, or read what others made.
  test.each([
    ["h' = W_a x + U_a h + W_b x + U_b h"],
    ["a = U_a h + W_a x\nb = W_b x + U_b h\nh' = a * b"],
    ["a = W_a x\nb = U_a (a)\nh' = U_b (a) + U_c (b) + W_b x"],
    ["c' = W_a x + c\nh' = V_a c' + V_b (c' * c')"],
    ["c' = U_a h + W_a x + c\nh' = V_a (c' * c)\ny = V_b (c' * 2)"],
    ["h' = σ(W x) * U_a (h) - (W_b x - c)\nc' = h"],
    ["h' = c\nc' = h"],
    ["h' = h\ny = W_a x"],
    ["h' = U_a h"],
    ["c' = W_a x\ny = c + c'"],
    ["h' = -h * -(-(W_a x)) - -1"],
    ["h' = W_a (x * x - 2 * x) + U_a (1 - h)"],
  ])('%j', text => {
    const sizes = text.includes('V_') ? { projectionSize: 2 } : {};
    const cell = defineCell('Mine', text)(3, 4, { seed: 1, ...sizes }) as unknown as SomeCell;
    agree(cell, someState(cell, 1), uniform(2, 3, 1));
  });

  const { expression } = fc.letrec<{ expression: string; scalar: string }>(tie => ({
    scalar: fc.constantFrom('k', 's', '0.5', '2', 'sigmoid(s)', '(k - s * 3)', '-k'),
    expression: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.constantFrom('h', 'c', 'p', 'W_# x', 'U_# h', 'U_# c', 'W_# (x * x)', 'W_# (k - x)'),
      tie('expression').map(e => `-(${e})`),
      tie('expression').map(e => `φ(${e})`),
      tie('expression').map(e => `gate(${e})`),
      tie('expression').map(e => `U_# (${e})`),
      fc
        .tuple(tie('expression'), fc.constantFrom('+', '-', '*'), tie('expression'))
        .map(([a, op, b]) => `(${a}) ${op} (${b})`),
      fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `${a} + ${b}`),
      fc
        .tuple(tie('scalar'), fc.constantFrom('+', '-', '*'), tie('expression'))
        .map(([a, op, b]) => `${a} ${op} (${b})`),
    ),
  }));

  test('a random text', () => {
    const lines = fc.tuple(expression, expression, expression, expression);
    const size = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(lines, size, size, fc.nat(), ([a, c, h, y], input, hidden, seed) => {
        let rows = 0;
        const text = [`a = ${a}`, `c' = (a) * ${c}`, `h' = ${h} + k * s * p`, `y = ${y} - h'`]
          .map(line => line.replaceAll('#', () => String(rows++)))
          .join('\n');
        const cell = defineCell('Random', text, {
          vectors: { p: 0.5 },
          scalars: { s: -0.5 },
          constants: { k: 1.5 },
          activations: { gate: 'hardSigmoid' },
        })(input, hidden, { seed }) as unknown as SomeCell;
        agree(cell, someState(cell, seed), uniform(seed, input, 1));
      }),
      { numRuns: 300 },
    );
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
