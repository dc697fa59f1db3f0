import { expect } from 'vitest';
import * as rxrecur from '../../src/index.js';
import { byName, projectedLstmCell } from '../cells/kinds.js';
import { type GoldenCase, uniform } from './generate.js';

type AnyLayer = rxrecur.Layer<unknown, number, number>;
type MakeLayer = (inputSize: number, size: number, options: object) => AnyLayer;

/** What a model computed in a golden case's 1,000 steps: every output, each layer's last state. */
export interface Run {
  readonly ys: readonly ArrayLike<number>[];
  readonly final: readonly Readonly<Record<string, ArrayLike<number>>>[];
}

/** The layers of a case, its tensors drawn. */
export function layersOf(golden: GoldenCase): AnyLayer[] {
  const { cell, inputSize, hiddenSize, projectionSize, bias, options, scalars = {} } = golden;
  const constructors = rxrecur as unknown as Readonly<Record<string, MakeLayer>>;
  const projected = (i: number, h: number, o: object) =>
    rxrecur.recur(projectedLstmCell(i, h, { ...o, projectionSize: projectionSize ?? h }));
  const make = projectionSize ? (projected as unknown as MakeLayer) : constructors[cell];
  return Array.from({ length: golden.layers }, (_, layer) => {
    const tensors = golden.tensors.filter(tensor => tensor.layer === layer);
    const drawn = tensors.map(({ name, shape, seed, scale }) => {
      const count = shape.reduce((product, n) => product * n, 1);
      return [name, uniform(seed, count, scale)];
    });
    const params = { ...Object.fromEntries(drawn), ...scalars };
    const input = layer === 0 ? inputSize : (projectionSize ?? hiddenSize);
    return make(input, hiddenSize, { ...options, bias, params });
  });
}

/** A case's inputs, one vector a step. */
function inputsOf({ inputSeed, inputSize, steps }: GoldenCase): Float32Array[] {
  const all = uniform(inputSeed, steps * inputSize, 1);
  return Array.from({ length: steps }, (_, t) => all.subarray(t * inputSize, (t + 1) * inputSize));
}

/** The case by the backend in use, free-running; several layers as one chain. */
export function runModel(golden: GoldenCase): Run {
  const layers = layersOf(golden);
  const [first, ...rest] = layers as [AnyLayer, ...AnyLayer[]];
  const model = rxrecur.stateful(rest.length ? chained([first, ...rest]) : first);
  const ys = model.map(inputsOf(golden));
  const states = rest.length ? (model.state as unknown[]) : [model.state];
  return { ys, final: states.map((state, k) => byName(layers[k].cell, state)) };
}

/** `chain` of layers whose number is not known to the types. */
function chained(layers: [AnyLayer, ...AnyLayer[]]): AnyLayer {
  return rxrecur.chain(...(layers as [AnyLayer])) as unknown as AnyLayer;
}

/** The case by the float64 reference, nothing rounded between steps or layers. */
export function runReference(golden: GoldenCase): Run {
  let ys: ArrayLike<number>[] = inputsOf(golden);
  const final = layersOf(golden).map(layer => {
    const step = rxrecur.reference(layer.cell);
    let state = byName(layer.cell, layer.initialState());
    ys = ys.map(x => {
      const next = step(state, x);
      state = next.state;
      return next.y;
    });
    return state;
  });
  return { ys, final };
}

/** Largest |y − ref| / max(1, |ref|) over what the case keeps of outputs and final states. */
export function worstOf({ ys, final }: Run, golden: GoldenCase): number {
  expect(ys).toHaveLength(golden.steps);
  const outputs = golden.at.map((t, k) => deviation(ys[t], golden.y[k], golden.units));
  const states = golden.final.flatMap((kept, layer) =>
    Object.entries(kept).map(([name, values]) =>
      deviation(final[layer][name], values, golden.units),
    ),
  );
  return Math.max(...outputs, ...states);
}

function deviation(
  got: ArrayLike<number>,
  expected: readonly number[],
  units: readonly number[],
): number {
  return Math.max(
    ...units.map(
      (unit, k) => Math.abs(got[unit] - expected[k]) / Math.max(1, Math.abs(expected[k])),
    ),
  );
}

/** Law 6: 1e-6 for one layer, 2e-6 for chains of up to three. */
export function lawOf({ layers }: GoldenCase): number {
  return layers === 1 ? 1e-6 : 2e-6;
}
