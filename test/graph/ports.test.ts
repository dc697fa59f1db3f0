import { describe, expect, test } from 'vitest';
import { defineCell, EquationError, RecurError, reference } from '../../src/core.js';
import { check } from '../../src/graph/check.js';
import { parameterShapes } from '../../src/graph/parameters.js';
import type { Declarations } from '../../src/graph/plan.js';
import { define } from '../../src/graph/planner.js';
import { load, save } from '../../src/io/index.js';

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
  expect(h).toEqual({ name: 'h', dimension: 'hidden', node: plan.states[0].node });
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

const sized = "a' = a + x * w\nh' = W_h x + W_m m + U_h h";
const two = { x: 'input', m: 'mask' };

test.each<[Declarations, string]>([
  [
    { inputs: two, sizes: { h: 'input' } },
    ".sizes.h: expected a vector or a state other than h, got 'h'",
  ],
  [
    { inputs: two, sizes: { a: 'wide' } },
    ".sizes.a: expected the size of an input, input, mask, got 'wide'",
  ],
  [
    { inputs: two, sizes: { x: 'mask' } },
    ".sizes.x: expected a vector or a state of the text, got 'x'",
  ],
  [{ inputs: two, statistics: ['v'] }, ".statistics[0]: expected one of w, once, got 'v'"],
  [{ inputs: two, statistics: ['w', 'w'] }, ".statistics[1]: expected one of w, once, got 'w'"],
  [{ inputs: two, statistics: 'w' as never }, ".statistics: expected a list of names, got 'w'"],
])('the declarations %j are refused', (declarations, message) => {
  const sizes = { a: 'input', w: 'input', ...declarations.sizes };
  const run = () => check('Mine', sized, { vectors: { w: 1 }, ...declarations, sizes });
  expect(run).toThrow(RecurError);
  expect(run).toThrow(`defineCell('Mine')${message}`);
});

test('a state of another size than it is declared with is refused where it is defined', () => {
  const sizes = { a: 'mask', w: 'mask' };
  const run = () => check('Mine', sized, { inputs: two, vectors: { w: 1 }, sizes });
  expect(run).toThrow(
    'Mine, line 1, column 14: expected an operand of input size, got one of mask',
  );
  const other = () => check('Mine', "a' = W_a x\nh' = W_h x", { sizes: { a: 'input' } });
  expect(other).toThrow(
    'Mine, line 1, column 1: expected a value of input size, got one of hidden',
  );
});

test('parameters that training leaves alone say so', () => {
  const { plan } = define('Mine', 'y = (x - a) * b * k', {
    inputs: { x: 'input' },
    vectors: { a: 0, b: 1 },
    scalars: { k: 1 },
    sizes: { a: 'input', b: 'input' },
    statistics: ['a', 'k'],
  });
  const shapes = parameterShapes(plan, { input: 3, hidden: 3, projection: 0, scalar: 1 }, true);
  expect(shapes).toEqual([
    { name: 'a', shape: [3], meaning: 'input', role: 'statistic' },
    { name: 'b', shape: [3], meaning: 'input' },
    { name: 'k', shape: [1], meaning: 'one number', role: 'statistic' },
  ]);
});

const masked3 = defineCell('Masked', masked, { inputs });
const tied = defineCell('Tied', "h' = W_a x + b", { inputs: { x: 'input', b: 'hidden' } });

test.each<[() => unknown, string]>([
  [
    () => masked3({ x: 3, m: 3, d: 1 } as never, 4),
    'masked.inputSize: expected sizes by name, { x, m, d, n }, got an object { x, m, d }',
  ],
  [
    () => masked3({ x: 3, m: 3, d: 1, n: 2, q: 1 } as never, 4),
    'masked.inputSize: expected sizes by name, { x, m, d, n }, got an object { x, m, d, n, q }',
  ],
  [() => masked3(3 as never, 4), 'masked.inputSize: expected sizes by name, { x, m, d, n }, got 3'],
  [
    () => masked3({ x: 3, m: 3, d: 1.5, n: 2 }, 4),
    'masked.inputSize.d: expected a whole number from 1 to 2²⁴, got 1.5',
  ],
  [
    () => masked3({ x: 3, m: 2, d: 1, n: 2 }, 4),
    'masked.inputSize.m: expected input size 3, got 2',
  ],
  [() => tied({ x: 3, b: 5 }, 4), 'tied.inputSize.b: expected hidden size 4, got 5'],
])('sizes are refused: %#', (call, message) => {
  expect(call).toThrow(RecurError);
  expect(call).toThrow(message);
});

test('a cell of several inputs comes back from its file', () => {
  const cell = masked3({ x: 3, m: 3, d: 1, n: 2 }, 4, { seed: 1 });
  const again = load(save(cell)) as unknown as { cell: typeof cell };
  expect(String(again.cell)).toBe('MaskedCell({x: 3, m: 3, d: 1, n: 2}, 4)');
  const state = { h: Float64Array.of(1, 2, 3, 4) };
  const event = { x: [1, 2, 3], m: [0, 1, 0], d: [2], n: [1, -1] };
  expect(reference(again.cell)(state, event)).toEqual(reference(cell)(state, event));
});
