import { describe, expect, test } from 'vitest';
import { defineCell, EquationError, RecurError } from '../../src/core.js';
import { check } from '../../src/graph/check.js';
import type { Declarations } from '../../src/graph/plan.js';
import { define } from '../../src/graph/planner.js';

const masked = `
  k  = W_k (m * x)
  r  = σ(W_r d + W_s x + U_r h)
  h' = r * h + (1 - r) * φ(k + W n)
`;
const inputs = { x: 'input', m: 'input', d: 'elapsed', n: 'note' };

describe('a plan of several inputs', () => {
  const { plan } = define('Masked', masked, { inputs });

  test('has them in the order of their declaration, each with the name of its size', () => {
    expect(plan.inputs).toEqual([
      { name: 'x', dimension: 'input' },
      { name: 'm', dimension: 'input' },
      { name: 'd', dimension: 'elapsed' },
      { name: 'n', dimension: 'note' },
    ]);
  });

  test('stacks the rows of W by the size of what they are applied to', () => {
    expect(plan.rows).toEqual({
      W: [
        { name: 'k', bias: 0 },
        { name: 's', bias: 1 },
      ],
      W_elapsed: [{ name: 'r', bias: 0 }],
      W_note: [{ name: '', bias: -1 }],
      U: [{ name: 'r', bias: 0 }],
      V: [],
    });
  });

  test('has products of inputs before those of states', () => {
    const [, { args }] = plan.schedule.stages;
    const ops = args.map(({ of }) => plan.nodes[of].op);
    expect(ops).toEqual(['port', 'port', 'port', 'state']);
  });
});

test('outputs are lines, or the next values of states, and each is stored', () => {
  const { plan } = define('Two', "h' = W_h x + U_h h\nz = σ(h')", { outputs: ['z', 'h'] });
  const [z, h] = plan.outputs ?? [];
  expect([z.name, plan.nodes[z.node].op]).toEqual(['z', 'apply']);
  expect(h).toEqual({ name: 'h', node: plan.states[0].node });
  expect(plan.output).toBe(z.node);
  expect(plan.schedule.stages.flatMap(({ sinks }) => sinks)).toEqual([h.node, z.node]);
});

test('a plan without declared inputs and outputs has none of these fields', () => {
  const { plan } = define('One', "h' = W_h x + U_h h");
  expect(plan).not.toHaveProperty('inputs');
  expect(plan).not.toHaveProperty('outputs');
  expect(Object.keys(plan.rows)).toEqual(['W', 'U', 'V']);
});

test.each<[string, Declarations, number, number, string, string]>([
  // text, declarations, line, column, expected, got
  [
    "h' = W_a x + W_b q",
    { inputs: { x: 'input' } },
    ...[1, 18, 'x, a state, a name defined in an earlier line, or a declared one', "'q'"],
  ],
  [
    "h' = W_a m + W_b x",
    { inputs: { m: 'input' } },
    ...[1, 18, 'm, a state, a name defined in an earlier line, or a declared one', "'x'"],
  ],
  [
    "h' = W_a (x + m)",
    { inputs: { x: 'input', m: 'mask' } },
    ...[1, 15, 'an operand of input size', 'one of mask size'],
  ],
  [
    "h' = W_a x + W_b m + W_c h",
    { inputs: { x: 'input', m: 'mask' } },
    ...[1, 26, 'an argument of input or mask size', 'one of hidden size'],
  ],
  [
    "h' = W_a x + U_b m",
    { inputs: { x: 'input', m: 'mask' } },
    ...[1, 18, 'an argument of hidden size', 'one of mask size'],
  ],
  [
    "h' = W_a x + W_a m",
    { inputs: { x: 'input', m: 'mask' } },
    ...[1, 14, 'W_a applied once'],
    'a second use; for a vector of another size, give it a subscript of its own',
  ],
  [
    "h' = W_a x + W_a m",
    { inputs: { x: 'input', m: 'input' } },
    ...[1, 14, 'W_a applied once', 'a second use; name its result and use that'],
  ],
  [
    "m = W_a x\nh' = m",
    { inputs: { x: 'input', m: 'mask' } },
    ...[1, 1, "a name other than x, m, Δt, y'", "'m'"],
  ],
  ["h' = W_a x", { outputs: ['h', 'z'] }, ...[1, 1, "an equation for z or z'", 'none']],
  ["h' = W_a x\nz = 2", { outputs: ['z'] }, ...[2, 1, 'an output z that is a vector', 'a scalar']],
] as never)(
  '%j with %j is refused at line %i, column %i: expected %s, got %s',
  (text, declarations, line, column, expected, got) => {
    const message = `Mine, line ${line}, column ${column}: expected ${expected}, got ${got}`;
    const run = () => check('Mine', text, declarations);
    expect(run).toThrow(EquationError);
    expect(run).toThrow(message);
  },
);

test.each<[unknown, string]>([
  [{ inputs: { x: 'input', m: 'm' } }, ": expected declared names that the text uses, got 'm'"],
  [{ inputs: {} }, '.inputs: expected at least one input, got an object {  }'],
  [{ inputs: ['x'] }, '.inputs: expected an object of options, got an array of length 1'],
  [
    { inputs: { x: 'x' } },
    ".inputs.x: expected 'input' or 'hidden', the size of the first, got 'x'",
  ],
  [
    { inputs: { x: 'input', m: 'scalar' } },
    ".inputs.m: expected 'input', 'hidden' or another name for its size, got 'scalar'",
  ],
  [
    { inputs: { x: 'input', m: 3 } },
    ".inputs.m: expected 'input', 'hidden' or another name for its size, got 3",
  ],
  [{ inputs: { x: 'input', y: 'y' } }, ".inputs.y: expected a name that is not taken, got 'y'"],
  [
    { inputs: { x: 'input' }, vectors: { x: 0 } },
    ".vectors.x: expected a name that is not taken, got 'x'",
  ],
  [
    { inputs: { x: 'input', m: 'm' }, vectors: { weightIh_m: 0 } },
    ".vectors.weightIh_m: expected a name that is not taken, got 'weightIh_m'",
  ],
  [{ outputs: [] }, '.outputs: expected a list of names of lines, got an array of length 0'],
  [{ outputs: 'h' }, ".outputs: expected a list of names of lines, got 'h'"],
  [{ outputs: ['h', 'h'] }, ".outputs[1]: expected a name that is not taken, got 'h'"],
  [{ outputs: ['x'] }, ".outputs[0]: expected the name of a line, got 'x'"],
  [
    { inputs: { x: 'hidden' }, sameSize: true },
    ".sameSize: expected no inputs beside it, got true; their size is 'hidden'",
  ],
])('the declarations %j are refused', (declarations, message) => {
  const run = () => defineCell('Mine', "h' = W_h x", declarations as Declarations);
  expect(run).toThrow(RecurError);
  expect(run).toThrow(`defineCell('Mine')${message}`);
});
