import { expect, test } from 'vitest';
import { defineCell, equations, rnnCell } from '../../src/core.js';
import { activationNames } from '../../src/graph/activations.js';
import { differentiate } from '../../src/graph/differentiate.js';
import { columnsOf, namesOf } from '../../src/graph/parameters.js';
import { inputsOf, outputsOf } from '../../src/graph/ports.js';
import type { ReferenceState } from '../../src/graph/reference.js';
import type { EquationSpec } from '../../src/graph/spec.js';
import type { PortCell } from '../../src/streams/cell.js';
import { specOf } from '../cells/kinds.js';
import { uniform } from '../golden/generate.js';
import { valuesOf } from './evaluate.js';
import { gradientCells } from './gradient-cells.js';

// The loss is Σ w·y over all steps and outputs plus Σ w·h over the last states, with random w. Its
// gradient by the adjoint is held to central differences of the plan, both in double precision.

type Vectors = Record<string, Float64Array>;

/** All that a loss depends on. */
interface Point {
  readonly params: Vectors;
  readonly states: Vectors;
  /** By step, then by input. */
  readonly inputs: readonly Vectors[];
}

/** The weights of the loss. */
interface Weights {
  readonly outputs: readonly Vectors[];
  readonly states: Vectors;
}

const count = 7;
const doubles = (seed: number, size: number, scale: number) =>
  Float64Array.from(uniform(seed, size, scale));
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);

function pointOf({ definition: { plan }, sizes, params }: EquationSpec): Point {
  const random = Object.entries(params).map(([name, { length }], i) => {
    const isStatistic = name === 'runningVar';
    const own = doubles(50 + i, length, 0.8);
    return [name, isStatistic ? own.map(v => 1 + v * v) : own];
  });
  return {
    params: Object.fromEntries(random),
    states: Object.fromEntries(
      plan.states.map(({ name, dimension }, i) => [name, doubles(i + 1, sizes[dimension], 0.7)]),
    ),
    inputs: Array.from({ length: count }, (_, t) =>
      Object.fromEntries(
        inputsOf(plan).map(({ name, dimension }, i) => [
          name,
          doubles(100 + 10 * t + i, sizes[dimension], 1.5),
        ]),
      ),
    ),
  };
}

function weightsOf({ definition: { plan }, sizes }: EquationSpec): Weights {
  const of = (ports: readonly { name: string; dimension: string }[], seed: number) =>
    Object.fromEntries(
      ports.map(({ name, dimension }, i) => [name, doubles(seed + i, sizes[dimension], 1)]),
    );
  return {
    outputs: Array.from({ length: count }, (_, t) => of(outputsOf(plan), 500 + 10 * t)),
    states: of(plan.states, 900),
  };
}

const at = (spec: EquationSpec, params: Vectors) =>
  ({ ...spec, params }) as unknown as EquationSpec;

/** The values of all nodes at each step. */
function forwards(spec: EquationSpec, { params, states, inputs }: Point) {
  const { plan } = spec.definition;
  let state: ReferenceState = states;
  return inputs.map(x => {
    const before = state;
    const { values } = valuesOf(at(spec, params), plan.nodes, state, x);
    state = Object.fromEntries(plan.states.map(({ name, node }) => [name, values[node]]));
    return { before, x, values, after: state };
  });
}

function lossAt(spec: EquationSpec, point: Point, weights: Weights): number {
  const { plan } = spec.definition;
  const steps = forwards(spec, point);
  const ofOutputs = steps.map(({ values }, t) =>
    outputsOf(plan).reduce(
      (sum, { name, node }) => sum + dot(values[node], weights.outputs[t][name]),
      0,
    ),
  );
  const last = steps[count - 1].after;
  const ofStates = plan.states.map(({ name }) => dot(last[name], weights.states[name]));
  return [...ofOutputs, ...ofStates].reduce((sum, v) => sum + v, 0);
}

/** Backwards through time, with the adjoint. */
function gradientAt(spec: EquationSpec, point: Point, weights: Weights): Point {
  const { plan } = spec.definition;
  const { sizes } = spec;
  const adjoint = differentiate(at(spec, point.params));
  const params = Object.fromEntries(
    Object.entries(point.params).map(([name, { length }]) => [name, new Float64Array(length)]),
  );
  const inputs: Vectors[] = [];
  let states: Vectors = weights.states;
  for (const [t, { values, x }] of [...forwards(spec, point).entries()].reverse()) {
    const given: Vectors = {};
    for (const { name, node } of adjoint.saved) given[name] = values[node];
    for (const [i, { name }] of adjoint.seeds.entries()) {
      given[name] = weights.outputs[t][outputsOf(plan)[i].name];
    }
    const { nodes, states: ends } = adjoint.spec.definition.plan;
    const back = valuesOf(adjoint.spec, nodes, states, given).values;
    const dx = Object.fromEntries(
      Object.entries(x).map(([name, { length }]) => [name, new Float64Array(length)]),
    );
    for (const { of, node } of adjoint.inputs) {
      const port = plan.nodes[of] as { readonly name: string };
      dx[port.name] = dx[port.name].map((v, i) => v + back[node][i]);
    }
    for (const { of, node } of adjoint.learned) {
      const { name } = plan.nodes[of] as { readonly name: string };
      params[name] = params[name].map((v, i) => v + back[node][i]);
    }
    for (const { of, node } of adjoint.deltas) {
      const affine = plan.nodes[of];
      if (affine.op !== 'affine') throw new Error('a delta of no affine node');
      for (const map of affine.maps) {
        const [weight, bias] = namesOf(plan, map.matrix);
        const columns = sizes[columnsOf(plan, map.matrix)];
        const rows = back[node].length;
        const { bias: block } = plan.rows[map.matrix][map.row];
        const argument = plan.nodes[map.of];
        for (let i = 0; i < rows; i++) {
          const begin = (map.row * rows + i) * columns;
          if (block >= 0 && params[bias]) params[bias][block * rows + i] += back[node][i];
          for (let j = 0; j < columns; j++) {
            params[weight][begin + j] += back[node][i] * values[map.of][j];
            if (argument.op === 'port') {
              dx[argument.name][j] += back[node][i] * point.params[weight][begin + j];
            }
          }
        }
      }
    }
    inputs[t] = dx;
    states = Object.fromEntries(ends.map(({ name, node }) => [name, back[node]]));
  }
  return { params, states, inputs };
}

/** Central differences with respect to every number of a point, extrapolated (Richardson). */
function differencesAt(spec: EquationSpec, point: Point, weights: Weights): Point {
  const slopes = (vector: Float64Array) =>
    vector.map((value, i) => {
      const lossOf = (v: number) => {
        vector[i] = v;
        const loss = lossAt(spec, point, weights);
        vector[i] = value;
        return loss;
      };
      const slope = (d: number) => (lossOf(value + d) - lossOf(value - d)) / (2 * d);
      return (4 * slope(1e-4) - slope(2e-4)) / 3;
    });
  const all = (vectors: Vectors) =>
    Object.fromEntries(Object.entries(vectors).map(([name, v]) => [name, slopes(v)]));
  return { params: all(point.params), states: all(point.states), inputs: point.inputs.map(all) };
}

const flat = ({ params, states, inputs }: Point) =>
  [params, states, ...inputs].flatMap(vectors => Object.values(vectors).flatMap(v => [...v]));

function errorOf(cell: PortCell): number {
  const spec = specOf(cell);
  const [point, weights] = [pointOf(spec), weightsOf(spec)];
  const own = flat(gradientAt(spec, point, weights));
  const expected = flat(differencesAt(spec, point, weights));
  expect(own.length).toBe(expected.length);
  const size = Math.max(1, ...expected.map(Math.abs));
  return Math.max(...own.map((v, i) => Math.abs(v - expected[i]))) / size;
}

test.each(gradientCells.map(cell => [equations(cell), cell] as const))(
  'the adjoint of %j',
  (_, cell) => {
    expect(errorOf(cell)).toBeLessThan(1e-8);
  },
);

test.each(activationNames)('the derivative of %s', name => {
  // What enters a root is above 0, and what is inverted is not near it.
  const argument = ['sqrt', 'reciprocal'].includes(name) ? '1 + a * a' : 'a';
  const text = `a = W_a x + U_a h\nh' = tanh(own(${argument}))`;
  const sums = defineCell('Sums', text, { activations: { own: name } });
  expect(errorOf(sums(3, 4) as unknown as PortCell)).toBeLessThan(1e-8);
});

test('a linear RNN 1→1 has the gradient of pencil and paper: 11, 66, 5, 16', () => {
  const params = { weightIh: [5], weightHh: [4], biasIh: [0], biasHh: [0] };
  const spec = specOf(rnnCell(1, 1, { activation: 'identity', params }));
  const zero = { y: new Float64Array(1) };
  const point = {
    params: Object.fromEntries(
      Object.entries(spec.params).map(([name, v]) => [name, Float64Array.from(v)]),
    ),
    states: { h: Float64Array.of(7) },
    inputs: [2, 3].map(x => ({ x: Float64Array.of(x) })),
  };
  const weights = {
    outputs: [zero, { y: Float64Array.of(1) }],
    states: { h: new Float64Array(1) },
  };
  const { params: own, states } = gradientAt(spec, point, weights);
  expect([own.weightIh, own.weightHh, own.biasIh, states.h].map(([v]) => v)).toEqual([
    ...[11, 66, 5, 16],
  ]);
});
