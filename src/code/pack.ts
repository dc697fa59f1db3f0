import type { CellGraph } from '../graph/graph.js';
import { namesOf } from '../graph/parameters.js';
import type { StagePlan } from './cell-plans.js';
import type { Model } from './model.js';
import type { Layout } from './plans.js';

export type Parameters = Readonly<Record<string, Float32Array>>;

/**
 * Writes the parameters of a model, as the compiled code reads them, into its weights, which begin
 * at the first number of `memory`. Packing again gives the same.
 */
export function pack(
  { all, operators }: Layout,
  { params }: Pick<Model, 'params'>,
  memory: Float32Array,
): void {
  for (const plan of all) {
    const { node, cell } = plan;
    if (node.op === 'cell' && cell) {
      const values = params[node.params];
      for (const stage of cell.stages) {
        const { biases, groups, affines } = stage;
        memory.fill(0, biases / 4, biases / 4 + groups * affines.length * 4);
        eachRow(stage, node.cell, values, (weight, from, to, step, columns, slot, bias) => {
          copy(weight, from, 1, memory, to, step, columns);
          if (bias) memory[slot] += bias[0];
        });
      }
      for (const [name, at] of cell.params) memory.set(values[name], at / 4);
    }
    operators[node.op]?.pack?.(plan as never, params, memory);
  }
}

/**
 * The rows of a stage's maps: where each begins in its weight and where it is packed, in steps of
 * `[group][column][map]`, by fours; and its bias, with the slot of that in `[group][affine]`.
 */
export function eachRow(
  { affines, args, rows, weights, biases }: StagePlan,
  { definition: { plan } }: CellGraph,
  params: Parameters,
  visit: (
    weight: Float32Array,
    from: number,
    to: number,
    step: number,
    columns: number,
    slot: number,
    bias: Float32Array | undefined,
  ) => void,
): void {
  for (const [k, { maps }] of args.entries()) {
    const { at, columns, pitch } = weights[k];
    for (const [m, { matrix, row, affine }] of maps.entries()) {
      const [weight, bias] = namesOf(plan, matrix).map(name => params[name]);
      const first = plan.rows[matrix][row].bias * rows;
      for (let r = 0; r < rows; r++) {
        const group = r >> 2;
        const lane = r & 3;
        const to = (at + group * pitch) / 4 + m * 4 + lane;
        const slot = biases / 4 + (group * affines.length + affines.indexOf(affine)) * 4 + lane;
        const own = first < 0 ? undefined : bias?.subarray(first + r);
        visit(weight, (row * rows + r) * columns, to, maps.length * 4, columns, slot, own);
      }
    }
  }
}

/** Copies numbers that lie so far apart to where they do; called often, so that it is fast soon. */
export function copy(
  from: Float32Array,
  at: number,
  step: number,
  to: Float32Array,
  begin: number,
  stride: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) to[begin + i * stride] = from[at + i * step];
}
