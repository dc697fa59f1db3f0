import { bytesOf, type MemoryPlan, type StagePlan } from './memory-plan.js';
import { namesOf } from './parameters.js';
import type { EquationSpec } from './spec.js';
import { isEquations, type Unit } from './units.js';

const none = new Float32Array(0);

/**
 * Writes the parameters of a model's units, as the compiled code reads them, into its weights, which
 * begin at the first number of `memory`. Packing again gives the same.
 */
export function pack(
  { units: plans }: MemoryPlan,
  units: readonly Unit[],
  memory: Float32Array,
): void {
  for (const [i, { layer, table }] of plans.entries()) {
    const { spec } = units[i];
    if (!isEquations(spec)) {
      const { size, table: values = none } = spec;
      for (let from = 0, to = table / 4; from < values.length; from += size) {
        memory.set(values.subarray(from, from + size), to);
        to += bytesOf(size) / 4;
      }
    }
    if (!layer || !isEquations(spec)) continue;
    for (const stage of layer.stages) packStage(stage, spec, memory);
    for (const [name, at] of layer.params) memory.set(spec.params[name], at / 4);
  }
}

/** Biases `[group][affine]` and, for each argument, weights `[group][column][map]`, by fours. */
function packStage(stage: StagePlan, { definition, params }: EquationSpec, memory: Float32Array) {
  const { plan } = definition;
  const { affines, args, rows, groups, weights, biases } = stage;
  memory.fill(0, biases / 4, biases / 4 + groups * affines.length * 4);
  for (const [k, { maps }] of args.entries()) {
    const { at, columns, pitch } = weights[k];
    for (const [m, { matrix, row, affine }] of maps.entries()) {
      const [weightName, biasName] = namesOf(plan, matrix);
      const [weight, bias] = [params[weightName], params[biasName]];
      const biasRow = plan.rows[matrix][row].bias;
      const step = maps.length * 4;
      for (let r = 0; r < rows; r++) {
        const group = r >> 2;
        const lane = r & 3;
        let to = at / 4 + (group * pitch) / 4 + m * 4 + lane;
        const from = (row * rows + r) * columns;
        for (let c = from; c < from + columns; c++, to += step) memory[to] = weight[c];
        if (bias && biasRow >= 0) {
          const slot = group * affines.length + affines.indexOf(affine);
          memory[biases / 4 + slot * 4 + lane] += bias[biasRow * rows + r];
        }
      }
    }
  }
}
