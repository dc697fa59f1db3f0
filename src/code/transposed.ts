import { mismatch } from '../errors.js';
import type { NodeOf } from '../graph/graph.js';
import { namesOf } from '../graph/parameters.js';
import { transposedProduct } from '../kernels/wasm/transposed.js';
import { groupBytes } from './layout.js';
import { baseOf } from './places.js';
import type { LayoutPlanner, NodePlan, Operator, RowPlaces, SharedWeights } from './plans.js';
import type { RunNode } from './runs.js';

/**
 * y = Mᵀ v: v `[rows]`, y `[size]`, M a block `[rows, size]` of a parameter of a cell that is
 * anywhere in the model. The weights are that cell's, which are packed once.
 */
export const transposed: Operator = {
  plan: ({ all }: LayoutPlanner, node: NodeOf<'transposed'>) => ({ shared: () => find(all, node) }),
  code(
    e,
    { node: { rows, size }, shared }: NodePlan<NodeOf<'transposed'>>,
    { inputs: [vector], output }: RowPlaces,
  ) {
    if (!shared) return [];
    const { at, ...steps } = shared();
    return transposedProduct(e, {
      ...{ weights: e.weights, weightsAt: at, ...steps, rows, columns: size },
      ...{ vector: baseOf(vector), vectorAt: vector.at },
      ...{ output: baseOf(output), outputAt: output.at },
    });
  },
  run(planner, node: NodeOf<'transposed'>) {
    const parameter = planner.params[node.params]?.[node.name];
    if (!parameter) throw missing(node);
    return multiplying(node, parameter);
  },
};

const missing = ({ where, name, params }: NodeOf<'transposed'>) =>
  mismatch(where, `a cell of the model with ${name} in its parameters`, `none (${params})`);

/** The weights of the map as a cell has them. */
function find(all: readonly NodePlan[], own: NodeOf<'transposed'>): SharedWeights {
  for (const { node, cell } of all) {
    if (node.op !== 'cell' || node.params !== own.params) continue;
    const { plan } = node.cell.definition;
    for (const { args, weights } of cell?.stages ?? []) {
      for (const [k, { maps }] of args.entries()) {
        const m = maps.findIndex(({ matrix, row }) => {
          return row === own.row && namesOf(plan, matrix)[0] === own.name;
        });
        if (m < 0) continue;
        const { at, pitch } = weights[k];
        return { at: at + m * groupBytes, pitch, column: maps.length * groupBytes };
      }
    }
  }
  throw missing(own);
}

/** In doubles, row by row. */
function multiplying({ rows, size, row }: NodeOf<'transposed'>, parameter: Float32Array): RunNode {
  const begin = row * rows * size;
  const matrix = Float64Array.from(parameter.subarray(begin, begin + rows * size));
  const sums = new Float64Array(size);
  return (memory, _, [v], _now, _next, y) => {
    sums.fill(0);
    for (let r = 0; r < rows; r++) {
      const x = memory[v + r];
      for (let i = 0; i < size; i++) sums[i] += matrix[r * size + i] * x;
    }
    for (let i = 0; i < size; i++) memory[y + i] = sums[i];
    return 0;
  };
}
