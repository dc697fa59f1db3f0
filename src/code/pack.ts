import { sizeOf } from '../arrays/ndarray.js';
import type { CellGraph } from '../graph/graph.js';
import { namesOf, parameterShapes } from '../graph/parameters.js';
import type { StagePlan } from './cell-plans.js';
import { bytesOf } from './layout.js';
import type { Model } from './model.js';
import type { Layout, NodePlan } from './plans.js';

type Parameters = Readonly<Record<string, Float32Array>>;

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
        move(stage, node.cell, values, memory, true);
      }
      for (const [name, at] of cell.params) memory.set(values[name], at / 4);
    }
    operators[node.op]?.pack?.(plan as never, params, memory);
  }
}

/**
 * The parameters that `pack` wrote, in the order of the model's. Two biases of one sum come back as
 * their sum and 0, which packs to the same.
 */
export function unpack({ all }: Layout, memory: Float32Array): Parameters[] {
  const found: Parameters[] = [];
  for (const plan of all) {
    const { node, table } = plan;
    if (node.op === 'cell') found[node.params] = unpackCell(plan, node.cell, memory);
    if (node.op !== 'row') continue;
    const { rows, size } = node;
    const weight = new Float32Array(rows * size);
    for (let row = 0, from = table / 4; row < rows; row++, from += bytesOf(size) / 4) {
      weight.set(memory.subarray(from, from + size), row * size);
    }
    found[node.params] = { weight };
  }
  return found;
}

function unpackCell({ cell }: NodePlan, graph: CellGraph, memory: Float32Array): Parameters {
  const { definition, sizes, bias } = graph;
  const shapes = parameterShapes(definition.plan, sizes, bias);
  const params = Object.fromEntries(
    shapes.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]),
  );
  for (const stage of cell?.stages ?? []) move(stage, graph, params, memory, false);
  for (const [name, from] of cell?.params ?? []) {
    params[name].set(memory.subarray(from / 4, from / 4 + params[name].length));
  }
  return params;
}

/**
 * Between parameters and a stage's biases `[group][affine]` and, for each argument, weights
 * `[group][column][map]`, by fours.
 */
function move(
  { affines, args, rows, weights, biases }: StagePlan,
  { definition: { plan } }: CellGraph,
  params: Parameters,
  memory: Float32Array,
  packing: boolean,
): void {
  /** Sums whose bias has been unpacked. */
  const unpacked = new Set<number>();
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
        const canonical = (row * rows + r) * columns;
        if (packing) copy(weight, canonical, 1, memory, packed, step, columns);
        else copy(memory, packed, step, weight, canonical, 1, columns);
        if (!bias || biasRow < 0) continue;
        const slot = biases / 4 + (group * affines.length + affines.indexOf(affine)) * 4 + lane;
        if (packing) memory[slot] += bias[biasRow * rows + r];
        else if (!unpacked.has(slot)) bias[biasRow * rows + r] = memory[slot];
        unpacked.add(slot);
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
