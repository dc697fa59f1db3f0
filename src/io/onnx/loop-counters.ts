import type { LoopForm } from './loop-form.js';
import type { NodeProto } from './proto.js';
import { ensure } from './unfit.js';

/** What may be computed of the number of a step: a place in a sequence, or another such number. */
const arithmetic = new Set([
  'Identity',
  'Cast',
  'Add',
  'Sub',
  'Neg',
  'Unsqueeze',
  'Squeeze',
  'Reshape',
  'Concat',
  'Mul',
]);

/** ONNX's numbers of types of integers. */
const isInteger = (type: number) => type > 1 && type < 8;

/**
 * Checks that the number of a step does nothing but choose the step of a sequence: a body that
 * computes with it does something else at each step. `counts` are states that count, too.
 */
export function checkCounters(
  { nodes, counter, states, answers }: LoopForm,
  counts: ReadonlySet<string>,
  sequences: readonly string[],
): void {
  const numbers = new Set(counts);
  if (counter !== undefined) numbers.add(counter);
  const computed = new Set(sequences);
  const outputs = [
    ...states.flatMap(({ input, output }) => (counts.has(input) ? [] : [output])),
    ...answers.map(({ output }) => output),
  ];
  for (const node of neededFor(nodes, outputs)) {
    const { operator, inputs, attributes } = node;
    const where = `the number of the step, which ${operator} reads`;
    ensure(!attributes.some(({ graph }) => graph && reads(graph.nodes, numbers)), where);
    const own = inputs.map(name => numbers.has(name));
    const isSize = ['Shape', 'Size'].includes(operator) && sequences.includes(inputs[0]);
    if (!isSize && inputs.some(name => computed.has(name))) {
      for (const name of node.outputs) computed.add(name);
    }
    if (!isSize && !own.includes(true)) continue;
    const takes = operator === 'Gather' || operator === 'Slice';
    const isPlace = takes && computed.has(inputs[0]);
    // A square of it would be no place of the next step.
    ensure(operator !== 'Mul' || own.includes(false), where);
    const isWhole = operator !== 'Cast' || attributes.some(({ integer }) => isInteger(integer));
    const isKnown = isSize || arithmetic.has(operator) || (takes && own.indexOf(true) === 0);
    ensure(isPlace || (isKnown && isWhole && !computed.has(node.outputs[0])), where);
    if (!isPlace) for (const name of node.outputs) numbers.add(name);
  }
}

function reads(nodes: readonly NodeProto[], names: ReadonlySet<string>): boolean {
  return nodes.some(
    ({ inputs, attributes }) =>
      inputs.some(name => names.has(name)) ||
      attributes.some(({ graph }) => graph && reads(graph.nodes, names)),
  );
}

/** The nodes that some names need, in order. */
function neededFor(nodes: readonly NodeProto[], names: readonly string[]): NodeProto[] {
  const makers = new Map(nodes.flatMap(node => node.outputs.map(name => [name, node] as const)));
  const wanted = new Set(names);
  const found = new Set<NodeProto>();
  // It grows while it is walked.
  for (const name of wanted) {
    const maker = makers.get(name);
    if (!maker || found.has(maker)) continue;
    found.add(maker);
    for (const input of maker.inputs) wanted.add(input);
    for (const { graph } of maker.attributes) {
      for (const own of graph ? graph.nodes.flatMap(({ inputs }) => inputs) : []) wanted.add(own);
    }
  }
  const needed = nodes.filter(node => found.has(node));
  const places = new Map(needed.map((node, i) => [node, i]));
  const isInOrder = needed.every((node, i) =>
    node.inputs.every(name => (places.get(makers.get(name) as NodeProto) ?? -1) < i),
  );
  ensure(isInOrder, 'a body whose nodes are not in order');
  return needed;
}
