import { describe, expect, test } from 'vitest';
import { defineCell } from '../../src/cells/define.js';
import {
  chainCell,
  denseCell,
  equations,
  fastGrnnCell,
  gruCell,
  janetCell,
  lemCell,
  lstmCell,
  minGruCell,
  RecurError,
  rnnCell,
} from '../../src/core.js';
import { check } from '../../src/graph/check.js';
import type { Plan } from '../../src/graph/plan.js';
import { specify } from '../../src/graph/spec.js';
import { equationCell } from '../../src/streams/equation-cell.js';
import { allKinds, leakyCell, specOf } from '../cells/kinds.js';
import { uniform } from '../golden/generate.js';

const lines = (...all: string[]) => all.join('\n');
const aligned = (...all: string[]) => `\\begin{aligned}\n${all.join(' \\\\\n')}\n\\end{aligned}`;
const raw = String.raw;

describe('as text', () => {
  test.each([
    ['an RNN', rnnCell(2, 3), "h' = tanh(W_h x + U_h h)"],
    [
      'an LSTM',
      lstmCell(2, 3),
      lines(
        'i  = sigmoid(W_i x + U_i h)',
        'f  = sigmoid(W_f x + U_f h)',
        'g  = tanh(W_g x + U_g h)',
        'o  = sigmoid(W_o x + U_o h)',
        "c' = f * c + i * g",
        "h' = o * tanh(c')",
      ),
    ],
    [
      'a GRU, reset before',
      gruCell(2, 3, { resetGate: 'before', gateActivation: 'hardSigmoid' }),
      lines(
        'r  = hardSigmoid(W_r x + U_r h)',
        'z  = hardSigmoid(W_z x + U_z h)',
        'n  = tanh(W_n x + U_n (r * h))',
        "h' = (1 - z) * n + z * h",
      ),
    ],
    [
      'a JANET',
      janetCell(2, 3),
      lines(
        's  = W_f x + U_f h',
        'n  = tanh(W_n x + U_n h)',
        "h' = sigmoid(s) * h + (1 - sigmoid(s - beta)) * n",
      ),
    ],
    [
      'a FastGRNN',
      fastGrnnCell(2, 3, { activation: { name: 'elu', alpha: 0.5 } }),
      lines(
        'm  = W x + U h',
        'z  = sigmoid(m + b_z)',
        'n  = elu(alpha=0.5)(m + b_n)',
        "h' = (sigmoid(zeta) * (1 - z) + sigmoid(nu)) * n + z * h",
      ),
    ],
    ['a dense layer', denseCell(2, 3), 'y = W_y x'],
    ['a dense layer with relu', denseCell(2, 3, { activation: 'relu' }), 'y = relu(W_y x)'],
  ])('%s', (_, cell, text) => {
    expect(equations(cell)).toBe(text);
    expect(equations(cell, 'text')).toBe(text);
  });
});

describe('as LaTeX', () => {
  test.each([
    [
      'an RNN',
      rnnCell(2, 3),
      aligned(raw`h_{t} &= \tanh\left(W_{h} x_{t} + b_{Wh} + U_{h} h_{t-1} + b_{Uh}\right)`),
    ],
    [
      'a GRU without bias',
      gruCell(2, 3, { bias: false }),
      aligned(
        raw`r_{t} &= \sigma\left(W_{r} x_{t} + U_{r} h_{t-1}\right)`,
        raw`z_{t} &= \sigma\left(W_{z} x_{t} + U_{z} h_{t-1}\right)`,
        raw`n_{t} &= \tanh\left(W_{n} x_{t} + r_{t} \odot U_{n} h_{t-1}\right)`,
        raw`h_{t} &= \left(1 - z_{t}\right) \odot n_{t} + z_{t} \odot h_{t-1}`,
      ),
    ],
    [
      'a GRU',
      gruCell(2, 3),
      aligned(
        raw`r_{t} &= \sigma\left(W_{r} x_{t} + b_{Wr} + U_{r} h_{t-1} + b_{Ur}\right)`,
        raw`z_{t} &= \sigma\left(W_{z} x_{t} + b_{Wz} + U_{z} h_{t-1} + b_{Uz}\right)`,
        raw`n_{t} &= \tanh\left(W_{n} x_{t} + b_{Wn} + r_{t} \odot \left(U_{n} h_{t-1} + b_{Un}\right)\right)`,
        raw`h_{t} &= \left(1 - z_{t}\right) \odot n_{t} + z_{t} \odot h_{t-1}`,
      ),
    ],
    [
      'a LEM',
      lemCell(2, 3, { bias: false }),
      aligned(
        raw`a_{t} &= \Delta t \odot \sigma\left(W_{a} x_{t} + U_{a} h_{t-1}\right)`,
        raw`b_{t} &= \Delta t \odot \sigma\left(W_{b} x_{t} + U_{b} h_{t-1}\right)`,
        raw`c_{t} &= \left(1 - a_{t}\right) \odot c_{t-1} + a_{t} \odot \tanh\left(W_{c} x_{t} + U_{c} h_{t-1}\right)`,
        raw`h_{t} &= \left(1 - b_{t}\right) \odot h_{t-1} + b_{t} \odot \tanh\left(W_{h} x_{t} + U_{h} c_{t}\right)`,
      ),
    ],
    [
      'a FastGRNN',
      fastGrnnCell(2, 3),
      aligned(
        raw`m_{t} &= W x_{t} + U h_{t-1}`,
        raw`z_{t} &= \sigma\left(m_{t} + b_{z}\right)`,
        raw`n_{t} &= \tanh\left(m_{t} + b_{n}\right)`,
        raw`h_{t} &= \left(\sigma\left(\zeta\right) \odot \left(1 - z_{t}\right) + \sigma\left(\nu\right)\right) \odot n_{t} + z_{t} \odot h_{t-1}`,
      ),
    ],
    [
      'a leaky integrator',
      leakyCell(2, 3, { bias: false, activation: { name: 'hardSigmoid6', beta: 0.25 } }),
      aligned(
        raw`n_{t} &= \operatorname{clip}_{[0,1]}\left(0.1667 \left(W_{n} x_{t} + U_{n} h_{t-1}\right) + 0.25\right)`,
        raw`h_{t} &= \left(1 - \mathrm{rate}\right) \odot h_{t-1} + \mathrm{rate} \odot n_{t}`,
      ),
    ],
    [
      'a dense layer',
      denseCell(2, 3, { activation: 'relu' }),
      aligned(raw`y_{t} &= \max\left(0, W_{y} x_{t} + b_{y}\right)`),
    ],
  ])('%s', (_, cell, latex) => {
    expect(equations(cell, 'latex')).toBe(latex);
  });
});

/** A plan with its slots named by the activations that they stand for. */
function withoutSlots(plan: Plan, activations: Readonly<Record<string, { name: string }>>) {
  const nodes = plan.nodes.map(node =>
    node.op === 'apply' ? { ...node, slot: activations[node.slot].name } : node,
  );
  return { ...plan, nodes, slots: new Set(plan.slots.map(slot => activations[slot].name)) };
}

describe('text that is printed and read again', () => {
  // The identity is not printed, so a dense layer's plan loses a node: it has another activation.
  test.each(allKinds)('gives the plan of %s', (name, make) => {
    const cell = make(2, 4, { seed: 1, ...(name === 'dense' ? { activation: 'tanh' } : {}) });
    const { definition, activations, ...spec } = specOf(cell);
    const { name: printed, declarations, plan } = definition;
    const again = check(printed, equations(cell), declarations);
    const own = Object.fromEntries(again.plan.slots.map(slot => [slot, { name: slot }]));
    expect(withoutSlots(again.plan, own)).toEqual(withoutSlots(plan, activations));

    const { bias, clip, sizes } = spec;
    const { params } = cell;
    const { projection: projectionSize } = sizes;
    const options = { bias, clip, params, ...(projectionSize ? { projectionSize } : {}) };
    const twin = equationCell(specify(again, 2, 4, options));
    const x = uniform(1, 2, 1);
    const [state, y] = twin(undefined, x);
    expect([state, y]).toEqual(cell(undefined, x));
    expect(twin(state as never, x)).toEqual(cell(state as never, x));
  });

  test.each([
    'a * (b * c)',
    'a + (b + c)',
    'a + (b - c)',
    'a - (b - c)',
    'a - (b + c)',
    '(a - b) - c',
    '(a + b) * -(c - a)',
    '-(a * b)',
    '--a - -b',
    '-(U_n (a * b)) * (W_n x)',
    'U_n (W_n x + b) - (W x)',
    'σ(-σ(a + b) * 1e-7)',
  ])('gives %s', text => {
    const cell = defineCell('Mine', `a = W_a x\nb = W_b x\nc = W_c x\nh' = ${text}`)(2, 3, {});
    const { plan } = check('Mine', equations(cell));
    const { nodes } = specOf(cell).definition.plan;
    expect(plan.nodes.map(({ op }) => op)).toEqual(nodes.map(({ op }) => op));
    expect({ ...plan, slots: [] }).toEqual({
      ...withoutSlots(specOf(cell).definition.plan, { σ: { name: 'sigmoid' } }),
      slots: [],
    });
  });
});

describe('the identity', () => {
  const cell = lemCell(2, 3, { activation: 'identity', bias: false });

  test('keeps the brackets of its argument in text', () => {
    expect(equations(cell).split('\n')[2]).toBe("c' = (1 - a) * c + a * (W_c x + U_c h)");
    expect(equations(minGruCell(2, 3, { gateActivation: 'identity' }))).toBe(
      "z  = W_z x\nn  = W_n x\nh' = (1 - z) * h + z * n",
    );
  });

  test('keeps the brackets of its argument in LaTeX', () => {
    expect(equations(cell, 'latex').split('\n')[3]).toBe(
      raw`c_{t} &= \left(1 - a_{t}\right) \odot c_{t-1} + a_{t} \odot \left(W_{c} x_{t} + U_{c} h_{t-1}\right) \\`,
    );
  });
});

test('only one cell made of equations has equations, in one of two formats', () => {
  const wrong = [
    () => equations(chainCell(rnnCell(1, 1), denseCell(1, 1))),
    () => equations(rnnCell(1, 1), 'html' as never),
  ];
  for (const run of wrong) expect(run).toThrow(RecurError);
  expect(wrong[0]).toThrow('equations: expected a cell made of equations, got Chain(Recur(RNNCell');
  expect(wrong[1]).toThrow("equations: expected 'text' or 'latex', got 'html'");
});
