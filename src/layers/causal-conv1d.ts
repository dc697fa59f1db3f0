import { sameSize } from '../cells/define.js';
import { scaledPlan, shiftedPlan } from '../cells/plans.js';
import { combinationSpec } from '../code/combination.js';
import type { Unit } from '../code/units.js';
import type { Activation } from '../graph/activations.js';
import { type Cell, equationSpec, type Kind } from '../streams/cell.js';
import type { StateArray } from '../streams/state.js';
import { combineUnit } from './combine.js';
import {
  type Convolution,
  type ConvolutionOptions,
  convolution,
  convolutionKind,
} from './convolution.js';
import { layerCell } from './layer-cell.js';
import { contextUnit, moveUnit } from './moves.js';

export const causalConv1dKind: Kind = /* @__PURE__ */ convolutionKind('causalConv1d', [], (...of) =>
  causalConv1dCell(...of),
);

/**
 * A convolution over the steps of a stream that looks back only: an output a step, from it and the
 * `(kernelSize − 1) · dilation` steps before, which are the state `h`, zeros at first. In PyTorch,
 * `Conv1d` after padding on the left; in Keras, `Conv1D(padding='causal')`.
 *
 * Params `weight` `[out, in / groups, kernel]`, `bias` `[out]`; the kernel's last column meets the
 * latest step. Throws a RecurError for sizes and parameters that are wrong.
 *
 * van den Oord et al. 2016, "WaveNet: a generative model for raw audio".
 *
 * @example
 * const m = stateful(causalConv1dCell(1, 1, 2, { params: { weight: [[[10, 1]]], bias: [0] } }));
 * [1, 2, 3].map(x => m(x)[0]).join(' '); // → 1 12 23
 */
export function causalConv1dCell(
  inputSize: number,
  outputSize: number,
  kernelSize: number,
  options: ConvolutionOptions = {},
): Cell<StateArray, number, number> {
  const name = 'causalConv1d';
  const conv = convolution(name, inputSize, outputSize, kernelSize, options);
  const { params, settings, text } = conv;
  const carried = (kernelSize - 1) * conv.dilation * inputSize;
  const variables = carried ? [{ name: 'h', size: carried }] : [];
  return layerCell(
    {
      ...{ kind: causalConv1dKind, text, settings, params, inputSize, outputSize },
      hiddenSize: carried,
    },
    { units: unitsOf(name, conv, carried), shape: { layer: name, variables } },
  );
}

function unitsOf(where: string, conv: Convolution, carried: number): Unit[] {
  const { inputSize, outputSize, kernelSize, dilation, groups, specs } = conv;
  const units: Unit[] = carried ? [contextUnit(where, inputSize, carried)] : [];
  const add = (unit: Unit, from: readonly number[]) => units.push({ ...unit, from }) - 1;
  const seen = units.length - 1;
  if (groups === 1 && dilation === 1) {
    add({ spec: specs[0], from: [], where }, [seen]);
    return units;
  }
  const ins = inputSize / groups;
  if (ins === 1 && groups === outputSize) {
    depthwise(where, conv, carried, seen, add);
    return units;
  }
  const parts = specs.map((spec, g) => {
    const moves = Array.from({ length: kernelSize }, (_, k) => {
      return { from: 0, at: k * dilation * inputSize + g * ins, to: k * ins, count: ins };
    });
    const window = moveUnit(where, carried + inputSize, kernelSize * ins, moves);
    return add({ spec, from: [], where }, [add(window, [seen])]);
  });
  if (groups > 1) {
    const sizes = parts.map(() => outputSize / groups);
    add({ spec: combineUnit('concat', sizes), from: [], where }, parts);
  }
  return units;
}

const scaled = /* @__PURE__ */ sameSize('Scaled', 'y = weight * x', scaledPlan, {
  vectors: { weight: 1 },
});
const shifted = /* @__PURE__ */ sameSize('Shifted', 'y = φ(x + bias)', shiftedPlan, {
  vectors: { bias: 0 },
});

/** A kernel for each feature: the features of each tap's step at once, element by element. */
function depthwise(
  where: string,
  { inputSize, kernelSize, dilation, params, settings }: Convolution,
  carried: number,
  seen: number,
  add: (unit: Unit, from: readonly number[]) => number,
): void {
  const taps = Array.from({ length: kernelSize }, (_, k) => {
    const at = k * dilation * inputSize;
    const move = { from: 0, at, to: 0, count: inputSize };
    const step = add(moveUnit(where, carried + inputSize, inputSize, [move]), [seen]);
    const weight = Float32Array.from({ length: inputSize }, (_, i) => {
      return params.weight[i * kernelSize + k];
    });
    const spec = equationSpec(where, scaled(inputSize, { params: { weight } }));
    return add({ spec, from: [], where }, [step]);
  });
  const sum = add({ spec: combinationSpec('add', kernelSize, inputSize), from: [], where }, taps);
  const { bias = new Float32Array(inputSize) } = params;
  const activation = settings.activation as Activation;
  const spec = equationSpec(where, shifted(inputSize, { activation, params: { bias } }));
  add({ spec, from: [], where }, [sum]);
}
