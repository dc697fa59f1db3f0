import { quoted } from '../json.js';
import { ruleOf } from './attribute-rules.js';
import type { Node } from './graph.js';
import type { AttributeProto } from './proto.js';
import { type StandardAttribute, standardOperator } from './standard-operators.js';

/** ONNX's numbers for kinds of attributes. */
const types: readonly string[] = [
  ...['undefined', 'float', 'int', 'string', 'tensor', 'graph', 'floats', 'ints', 'strings'],
  ...['tensors', 'graphs', 'sparse_tensor', 'sparse_tensors', 'type_proto', 'type_protos'],
];

/**
 * Why a node is none of the standard's, or has an attribute that is not read: one that is unknown,
 * of another type, not honoured, left out; inputs that are too few or too many. Empty for a node
 * whose every attribute is honoured, or has its operator's word about the value.
 */
export function refusedParts(node: Node, set: number): string[] {
  const { operator, attributes } = node;
  const own = standardOperator(operator, set);
  if (!own) return ['an operator without a layer'];
  const problems = [...attributes.values()].map(attribute => {
    const known = own.attributes.get(attribute.name);
    if (!known) return unknownText(operator, attribute.name, set);
    return typeProblem(attribute, known.type) ?? valueProblem(operator, attribute);
  });
  const missing = [...own.attributes].map(([name, known]) => {
    return attributes.has(name) ? undefined : missingProblem(operator, name, known);
  });
  return [...problems, ...missing, inputsProblem(node, own.leastInputs, own.mostInputs)].filter(
    problem => problem !== undefined,
  );
}

function unknownText(operator: string, name: string, set: number): string {
  return `the attribute ${quoted(name)}, which ${operator} of operator set ${set} has not`;
}

function typeProblem(attribute: AttributeProto, wanted: string): string | undefined {
  const name = `the attribute ${quoted(attribute.name)}`;
  const type = types[attribute.type] ?? `type ${attribute.type}`;
  if (type !== wanted) return `${name} of type ${type}, not ${wanted}`;
  const held = fieldsOf(attribute).filter(field => field !== wanted);
  return held.length ? `${name} of type ${type}, which holds ${held.join(', ')}` : undefined;
}

/** The types of which an attribute holds a value that is not zero. */
function fieldsOf({ float, integer, text, tensor, graph, ...lists }: AttributeProto): string[] {
  const held: Readonly<Record<string, boolean>> = {
    float: float !== 0,
    int: integer !== 0,
    string: text.length > 0,
    tensor: tensor !== undefined,
    floats: lists.floats.length > 0,
    ints: lists.integers.length > 0,
    strings: lists.texts.length > 0,
    graph: graph !== undefined && lists.graphs === 1,
    "a graph or a function's attribute": lists.graphs > Number(graph !== undefined),
  };
  return Object.keys(held).filter(type => held[type]);
}

function valueProblem(operator: string, { name, integer }: AttributeProto): string | undefined {
  const rule = ruleOf(operator, name);
  if (rule === undefined) return `the attribute ${quoted(name)}, which is not read here`;
  if (typeof rule === 'string' || rule.only.includes(integer)) return undefined;
  return `${name} ${integer}, not ${rule.only.join(' or ')}`;
}

function missingProblem(
  operator: string,
  name: string,
  { isRequired }: StandardAttribute,
): string | undefined {
  const rule = ruleOf(operator, name);
  if (isRequired || rule === 'needed') {
    return `no attribute ${quoted(name)}, which ${operator} needs`;
  }
  if (typeof rule !== 'object' || rule.only.includes(rule.usual)) return undefined;
  return `no ${name}, which stands for ${rule.usual}, not ${rule.only.join(' or ')}`;
}

function inputsProblem(
  { operator, inputs }: Node,
  least: number,
  most: number,
): string | undefined {
  const count = inputs.map(name => name !== '').lastIndexOf(true) + 1;
  // The number of steps and the condition of a Loop may be left out, and the lengths of a Scan.
  const isLoop = operator === 'Loop' || operator === 'Scan';
  const missing = !isLoop && inputs.slice(0, least).some(name => name === '');
  if ((count < least && !isLoop) || missing)
    return `${inputs.length} inputs, not ${least} at least`;
  return count > most ? `${count} inputs, not ${most} at most` : undefined;
}
