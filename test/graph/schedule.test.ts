import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/graph/plan.js';
import { define } from '../../src/graph/planner.js';
import { operandsOf, schedule } from '../../src/graph/schedule.js';
import {
  allKinds,
  builtIn,
  own,
  projectedLstmCell,
  type SomeCell,
  specOf,
} from '../cells/kinds.js';

const signs = { add: '+', subtract: '-', multiply: '*' } as const;

/** A node as an equation would have it; next states and the output by their names. */
function written(plan: Plan, i: number, named = true): string {
  const state = plan.states.find(({ node }) => node === i);
  if (named && state) return `${state.name}'`;
  const node = plan.nodes[i];
  const part = (of: number) => written(plan, of);
  if (node.op === 'port') return 'x';
  if (node.op === 'number') return String(node.value);
  if (node.op === 'affine') {
    return node.maps
      .map(({ matrix, row, of }) => `${matrix}_${plan.rows[matrix][row].name} ${part(of)}`)
      .join(' + ');
  }
  if ('left' in node) return `(${part(node.left)} ${signs[node.op]} ${part(node.right)})`;
  if (node.op === 'reduce') return `${node.by}(${part(node.of)})`;
  return node.op === 'apply' ? `${node.slot}(${part(node.of)})` : node.name;
}

/** Each stage: what its products are of and of which maps, and what it stores. */
function stagesOf(plan: Plan) {
  return schedule(plan).stages.map(({ dimension, args, sinks }) => ({
    dimension,
    products: args.map(({ of, maps }) => {
      const names = maps.map(({ matrix, row }) => `${matrix}_${plan.rows[matrix][row].name}`);
      return `${names.join(' ')} of ${written(plan, of)}`;
    }),
    stores: sinks.map(i => written(plan, i)),
  }));
}
const stages = (cell: SomeCell) => stagesOf(specOf(cell).definition.plan);
const ofText = (text: string) => stagesOf(define('Mine', text).plan);

describe('stages', () => {
  test('an LSTM is one: all gates of x and h, then both states', () => {
    expect(stages(builtIn.lstm(2, 3))).toEqual([
      {
        dimension: 'hidden',
        products: ['W_i W_f W_g W_o of x', 'U_i U_f U_g U_o of h'],
        stores: ["h'", "c'"],
      },
    ]);
  });

  test('a GRU that resets after the product is one', () => {
    expect(stages(builtIn.gru(2, 3))).toEqual([
      { dimension: 'hidden', products: ['W_r W_z W_n of x', 'U_r U_z U_n of h'], stores: ["h'"] },
    ]);
  });

  test('a GRU that resets before it is two: the product is of what the first stores', () => {
    const reset = '(σ(W_r x + U_r h) * h)';
    const z = 'σ(W_z x + U_z h)';
    const [first, second, ...none] = stages(builtIn['gru, reset before'](2, 3));
    expect(none).toEqual([]);
    expect(first.products).toEqual(['W_r W_z of x', 'U_r U_z of h']);
    // What needs no product of the second stage is worked out in the first.
    expect([...first.stores].sort()).toEqual([`(1 - ${z})`, reset, `(${z} * h)`]);
    expect(second).toEqual({
      dimension: 'hidden',
      products: ['W_n of x', `U_n of ${reset}`],
      stores: ["h'"],
    });
  });

  test('a LEM is two: the second state is made of the first', () => {
    const b = '(dt * σ(W_b x + U_b h))';
    const [first, second, ...none] = stages(builtIn.lem(2, 3));
    expect(none).toEqual([]);
    expect(first.products).toEqual(['W_a W_b W_c of x', 'U_a U_b U_c of h']);
    expect([...first.stores].sort()).toEqual([`((1 - ${b}) * h)`, b, "c'"]);
    expect(second).toEqual({
      dimension: 'hidden',
      products: ['W_h of x', "U_h of c'"],
      stores: ["h'"],
    });
  });

  test('a projected LSTM is two, of different sizes', () => {
    const cell = projectedLstmCell(2, 5, { projectionSize: 3 }) as unknown as SomeCell;
    expect(stages(cell)).toEqual([
      {
        dimension: 'hidden',
        products: ['W_i W_f W_g W_o of x', 'U_i U_f U_g U_o of h'],
        stores: ["c'", "(σ(W_o x + U_o h) * ψ(c'))"],
      },
      { dimension: 'projection', products: ["V_h of (σ(W_o x + U_o h) * ψ(c'))"], stores: ["h'"] },
    ]);
  });

  test('a sum that a product and a later stage read is stored for both', () => {
    expect(ofText("a = W_a x\nb = U_a (a)\nh' = a * b")).toEqual([
      { dimension: 'hidden', products: ['W_a of x'], stores: ['W_a x'] },
      { dimension: 'hidden', products: ['U_a of W_a x'], stores: ["h'"] },
    ]);
  });

  test('states that change places need no product', () => {
    expect(ofText("h' = c\nc' = h")).toEqual([
      { dimension: 'hidden', products: [], stores: ["h'", "c'"] },
    ]);
  });

  test('an expression of the input is a stage of the input’s size', () => {
    const [first, second] = ofText("h' = W_a (x * x - 2 * x)");
    expect([first.dimension, first.products]).toEqual(['input', []]);
    expect(second.products).toEqual(['W_a of ((x * x) - (2 * x))']);
  });
});

test('what depends on parameters alone is in no stage', () => {
  const { plan } = define('Mine', "h' = sigmoid(s) * 2 * p + 0 * h", {
    vectors: { p: 3 },
    scalars: { s: 0 },
  });
  const { fixed } = schedule(plan);
  const names = fixed.map(i => written(plan, i));
  expect(names).toContain('((sigmoid(s) * 2) * p)');
  expect(names.some(name => name.includes('h'))).toBe(false);
});

test.each([...allKinds, ...Object.entries(own)])(
  '%s: a stage reads in full only what earlier ones stored',
  (_, make) => {
    const { plan } = specOf(make(2, 3)).definition;
    const { stages: all, fixed, stored } = schedule(plan);
    const there = new Set<number>();
    const isGiven = (i: number) =>
      fixed.includes(i) || plan.nodes[i].op === 'port' || plan.nodes[i].op === 'state';
    for (const { args, affines, sinks } of all) {
      for (const { of } of args) expect(isGiven(of) || there.has(of)).toBe(true);
      // What is worked out here, down from what is stored, needs these sums and no others.
      const sums = new Set<number>();
      const walk = (i: number) => {
        if (there.has(i) || isGiven(i)) return;
        if (plan.nodes[i].op === 'affine') sums.add(i);
        for (const of of operandsOf(plan.nodes[i])) walk(of);
      };
      for (const sink of sinks) walk(sink);
      expect([...sums].sort()).toEqual([...affines].sort());
      for (const sink of sinks) if (stored.includes(sink)) there.add(sink);
    }
    const everything = new Set(all.flatMap(({ sinks }) => sinks));
    for (const { node } of plan.states) expect(everything.has(node)).toBe(true);
    expect(everything.has(plan.output)).toBe(true);
  },
);
