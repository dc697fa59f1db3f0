import { mismatch } from '../../errors.js';
import { quoted } from '../json.js';
import type { Budget } from './budget.js';
import type { AttributeProto, GraphProto, NodeProto, ValueProto } from './proto.js';
import { type Constant, tensorOf } from './tensor.js';

/** A node of a graph; its attributes by name. */
export interface Node {
  /** In messages: operator and name, `LSTM '/rnn/LSTM'`. */
  readonly where: string;
  readonly operator: string;
  /** Names; '' where an optional one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeProto>;
  readonly domain: string;
  /** Names that graphs within it read of those around it. */
  readonly captured: readonly string[];
}

/** A graph whose nodes come after what they read. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Constant>;
  /** What the caller gives: inputs without an initializer. */
  readonly inputs: readonly ValueProto[];
  readonly outputs: readonly ValueProto[];
}

/**
 * Checks and orders a graph, some of whose inputs are `given`; throws a RecurError for names that
 * come twice, and for cycles.
 */
export function graphOf(
  proto: GraphProto,
  given: ReadonlyMap<string, Constant>,
  budget: Budget,
  around: Iterable<string> = [],
): Graph {
  const initializers = initializersOf(proto, budget);
  for (const [name, constant] of given) initializers.set(name, constant);
  const inputs = proto.inputs.filter(({ name }) => !initializers.has(name));
  const defined = new Set(initializers.keys());
  const define = (name: string) => {
    if (defined.has(name)) throw mismatch('onnx graph', 'every name once', `${quoted(name)} twice`);
    defined.add(name);
  };
  for (const { name } of inputs) define(name);
  const nodes = proto.nodes.map(nodeOf);
  const known = new Set([...defined, ...around]);
  for (const { outputs } of nodes) for (const name of outputs) if (name !== '') define(name);
  return { nodes: inOrder(nodes, known), initializers, inputs, outputs: proto.outputs };
}

/** The tensors that a graph holds by name. */
export function initializersOf(
  { initializers }: GraphProto,
  budget?: Budget,
): Map<string, Constant> {
  const constants = new Map<string, Constant>();
  for (const proto of initializers) {
    const { name } = proto;
    if (constants.has(name))
      throw mismatch('onnx graph', 'every name once', `${quoted(name)} twice`);
    constants.set(name, tensorOf(proto, name, budget));
  }
  return constants;
}

function nodeOf(proto: NodeProto): Node {
  const { name, operator, domain, inputs, outputs } = proto;
  const title = name || outputs.find(output => output !== '') || '';
  const where = `${quoted(operator).slice(1, -1)} ${quoted(title)}`;
  const attributes = new Map<string, AttributeProto>();
  for (const attribute of proto.attributes) {
    const got = `${quoted(attribute.name)} twice`;
    if (attributes.has(attribute.name)) throw mismatch(where, 'every attribute once', got);
    attributes.set(attribute.name, attribute);
  }
  const graphs = proto.attributes.flatMap(({ graph }) => graph ?? []);
  const captured = graphs.length ? [...new Set(graphs.flatMap(capturedIn))] : [];
  return { where, operator, domain, inputs, outputs, attributes, captured };
}

/** The names that a graph reads of those around it. */
function capturedIn({ nodes, initializers, inputs, outputs }: GraphProto): string[] {
  const own = new Set([...initializers, ...inputs].map(({ name }) => name));
  for (const node of nodes) for (const name of node.outputs) own.add(name);
  const read = nodes.flatMap(({ inputs, attributes }) => [
    ...inputs,
    ...attributes.flatMap(({ graph }) => (graph ? capturedIn(graph) : [])),
  ]);
  const all = new Set([...read, ...outputs.map(({ name }) => name)]);
  return [...all].filter(name => name !== '' && !own.has(name));
}

/** Kahn's order: a node comes when all that it reads is there. */
function inOrder(nodes: readonly Node[], known: ReadonlySet<string>): Node[] {
  const readers = new Map<string, Node[]>();
  const missing = new Map<Node, number>();
  const ready: Node[] = [];
  for (const node of nodes) {
    const read = [...node.inputs, ...node.captured];
    const waits = new Set(read.filter(name => name !== '' && !known.has(name)));
    missing.set(node, waits.size);
    if (waits.size === 0) ready.push(node);
    for (const name of waits) {
      const others = readers.get(name);
      if (others) others.push(node);
      else readers.set(name, [node]);
    }
  }
  // It grows while it is walked.
  for (const { outputs } of ready) {
    for (const reader of outputs.flatMap(name => readers.get(name) ?? [])) {
      const left = (missing.get(reader) as number) - 1;
      missing.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  if (ready.length === nodes.length) return ready;
  const stuck = nodes.find(node => missing.get(node) !== 0) as Node;
  throw mismatch(stuck.where, 'inputs that are there before it', 'a cycle, or names of nothing');
}

/** An attribute's integer, or `usual`. */
export function integerOf({ attributes }: Node, name: string, usual: number): number {
  return attributes.get(name)?.integer ?? usual;
}

export function floatOf({ attributes }: Node, name: string, usual: number): number {
  return attributes.get(name)?.float ?? usual;
}

export function integersOf({ attributes }: Node, name: string): readonly number[] | undefined {
  return attributes.get(name)?.integers;
}

export function textOf({ attributes }: Node, name: string, usual: string): string {
  const text = attributes.get(name)?.text;
  return text ? new TextDecoder().decode(text.subarray(0, 100)) : usual;
}
