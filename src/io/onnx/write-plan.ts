import type { ResolvedActivation } from '../../graph/activations.js';
import { columnsOf, namesOf } from '../../graph/parameters.js';
import type { PlanMap, PlanNode } from '../../graph/plan.js';
import type { EquationSpec } from '../../graph/spec.js';
import { transpose } from '../layouts.js';
import { commonActivations } from './activation-names.js';
import type { GraphWriter } from './graph-writer.js';

/** What a plan's values are called in the graph. */
export interface PlanNames {
  readonly prefix: string;
  /** Or those of several inputs, by the names of their ports. */
  readonly input: string | Readonly<Record<string, string>>;
  /** Names of the states before the step. */
  readonly states: ReadonlyMap<string, string>;
}

const binary = { add: 'Add', subtract: 'Sub', multiply: 'Mul' } as const;
const reductions = { sum: 'ReduceSum', mean: 'ReduceMean', max: 'ReduceMax' } as const;

/**
 * Writes a cell's equations as ONNX's primitive operators: one step, or, for a cell without state,
 * all steps at once. Answers the names of the plan's nodes.
 */
export function writePlan(
  graph: GraphWriter,
  spec: EquationSpec,
  { prefix, input, states }: PlanNames,
): readonly string[] {
  const { plan } = spec.definition;
  const names: string[] = [];
  const write = (node: PlanNode): string => {
    if (node.op === 'port') return typeof input === 'string' ? input : input[node.name];
    if (node.op === 'state') return states.get(node.name) as string;
    if (node.op === 'number') return graph.constant(node.value);
    if (node.op === 'constant') return graph.constant(spec.constants[node.name]);
    if (node.op === 'affine') return writeAffine(graph, spec, prefix, node.maps, names);
    if (node.op === 'apply') return activate(graph, spec, prefix, node.slot, names[node.of]);
    if (node.op === 'reduce') {
      // Only ReduceSum takes its axes as an input in this operator set.
      const [axes, attributes] =
        node.by === 'sum' ? [[graph.constant([-1])], {}] : [[], { axes: { ints: [-1] } }];
      return graph.node(reductions[node.by], [names[node.of], ...axes], prefix, attributes);
    }
    if ('left' in node) {
      return graph.node(binary[node.op], [names[node.left], names[node.right]], prefix);
    }
    const values = spec.params[node.name];
    return graph.tensor(prefix + node.name, [values.length], values);
  };
  for (const node of plan.nodes) names.push(write(node));
  return names;
}

/** Σ M_row v + the biases of those rows. */
function writeAffine(
  graph: GraphWriter,
  spec: EquationSpec,
  prefix: string,
  maps: readonly PlanMap[],
  names: readonly string[],
): string {
  const { plan } = spec.definition;
  const terms = maps.flatMap(({ matrix, row, of }) => {
    const [weight, bias] = namesOf(plan, matrix);
    const height = spec.sizes[matrix === 'V' ? 'projection' : 'hidden'];
    const columns = spec.sizes[columnsOf(plan, matrix)];
    const { bias: place } = plan.rows[matrix][row];
    const subscript = plan.rows[matrix].length > 1 ? `.${row}` : '';
    const block = height * columns;
    const values = spec.params[weight].subarray(row * block, (row + 1) * block);
    const turned = transpose(values, height, columns);
    const matrixName = graph.tensor(`${prefix}${weight}${subscript}`, [columns, height], turned);
    const product = graph.node('MatMul', [names[of], matrixName], prefix);
    if (!spec.bias || place < 0) return [product];
    const own = spec.params[bias].slice(place * height, (place + 1) * height);
    return [product, graph.tensor(`${prefix}${bias}${subscript}`, [height], own)];
  });
  return terms.reduce((sum, term) => graph.node('Add', [sum, term], prefix));
}

function activate(
  graph: GraphWriter,
  spec: EquationSpec,
  prefix: string,
  slot: string,
  of: string,
): string {
  const { clipped, ...activation } = spec.activations[slot];
  const { clip } = spec;
  const bounded =
    clip === undefined || !clipped
      ? of
      : graph.node('Clip', [of, graph.constant(-clip), graph.constant(clip)], prefix);
  return writeActivation(graph, activation, prefix, bounded);
}

/** ONNX's operators of the activations that it has as one. */
const operators: Readonly<Record<string, string>> = {
  ...commonActivations,
  exp: 'Exp',
  sqrt: 'Sqrt',
  reciprocal: 'Reciprocal',
};

const withAlpha = ['hardSigmoid', 'hardSigmoid6', 'elu', 'leakyRelu', 'thresholdedRelu'];

export function writeActivation(
  graph: GraphWriter,
  { name, alpha, beta }: ResolvedActivation,
  prefix: string,
  of: string,
): string {
  const times = (value: string, factor: number) =>
    factor === 1 ? value : graph.node('Mul', [value, graph.constant(factor)], prefix);
  if (name === 'identity') return of;
  if (name === 'scaledTanh') {
    return times(graph.node('Tanh', [times(of, beta)], prefix), alpha);
  }
  if (name === 'affine') {
    const scaled = times(of, alpha);
    return beta === 0 ? scaled : graph.node('Add', [scaled, graph.constant(beta)], prefix);
  }
  const attributes = {
    ...(withAlpha.includes(name) && { alpha: { float: alpha } }),
    ...(name.startsWith('hardSigmoid') && { beta: { float: beta } }),
  };
  return graph.node(operators[name], [of], prefix, attributes);
}
