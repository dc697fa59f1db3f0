import { mismatch } from '../../errors.js';
import { quoted } from '../json.js';
import { initializersOf } from './graph.js';
import type { AttributeProto, GraphProto, NodeProto } from './proto.js';
import { bytesOf, type Constant, constantOf, tensorOf } from './tensor.js';

/**
 * All tensors that a graph holds: initializers and the values of `Constant` nodes, those of the
 * graphs within its nodes too. Branches may have a name in common: then the second one's begins
 * with its node and attribute, `NODE.else_branch.NAME`.
 */
export function heldTensors(graph: GraphProto): ReadonlyMap<string, Constant> {
  const tensors = new Map<string, Constant>();
  collect(graph, '', tensors);
  return tensors;
}

function collect(graph: GraphProto, path: string, tensors: Map<string, Constant>): void {
  const own = initializersOf(graph);
  for (const node of graph.nodes) {
    const constant = constantIn(node);
    const [name = ''] = node.outputs;
    if (!constant || name === '') continue;
    if (own.has(name)) throw mismatch('onnx graph', 'every name once', `${quoted(name)} twice`);
    own.set(name, constant);
  }
  for (const [name, constant] of own) {
    const key = tensors.has(name) ? path + name : name;
    if (tensors.has(key)) throw mismatch('onnx graph', 'every name once', `${quoted(key)} twice`);
    tensors.set(key, constant);
  }
  for (const { name, outputs, attributes } of graph.nodes) {
    for (const { name: attribute, graph: inner } of attributes) {
      if (inner) collect(inner, `${path}${name || outputs[0]}.${attribute}.`, tensors);
    }
  }
}

/** The value of a `Constant` node; undefined for what is no numbers, and for other nodes. */
function constantIn({ operator, domain, outputs, attributes }: NodeProto): Constant | undefined {
  if (operator !== 'Constant' || (domain !== '' && domain !== 'ai.onnx')) return undefined;
  const [attribute] = attributes;
  return attribute && numbersOf(outputs[0] ?? '', attribute);
}

const integers = (dims: readonly number[], values: readonly number[]) =>
  [dims, Float64Array.from(values)] as const;
const floats = (dims: readonly number[], values: readonly number[]) =>
  [dims, Float32Array.from(values)] as const;

/** Attributes of which a `Constant` has one. */
const kinds: Readonly<
  Record<string, (attribute: AttributeProto) => ReturnType<typeof integers | typeof floats>>
> = {
  value_int: ({ integer }) => integers([], [integer]),
  value_ints: ({ integers: list }) => integers([list.length], list),
  value_float: ({ float }) => floats([], [float]),
  value_floats: ({ floats: list }) => floats([list.length], list),
};

function numbersOf(name: string, attribute: AttributeProto): Constant | undefined {
  const { tensor } = attribute;
  if (attribute.name === 'value') {
    const isKnown = tensor && bytesOf({ ...tensor, dims: [1] }) > 0;
    return isKnown ? tensorOf(tensor, name) : undefined;
  }
  if (!Object.hasOwn(kinds, attribute.name)) return undefined;
  const [dims, values] = kinds[attribute.name](attribute);
  return constantOf(name, dims, values);
}
