import { sizeOf } from '../arrays/ndarray.js';
import { namesOf, parameterShapes } from '../graph/parameters.js';
import type { EquationSpec } from '../graph/spec.js';
import { bytesOf, type MemoryPlan, type StagePlan } from './memory-plan.js';
import { isEquations, type Unit } from './units.js';

const none = new Float32Array(0);

type Parameters = Readonly<Record<string, Float32Array>>;

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
    if (isEquations(spec)) {
      if (!layer) continue;
      for (const stage of layer.stages) {
        const { biases, groups, affines } = stage;
        memory.fill(0, biases / 4, biases / 4 + groups * affines.length * 4);
        move(stage, spec, spec.params, memory, true);
      }
      for (const [name, at] of layer.params) memory.set(spec.params[name], at / 4);
    } else {
      const { size, table: values = none } = spec;
      for (let from = 0, to = table / 4; from < values.length; from += size) {
        memory.set(values.subarray(from, from + size), to);
        to += bytesOf(size) / 4;
      }
    }
  }
}

/**
 * The parameters that `pack` wrote, unit by unit; a unit of another kind has those of its table. Two
 * biases of one sum come back as their sum and 0, which packs to the same.
 */
export function unpack(
  { units: plans }: MemoryPlan,
  units: readonly Unit[],
  memory: Float32Array,
): Parameters[] {
  return plans.map(({ layer, table: at }, i) => {
    const { spec } = units[i];
    if (layer && isEquations(spec)) {
      const { definition, sizes, bias } = spec;
      const shapes = parameterShapes(definition.plan, sizes, bias);
      const params = Object.fromEntries(
        shapes.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]),
      );
      for (const stage of layer.stages) move(stage, spec, params, memory, false);
      for (const [name, from] of layer.params) {
        params[name].set(memory.subarray(from / 4, from / 4 + params[name].length));
      }
      return params;
    }
    const { size, rows = 0 } = spec as Exclude<typeof spec, EquationSpec>;
    const table = new Float32Array(rows * size);
    for (let row = 0, from = at / 4; row < rows; row++, from += bytesOf(size) / 4) {
      table.set(memory.subarray(from, from + size), row * size);
    }
    return { table };
  });
}

/**
 * Between parameters and a stage's biases `[group][affine]` and, for each argument, weights
 * `[group][column][map]`, by fours.
 */
function move(
  { affines, args, rows, weights, biases }: StagePlan,
  { definition: { plan } }: EquationSpec,
  params: Parameters,
  memory: Float32Array,
  packing: boolean,
): void {
  /** Sums whose bias has been unpacked. */
  const given = new Set<number>();
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
        const packed = at / 4 + (group * pitch) / 4 + m * 4 + lane;
        const own = (row * rows + r) * columns;
        if (packing) copy(weight, own, 1, memory, packed, step, columns);
        else copy(memory, packed, step, weight, own, 1, columns);
        if (!bias || biasRow < 0) continue;
        const slot = biases / 4 + (group * affines.length + affines.indexOf(affine)) * 4 + lane;
        if (packing) memory[slot] += bias[biasRow * rows + r];
        else if (!given.has(slot)) bias[biasRow * rows + r] = memory[slot];
        given.add(slot);
      }
    }
  }
}

/** Copies numbers that lie so far apart to where they do; called often, so that it is fast soon. */
function copy(
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
