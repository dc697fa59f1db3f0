import { isNdArray, sliceAt, type Vec, wrap } from '../arrays/ndarray.js';
import { readNumbers } from '../arrays/numbers.js';
import { inputsOf, outputsOf } from '../graph/ports.js';
import { evaluator, type ReferenceState } from '../graph/reference.js';
import type { EquationSpec } from '../graph/spec.js';
import { type AnyCell, type Cell, internals } from '../streams/cell.js';
import type { Flow } from '../streams/flow.js';
import type { LayerReading } from '../streams/layer-reading.js';
import { layerText } from '../streams/model.js';
import { joins } from './combine.js';
import { rowOf } from './each.js';
import { windowReadings } from './window-readings.js';

type Evaluate = ReturnType<typeof evaluator>;
const evaluators = new WeakMap<EquationSpec, Evaluate>();

/**
 * What goes on in a model's layers in a step from a state, in the public form, with an input: the
 * equations evaluated in double precision, beside the step that is taken. Of layers in a window, it
 * is the last step that each takes there. Plain functions are called once more for each step.
 */
export function readingsOf(cell: AnyCell, state: unknown, x: unknown): readonly LayerReading[] {
  const readings: LayerReading[] = [];
  const through = (member: AnyCell, own: unknown, input: unknown): unknown => {
    const { spec } = member[internals];
    if ('members' in spec) {
      const { kind, members, through: go } = spec;
      if (kind.sameState) return members.length ? through(members[0], own, input) : input;
      if (kind.name === 'window') {
        readings.push(...windowReadings(spec, columnsOf(input), readingsOf));
      }
      if (kind.name === 'each') {
        const { inputSize = 0 } = members[0];
        const states = own as readonly unknown[];
        const ys = states.map((state, i) => through(members[0], state, rowOf(input, i, inputSize)));
        return joins.values('each', 'concat', ys);
      }
      if (!go) return (member as Cell)(own, input as Vec)[1];
      const flow: Flow<unknown> = {
        member: (i, value) => through(members[i], (own as unknown[])[i], value),
        joined: (by, values, where) => joins.values(where, by, values),
      };
      return go(flow, input);
    }
    if (spec.kind === 'function') {
      const fn = spec.fn as (...given: unknown[]) => unknown;
      return spec.stateful ? (fn(own, input) as unknown[])[1] : fn(input);
    }
    const { reading, y } = readLayer(spec, layerText(member), own, input);
    readings.push(reading);
    return y;
  };
  through(cell, state, x);
  return readings;
}

function readLayer(spec: EquationSpec, layer: string, state: unknown, x: unknown) {
  let evaluate = evaluators.get(spec);
  if (!evaluate) evaluators.set(spec, (evaluate = evaluator(spec)));
  const { plan } = spec.definition;
  const { states } = plan;
  const [{ name: answer, dimension }] = outputsOf(plan);
  const names = inputsOf(plan).map(({ name }) => name);
  const given = [...names, ...Object.keys(spec.params), ...Object.keys(spec.constants)];
  const own = new Set([...given, ...states.flatMap(({ name }) => [name, `${name}'`])]);
  const values: Record<string, Float64Array[]> = {};
  const norms: Record<string, number[]> = {};
  const inputs = columnsOf(x);
  const parts = states.map(({ name }) => {
    const part = states.length > 1 ? (state as Record<string, unknown>)[name] : state;
    return [name, columnsOf(part)] as const;
  });
  const ys = inputs.map((column, j) => {
    // A state before the first datum is of one stream, whatever the batch will be.
    const before = parts.map(([name, columns]) => [name, columns[j] ?? columns[0]]);
    const named = evaluate(Object.fromEntries(before) as ReferenceState, column);
    for (const [name, value] of named) if (!own.has(name)) (values[name] ??= []).push(value);
    for (const { name } of states) {
      (norms[name] ??= []).push(Math.hypot(...(named.get(`${name}'`) as Float64Array)));
    }
    // A state's name means its next value; h' is the output where no line defines y.
    return [`${answer}'`, answer, "h'"].map(own => named.get(own)).find(Boolean) as Float64Array;
  });
  const size = spec.sizes[dimension];
  const data = Float32Array.from({ length: size * ys.length }, (_, k) => {
    return ys[k % ys.length][Math.floor(k / ys.length)];
  });
  // A plain function that comes next is given the form in which its step gets it.
  const y = isNdArray(x) ? wrap(data, [size, ...x.shape.slice(1)], x) : data;
  return { reading: { layer, values, norms }, y };
}

/** The streams of an input or a state, as doubles. */
function columnsOf(value: unknown): readonly Float64Array[] {
  if (isNdArray(value) && value.shape.length === 2) {
    return Array.from({ length: value.shape[1] }, (_, j) => columnsOf(sliceAt(value, 1, j))[0]);
  }
  return [Float64Array.from(readNumbers('telemetry', value, 'a vector').values)];
}
