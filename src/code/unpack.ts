import { sizeOf } from '../arrays/ndarray.js';
import type { CellGraph } from '../graph/graph.js';
import { parameterShapes } from '../graph/parameters.js';
import { bytesOf } from './layout.js';
import { copy, eachRow, type Parameters } from './pack.js';
import type { Layout, NodePlan } from './plans.js';

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
  for (const stage of cell?.stages ?? []) {
    /** Sums whose bias has been unpacked. */
    const taken = new Set<number>();
    eachRow(stage, graph, params, (weight, to, from, step, columns, slot, own) => {
      copy(memory, from, step, weight, to, 1, columns);
      if (!own) return;
      if (!taken.has(slot)) own[0] = memory[slot];
      taken.add(slot);
    });
  }
  for (const [name, from] of cell?.params ?? []) {
    params[name].set(memory.subarray(from / 4, from / 4 + params[name].length));
  }
  return params;
}
