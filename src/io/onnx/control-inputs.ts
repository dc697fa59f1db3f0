import { isFloating } from './inputs.js';
import type { GraphProto, TensorProto, ValueProto } from './proto.js';
import { tensorOf } from './tensor.js';

/** Operators that pass a number on as it is. */
const passing = ['Identity', 'Cast', 'Squeeze', 'Unsqueeze', 'Reshape', 'Flatten', 'Gather'];

/** Operators that combine truths. */
const truths = ['Not', 'And', 'Or', 'Xor'];

const comparisons = ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'];

/** All graphs of a file: those within others too. */
export function allGraphs(graph: GraphProto): GraphProto[] {
  const inner = graph.nodes.flatMap(({ attributes }) => attributes.flatMap(a => a.graph ?? []));
  return [graph, ...inner.flatMap(allGraphs)];
}

/** The one number of each tensor and each Constant that has one, by name. */
function singles(graphs: readonly GraphProto[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const note = (name: string, proto: TensorProto) => {
    const values = proto.dims.every(dim => dim === 1) ? tensorOf(proto).values() : [];
    if (values.length === 1) found.set(name, values[0]);
  };
  for (const { initializers, nodes } of graphs) {
    for (const proto of initializers) note(proto.name, proto);
    for (const { operator, outputs, attributes } of nodes) {
      if (operator !== 'Constant') continue;
      for (const { name, tensor, integer } of attributes) {
        if (tensor) note(outputs[0], tensor);
        else if (name === 'value_int') found.set(outputs[0], integer);
      }
    }
  }
  return found;
}

/** As many names as one number is passed on by. */
const mostNames = 64;

/**
 * The numbers that a graph compares an input with, if it does nothing but compare it, or choose by
 * it: the values that it may have been made for. Empty where it makes no difference, as it is
 * multiplied by 0; undefined for an input that is computed with.
 */
export function comparedWith(graph: GraphProto, input: ValueProto): number[] | undefined {
  if (isFloating(input.type) || !input.dims?.every(dim => dim === 1)) return undefined;
  const graphs = allGraphs(graph);
  const constants = singles(graphs);
  const found = new Set<number>();
  const names = new Set([input.name]);
  // It grows while it is walked.
  for (const name of names) {
    const readers = graphs.flatMap(({ nodes }) => nodes.filter(own => own.inputs.includes(name)));
    const isOutput = graphs.some(own => own.outputs.some(output => output.name === name));
    if (isOutput || names.size > mostNames) return undefined;
    for (const { operator, inputs, outputs } of readers) {
      if (passing.includes(operator) && inputs[0] === name) names.add(outputs[0]);
      else if (isChosenBy(operator, inputs, name)) for (const truth of [0, 1]) found.add(truth);
      else {
        const other = constants.get(inputs[inputs[0] === name ? 1 : 0]);
        const isCompared = comparisons.includes(operator) && other !== undefined;
        if (!isCompared && (operator !== 'Mul' || other !== 0)) return undefined;
        if (isCompared) found.add(other);
      }
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** True where a number is taken as a truth. */
function isChosenBy(operator: string, inputs: readonly string[], name: string): boolean {
  if (truths.includes(operator)) return true;
  return (operator === 'If' || operator === 'Where') && inputs.indexOf(name) === 0;
}
