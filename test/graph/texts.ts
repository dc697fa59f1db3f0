import fc from 'fast-check';
import { defineCell, type ReferenceState } from '../../src/core.js';
import { type SomeCell, specOf } from '../cells/kinds.js';
import { uniform } from '../golden/generate.js';

/** Texts in which maps share arguments, or have them in other orders, or read what others made. */
export const oddTexts: readonly string[] = [
  "h' = W_a x + U_a h + W_b x + U_b h",
  "a = U_a h + W_a x\nb = W_b x + U_b h\nh' = a * b",
  "a = W_a x\nb = U_a (a)\nh' = U_b (a) + U_c (b) + W_b x",
  "c' = W_a x + c\nh' = V_a c' + V_b (c' * c')",
  "c' = U_a h + W_a x + c\nh' = V_a (c' * c)\ny = V_b (c' * 2)",
  "h' = σ(W x) * U_a (h) - (W_b x - c)\nc' = h",
  "h' = c\nc' = h",
  "h' = h\ny = W_a x",
  "h' = U_a h",
  "c' = W_a x\ny = c + c'",
  "h' = -h * -(-(W_a x)) - -1",
  "h' = W_a (x * x - 2 * x) + U_a (1 - h)",
  "a = W_a x\nb = U_a (a)\nh' = a * b",
  "a = W_a x\nb = W_b x + U_b h\nh' = U_a (a) * b + a",
  "c' = U_a h\nh' = V_a (W_a x) + V_b c'",
];

/** The cell of such a text, of 3 inputs and 4 units, projected to 2. */
export function oddCell(text: string): SomeCell {
  const sizes = text.includes('V_') ? { projectionSize: 2 } : {};
  return defineCell('Mine', text)(3, 4, { seed: 1, ...sizes }) as unknown as SomeCell;
}

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

/** A cell of any text. */
export const randomCell: fc.Arbitrary<SomeCell> = fc
  .record({
    lines: fc.tuple(expression, expression, expression, expression),
    input: fc.integer({ min: 1, max: 6 }),
    hidden: fc.integer({ min: 1, max: 6 }),
    seed: fc.nat(),
  })
  .map(({ lines: [a, c, h, y], input, hidden, seed }) => {
    let rows = 0;
    const text = [`a = ${a}`, `c' = (a) * ${c}`, `h' = ${h} + k * s * p`, `y = ${y} - h'`]
      .map(line => line.replaceAll('#', () => String(rows++)))
      .join('\n');
    return defineCell('Random', text, {
      vectors: { p: 0.5 },
      scalars: { s: -0.5 },
      constants: { k: 1.5 },
      activations: { gate: 'hardSigmoid' },
    })(input, hidden, { seed }) as unknown as SomeCell;
  });

/** A state drawn in [−1, 1). */
export function someState(cell: SomeCell, seed: number): ReferenceState {
  const { definition, sizes } = specOf(cell);
  const entries = definition.plan.states.map(({ name, dimension }, k) => {
    return [name, Float64Array.from(uniform(seed + k, sizes[dimension], 1))];
  });
  return Object.fromEntries(entries);
}
