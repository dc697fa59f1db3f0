import { sameSize } from '../cells/define.js';
import { scaledPlan, shiftedPlan } from '../cells/plans.js';
import type { ModelBuilder } from '../code/model.js';
import { move } from '../code/rows.js';
import type { Activation } from '../graph/activations.js';
import type { EquationSpec } from '../graph/spec.js';
import { cellModel } from '../streams/cell.js';
import { equationSpec } from '../streams/equation-cell.js';
import { joinNode } from './combine.js';
import type { Convolution } from './convolution.js';

/**
 * A convolution of steps that lie in one vector, each tap so many steps after the one before:
 * `seen` is the vector, the answer the node of the output.
 */
export function convolve(
  builder: ModelBuilder,
  where: string,
  conv: Convolution,
  seen: number,
  spacing: number,
): number {
  const { inputSize, outputSize, kernelSize, groups, specs } = conv;
  const add = (spec: EquationSpec, of: number) => builder.inline(cellModel(spec, where), [of], '');
  if (groups === 1 && spacing === 1) return add(specs[0], seen);
  const ins = inputSize / groups;
  if (ins === 1 && groups === outputSize) return depthwise(builder, where, conv, seen, spacing);
  const parts = specs.map((spec, g) => {
    const moves = Array.from({ length: kernelSize }, (_, k) => {
      return { from: 0, at: k * spacing * inputSize + g * ins, to: k * ins, count: ins };
    });
    const size = kernelSize * ins;
    return add(spec, builder.add({ op: 'move', moves, state: 0, of: [seen], size, where }, move));
  });
  if (groups === 1) return parts[0];
  return joinNode(builder, 'concat', parts, where);
}

const scaled = /* @__PURE__ */ sameSize('Scaled', 'y = weight * x', scaledPlan, {
  vectors: { weight: 1 },
});
const shifted = /* @__PURE__ */ sameSize('Shifted', 'y = φ(x + bias)', shiftedPlan, {
  vectors: { bias: 0 },
});

/** A kernel for each feature: the features of each tap's step at once, element by element. */
function depthwise(
  builder: ModelBuilder,
  where: string,
  { inputSize, kernelSize, params, settings }: Convolution,
  seen: number,
  spacing: number,
): number {
  const size = inputSize;
  const taps = Array.from({ length: kernelSize }, (_, k) => {
    const moves = [{ from: 0, at: k * spacing * inputSize, to: 0, count: inputSize }];
    const step = builder.add({ op: 'move', moves, state: 0, of: [seen], size, where }, move);
    const weight = Float32Array.from({ length: inputSize }, (_, i) => {
      return params.weight[i * kernelSize + k];
    });
    const spec = equationSpec(where, scaled(inputSize, { params: { weight } }));
    return builder.inline(cellModel(spec, where), [step], '');
  });
  const sum = joinNode(builder, 'add', taps, where);
  const { bias = new Float32Array(inputSize) } = params;
  const activation = settings.activation as Activation;
  const spec = equationSpec(where, shifted(inputSize, { activation, params: { bias } }));
  return builder.inline(cellModel(spec, where), [sum], '');
}
