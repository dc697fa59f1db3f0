import type { ReferenceState } from '../../src/core.js';
import { columnsOf, namesOf } from '../../src/graph/parameters.js';
import type { PlanNode } from '../../src/graph/plan.js';
import { outputsOf } from '../../src/graph/ports.js';
import type { ReferenceInput } from '../../src/graph/reference.js';
import type { EquationSpec } from '../../src/graph/spec.js';
import { activationLoops } from '../../src/kernels/activation-loops.js';
import type { PortCell } from '../../src/streams/cell.js';
import { specOf } from '../cells/kinds.js';

/** What a plan computes in float64, and A of law 6: the largest Σ|w·v| + |b| of a row. */
export interface Evaluated {
  readonly state: ReferenceState;
  /** The first output; all of them are in `outputs`. */
  readonly y: Float64Array;
  readonly outputs: Readonly<Record<string, Float64Array>>;
  readonly largestRow: number;
}

/**
 * A cell's plan evaluated node by node: a second reader, beside `reference`, which reads the text.
 */
export function evaluatePlan(cell: PortCell, state: ReferenceState, x: ReferenceInput): Evaluated {
  const spec = specOf(cell);
  const { plan } = spec.definition;
  const { nodes, states, output } = plan;
  const { values, largestRow } = valuesOf(spec, nodes, state, x);
  const next = states.map(({ name, node }) => [name, values[node]]);
  const outputs = outputsOf(plan).map(({ name, node }) => [name, values[node]]);
  return {
    state: Object.fromEntries(next),
    y: values[output],
    outputs: Object.fromEntries(outputs),
    largestRow,
  };
}

/** The values of nodes, each made of earlier ones. */
export function valuesOf(
  spec: EquationSpec,
  nodes: readonly PlanNode[],
  state: ReferenceState,
  x: ReferenceInput,
): { readonly values: Float64Array[]; readonly largestRow: number } {
  const values: Float64Array[] = [];
  let largestRow = 0;
  for (const node of nodes) {
    if (node.op !== 'affine') values.push(leafOrOperation(spec, node, values, state, x));
    else {
      const { sums, sizes } = affine(spec, node, values);
      values.push(sums);
      largestRow = Math.max(largestRow, ...sizes);
    }
  }
  return { values, largestRow };
}

function leafOrOperation(
  { params, constants, activations, sizes, clip = Number.POSITIVE_INFINITY }: EquationSpec,
  node: Exclude<PlanNode, { op: 'affine' }>,
  values: readonly Float64Array[],
  state: ReferenceState,
  x: ReferenceInput,
): Float64Array {
  switch (node.op) {
    case 'port':
      return Float64Array.from((node.name in x ? x[node.name as never] : x) as number[]);
    case 'state':
      return state[node.name];
    case 'number':
      return new Float64Array(sizes[node.dimension]).fill(node.value);
    case 'constant':
      return Float64Array.of(constants[node.name]);
    case 'parameter':
      return Float64Array.from(params[node.name]);
    case 'apply': {
      const { name, alpha, beta, clipped } = activations[node.slot];
      const bound = clipped ? clip : Number.POSITIVE_INFINITY;
      const v = values[node.of].map(a => Math.min(bound, Math.max(-bound, a)));
      activationLoops[name](v, 0, v.length, alpha, beta);
      return v;
    }
    case 'reduce': {
      const v = [...values[node.of]];
      const sum = v.reduce((total, value) => total + value, 0);
      return Float64Array.of({ sum, mean: sum / v.length, max: Math.max(...v) }[node.by]);
    }
    default: {
      const [a, b] = [values[node.left], values[node.right]];
      const longer = a.length > b.length ? a : b;
      const operation = {
        add: (l: number, r: number) => l + r,
        subtract: (l: number, r: number) => l - r,
        multiply: (l: number, r: number) => l * r,
      }[node.op];
      return longer.map((_, i) => operation(a[a.length > 1 ? i : 0], b[b.length > 1 ? i : 0]));
    }
  }
}

function affine(
  { definition: { plan }, sizes: lengths, params }: EquationSpec,
  node: PlanNode & { op: 'affine' },
  values: readonly Float64Array[],
) {
  const height = lengths[node.dimension];
  const sums = new Float64Array(height);
  const sizes = new Float64Array(height);
  for (const { matrix, row, of } of node.maps) {
    const [weightName, biasName] = namesOf(plan, matrix);
    const columns = lengths[columnsOf(plan, matrix)];
    const { bias } = plan.rows[matrix][row];
    for (let i = 0; i < height; i++) {
      const b = bias < 0 ? 0 : (params[biasName]?.[bias * height + i] ?? 0);
      sums[i] += b;
      sizes[i] += Math.abs(b);
      for (let j = 0; j < columns; j++) {
        const product = params[weightName][(row * height + i) * columns + j] * values[of][j];
        sums[i] += product;
        sizes[i] += Math.abs(product);
      }
    }
  }
  return { sums, sizes };
}
