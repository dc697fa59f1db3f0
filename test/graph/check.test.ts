import { expect, test } from 'vitest';
import { defineCell, EquationError, RecurError } from '../../src/core.js';
import { check } from '../../src/graph/check.js';
import type { Declarations } from '../../src/graph/plan.js';
import { allKinds, specOf } from '../cells/kinds.js';

test.each(allKinds)("the text of %s passes the check that a user's text must pass", (_, make) => {
  const { name, text, declarations, plan } = specOf(make(2, 3)).definition;
  expect(check(name, text, declarations).plan).toEqual(plan);
});

const known = 'x, a state, a name defined in an earlier line, or a declared one';
const own = { vectors: { p: 1 }, scalars: { s: 1 }, constants: { k: 1 } };

test.each([
  // text, line, column, expected, got
  ["h' = W_a x + q", 1, 14, known, "'q'"],
  ["h' = W_a x + Δt", 1, 14, known, "'Δt'"],
  ["a = b\nb = W_a x\nh' = a", 1, 5, known, "'b'"],
  ['y = W_a x + h', 1, 13, known, "'h'"],
  ["h' = W_a x\nz = toString", 2, 5, known, "'toString'"],
  ["o = σ(c')\nc' = W_a x\nh' = o", 1, 7, "c' to be defined in an earlier line", "c'"],
  ["h' = W_a x + q'", 1, 14, "q' to be defined in an earlier line", "q'"],
  ["c = W_a x\nh' = c (h)", 2, 6, 'an activation before (', "'c'; write * to multiply"],
  ["h' = h (W_a x)", 1, 6, 'an activation before (', "'h'; write * to multiply"],
  ["h' = p (h) + W_a x", 1, 6, 'an activation before (', "'p'; write * to multiply"],
  ["h' = softmax(W_a x)", 1, 6, 'an activation before (', "'softmax'; write * to multiply"],
  ["h' = constructor(W_a x)", 1, 6, 'an activation before (', "'constructor'; write * to multiply"],
  ["x = W_a x\nh' = x", 1, 1, "a name other than x, Δt, y'", "'x'"],
  ["h' = W_a x\n Δt = h'", 2, 2, "a name other than x, Δt, y'", "'Δt'"],
  ["x' = W_a x\nh' = x'", 1, 1, "a name other than x, Δt, y'", "'x''"],
  ["y' = W_a x\nh' = y'", 1, 1, "a name other than x, Δt, y'", "'y''"],
  ["a = W_a x\na = W_b x\nh' = a", 2, 1, 'a name that is not taken', "'a' again"],
  ["h' = W_a x\nh' = W_b x", 2, 1, 'a name that is not taken', "'h'' again"],
  ["h = W_a x\nh' = h", 1, 1, 'a name that is not taken', "'h' again"],
  ["p = W_a x\nh' = p", 1, 1, 'a name that is not taken', "'p' again"],
  ["s' = W_a x\nh' = s'", 1, 1, 'a name that is not taken', "'s'' again"],
  ["k = W_a x\nh' = k", 1, 1, 'a name that is not taken', "'k' again"],
  ["h' = W_a x + W_a x", 1, 14, 'W_a applied once', 'a second use; name its result and use that'],
  ["h' = U h + σ(U h)", 1, 14, 'U applied once', 'a second use; name its result and use that'],
  ["h' = W_a h", 1, 10, 'an argument of input size', 'one of hidden size'],
  ["h' = W_a (2)", 1, 11, 'an argument of input size', 'one of scalar size'],
  ["h' = U_a x", 1, 10, 'an argument of hidden size', 'one of input size'],
  ["h' = U_a (1 + 1)", 1, 13, 'an argument of hidden size', 'one of scalar size'],
  [
    "c' = c + U_a h\nh' = V_p (U_b c')",
    2,
    15,
    'an argument of projection size',
    'one of hidden size',
  ],
  ["h' = V_a x", 1, 10, 'an argument of hidden size', 'one of input size'],
  ["h' = V_a h + W_a x", 1, 10, 'an argument of hidden size', 'one of projection size'],
  ['y = U_a x', 1, 5, 'only W in a text without primes', 'U'],
  ['y = U_a (W_a x)', 1, 5, 'only W in a text without primes', 'U'],
  ['y = V_a (W_a x)', 1, 5, 'only W in a text without primes', 'V'],
  ["h' = W_a x + x * h", 1, 18, 'an operand of input size', 'one of hidden size'],
  ["h' = h - x", 1, 10, 'an operand of hidden size', 'one of input size'],
  ["h' = 2", 1, 1, 'a value of hidden or projection size', 'one of scalar size'],
  ["h' = 0 * x", 1, 1, 'a value of hidden or projection size', 'one of input size'],
  ['y = 2', 1, 1, 'an output that is a vector', 'a scalar'],
  ["c' = W_a x\nz = c'", 2, 1, "an equation for y or h'", 'none'],
])(
  '%j is refused at line %i, column %i: expected %s, got %s',
  (text, line, column, expected, got) => {
    const used = Object.entries(own).map(([group, names]) => {
      const kept = Object.entries(names).filter(([name]) => new RegExp(`\\b${name}\\b`).test(text));
      return [group, Object.fromEntries(kept)];
    });
    let thrown: unknown;
    try {
      check('Mine', text, Object.fromEntries(used));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(EquationError);
    const message = `Mine, line ${line}, column ${column}: expected ${expected}, got ${got}`;
    expect(thrown).toMatchObject({ line, column, message });
  },
);

test.each<[Declarations, string]>([
  [
    { vectors: { p: 0 } },
    "defineCell('Mine'): expected declared names that the text uses, got 'p'",
  ],
  [
    { scalars: { p: 0 } },
    "defineCell('Mine'): expected declared names that the text uses, got 'p'",
  ],
  [
    { constants: { p: 0 } },
    "defineCell('Mine'): expected declared names that the text uses, got 'p'",
  ],
  [
    { vectors: { q: 0 }, scalars: { q: 0 } },
    "scalars.q: expected a name that is not taken, got 'q'",
  ],
  [{ vectors: { h: 0 } }, "vectors.h: expected a name that is not taken, got 'h'"],
  [{ scalars: { Δt: 0 } }, "scalars.Δt: expected a name that is not taken, got 'Δt'"],
  [{ constants: { seed: 0 } }, "constants.seed: expected a name that is not taken, got 'seed'"],
  [{ constants: { activation: 0 } }, "expected a name that is not taken, got 'activation'"],
  [{ vectors: { biasIh: 0 } }, "expected a name that is not taken, got 'biasIh'"],
  [{ constants: { q: Number.NaN } }, 'constants.q: expected a finite number, got NaN'],
  [
    { vector: { p: 0 } } as never,
    "inputs, outputs, vectors, sizes, scalars, statistics, constants, activations, biasIh, sameSize, variant, got 'vector'",
  ],
])('the declarations %j are refused', (declarations, message) => {
  const run = () => check('Mine', "h' = φ(W_h x + U_h h)", declarations);
  expect(run).toThrow(RecurError);
  expect(run).toThrow(message);
});

test('a projected state may be an operand before it is known to be projected', () => {
  const cell = defineCell('Residual', "k = σ(W_k x + U_k h)\nh' = h + V_p k");
  const made = cell(2, 3, { projectionSize: 2, seed: 1 });
  expect([made.hiddenSize, made.outputSize]).toEqual([3, 2]);
  // By hand: all weights 1, biases 0, x = [1, 1], h = [0.5, 0.5]: k = σ(3), h' = 0.5 + 3 σ(3).
  const ones = {
    weightIh: Array(6).fill(1),
    weightHh: Array(6).fill(1),
    weightHr: Array(6).fill(1),
  };
  const params = { ...ones, biasIh: [0, 0, 0], biasHh: [0, 0, 0] };
  const [, y] = cell(2, 3, { projectionSize: 2, params })([0.5, 0.5], [1, 1]);
  expect(y[0]).toBeCloseTo(0.5 + 3 / (1 + Math.exp(-3)), 6);
});

test.each<[object, string]>([
  [{ biasIh: { q: 1 } }, "defineCell('Mine'): expected declared names that the text uses, got 'q'"],
  [
    { activations: { clip: 'tanh' } },
    "defineCell('Mine').activations.clip: expected a name that is not taken, got 'clip'",
  ],
  [{ biasIh: { n: Number.NaN } }, "defineCell('Mine').biasIh.n: expected a finite number, got NaN"],
])('the declarations %j are refused', (declarations, message) => {
  expect(() => defineCell('Mine', "h' = φ(W_n x + U_n h)", declarations)).toThrow(message);
});

test('rows and constants may have the names of what every object has', () => {
  const text = "h' = valueOf * φ(W_constructor x)";
  const cell = defineCell('Odd', text, { constants: Object.fromEntries([['valueOf', 2]]) })(1, 1, {
    seed: 1,
  });
  expect(cell.params.biasIh.data).toEqual(Float32Array.of(0));
  expect(String(cell)).toBe('OddCell(1, 1, tanh)');
});
