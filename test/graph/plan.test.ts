import { describe, expect, test } from 'vitest';
import { defineCell } from '../../src/core.js';
import type { Declarations } from '../../src/graph/plan.js';
import { define } from '../../src/graph/planner.js';
import { allKinds, specOf } from '../cells/kinds.js';

const plan = (text: string, declarations?: Declarations) => define('Mine', text, declarations).plan;
const names = (text: string, declarations?: Declarations) => {
  const { W, U, V } = plan(text, declarations).rows;
  return [W, U, V].map(blocks => blocks.map(({ name }) => name));
};

describe('rows', () => {
  test('W, U and V are stacked apart, each in order of first appearance', () => {
    const text = `
      a  = σ(U_q h + W_b x)
      c' = a * (W_a x) + c
      h' = V_z (c' * a) + V_y c'
    `;
    expect(names(text)).toEqual([['b', 'a'], ['q'], ['z', 'y']]);
  });

  test('an equation is read from left to right, through brackets and calls', () => {
    expect(names("h' = W_c (x) * σ(U_b h + W_a x) - (W_d x - U_a (h))")[0]).toEqual([
      'c',
      'a',
      'd',
    ]);
  });

  test('a map without subscript has no bias, and neither has V', () => {
    const { W, U } = plan("h' = W x + W_n x + U h + U_n h").rows;
    const blocks = [
      { name: '', bias: -1 },
      { name: 'n', bias: 0 },
    ];
    expect([W, U]).toEqual([blocks, blocks]);
    expect(plan("c' = W_a x + c\nh' = V_a c'").rows.V).toEqual([{ name: 'a', bias: -1 }]);
  });

  test('biases are counted without the maps that have none', () => {
    const cell = defineCell('Mine', "a = W x\nh' = σ(W_b x + U h) + a * (W_c x) + U_d (h)")(2, 3);
    const shapes = Object.entries(cell.params).map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(shapes)).toEqual({
      weightIh: [9, 2],
      weightHh: [6, 3],
      biasIh: [6],
      biasHh: [3],
    });
    const biasIh = [10, 20, 30, 40, 50, 60];
    const zeros = { weightIh: new Float32Array(18), weightHh: new Float32Array(18) };
    const one = defineCell('Mine', "h' = W x + W_b x + U h + U_d h + W_c x")(2, 3, {
      params: { ...zeros, biasIh, biasHh: [1, 2, 3] },
    });
    expect([...one(undefined, [0, 0])[1]]).toEqual([51, 72, 93]);
  });
});

describe('sizes', () => {
  test('U has as many columns as a projected state, which is found out from V', () => {
    const make = defineCell('Mine', "c' = c + φ(W_a x + U_a h)\nh' = V_p c'");
    const cell = make(2, 6, { projectionSize: 4 });
    const shapes = Object.entries(cell.params).map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual([
      ['weightIh', [6, 2]],
      ['weightHh', [6, 4]],
      ['weightHr', [4, 6]],
      ['biasIh', [6]],
      ['biasHh', [6]],
    ]);
    expect([cell.inputSize, cell.hiddenSize, cell.outputSize]).toEqual([2, 6, 4]);
    expect(cell.initialState()).toEqual({ h: new Float32Array(4), c: new Float32Array(6) });
  });

  test('states are h first, the others in order of their equations', () => {
    const { states } = plan("c' = W_c x + b\nb' = c' + h\nh' = b'");
    expect(states.map(({ name }) => name)).toEqual(['h', 'c', 'b']);
  });

  test("the output is y, and without it h'", () => {
    const y = plan("h' = W_h x\ny = 1 - h'");
    expect(y.nodes[y.output].op).toBe('subtract');
    const h = plan("h' = W_h x\nz = -h'");
    expect(h.nodes[h.output].op).toBe('affine');
    expect(plan("c' = W_c x\ny = c'").states.map(({ name }) => name)).toEqual(['c']);
  });

  test('a text without primes has no state: its maps are weight and bias', () => {
    const cell = defineCell('Mine', 'y = σ(W_a x) * (W_b x)')(2, 3);
    expect(cell.hiddenSize).toBe(0);
    expect(cell.initialState()).toBeUndefined();
    const shapes = Object.entries(cell.params).map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual([
      ['weight', [6, 2]],
      ['bias', [6]],
    ]);
  });

  test('a text without maps has no parameters and answers in its input size', () => {
    const cell = defineCell('Mine', 'y = 1 - x * x')(3, 1);
    expect(cell.params).toEqual({});
    expect([...cell(undefined, [1, 2, 3])[1]]).toEqual([0, -3, -8]);
    expect(cell.outputSize).toBe(3);
  });

  test('a scalar is broadcast on either side of an operator', () => {
    const make = defineCell('Mine', 'y = 2 * x - (x * k + 1) + (1 - k) * x', {
      constants: { k: 3 },
    });
    expect([...make(2, 1)(undefined, [5, 7])[1]]).toEqual([-16, -22]);
  });
});

test.each(allKinds)('the plan of %s is data that JSON keeps', (_, make) => {
  const { plan: own, text, name, declarations } = specOf(make(2, 3)).definition;
  expect(JSON.parse(JSON.stringify(own))).toEqual(own);
  expect(define(name, text, declarations).plan).toEqual(own);
});

test('nodes come after what they are made of', () => {
  for (const [, make] of allKinds) {
    const { nodes, states, output } = specOf(make(2, 3)).definition.plan;
    for (const [i, node] of nodes.entries()) {
      const parts =
        node.op === 'affine'
          ? node.maps.map(({ of }) => of)
          : 'of' in node
            ? [node.of]
            : 'left' in node
              ? [node.left, node.right]
              : [];
      for (const part of parts) expect(part).toBeLessThan(i);
    }
    for (const { node } of states) expect(nodes[node].dimension).not.toBe('scalar');
    expect(nodes[output]).toBeDefined();
  }
});
