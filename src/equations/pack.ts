import { bytesOf, type MemoryPlan, type StagePlan } from './memory-plan.js';
import { namesOf } from './parameters.js';
import type { EquationSpec } from './spec.js';
import type { LookupSpec, Unit } from './units.js';

/** Writes the parameters of a model's units into its memory, as the compiled code reads them. */
export function pack(
  { units: plans }: MemoryPlan,
  units: readonly Unit[],
  memory: Float32Array,
): void {
  for (const [i, { layer, table }] of plans.entries()) {
    const { spec } = units[i];
    if (spec.kind === 'lookup') packTable(spec, table, memory);
    if (!layer || spec.kind !== 'equations') continue;
    for (const stage of layer.stages) packStage(stage, spec, memory);
    for (const [name, at] of layer.params) memory.set(spec.params[name], at / 4);
  }
}

/** Rows of a table, each from a whole group on. */
function packTable({ count, size, table }: LookupSpec, at: number, memory: Float32Array): void {
  for (let i = 0, to = at / 4; i < count; i++, to += bytesOf(size) / 4) {
    memory.set(table.subarray(i * size, (i + 1) * size), to);
  }
}

/** Biases `[group][affine]` and, for each argument, weights `[group][column][map]`, by fours. */
function packStage(stage: StagePlan, { definition, params }: EquationSpec, memory: Float32Array) {
  const { plan } = definition;
  const { affines, args, rows, weights, biases } = stage;
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
