import { quoted } from '../json.js';
import type { Problem } from '../unreadable.js';
import { refusedParts } from './check-node.js';
import type { Node } from './graph.js';
import type { GraphProto, ModelProto } from './proto.js';
import { newestSet } from './standard.js';

/** What no idea of the axes would make readable, and the nodes that it is about. */
export interface UnreadableParts {
  readonly problems: Problem[];
  readonly nodes: ReadonlySet<Node>;
}

/** The version of ONNX's own operators: 1 for the oldest files, which could not say it. */
export function operatorSetOf({ operatorSets }: ModelProto): number {
  return operatorSets.get('') ?? operatorSets.get('ai.onnx') ?? 1;
}

export function unreadableParts(
  model: ModelProto & { graph: GraphProto },
  nodes: readonly Node[],
): UnreadableParts {
  const set = operatorSetOf(model);
  const problems: Problem[] = [];
  if (set > newestSet) {
    const why = `operator set ${set}: export with one of at most ${newestSet}`;
    problems.push({ where: 'model', why });
  }
  if (model.operatorSets.size === 0 && model.irVersion > 2) {
    problems.push({ where: 'model', why: 'no operator set: opset_import is missing' });
  }
  const unread = new Set<Node>();
  for (const node of nodes) {
    const reasons = reasonsOf(node, Math.min(set, newestSet));
    if (reasons.length) unread.add(node);
    problems.push(...reasons.map(why => ({ where: node.where, why })));
  }
  if (model.functions) problems.push({ where: 'model', why: 'functions of its own' });
  if (model.graph.sparse) problems.push({ where: 'graph', why: 'sparse initializers' });
  return { problems, nodes: unread };
}

/** Why a node cannot be read whatever the axes are. */
export function reasonsOf(node: Node, set: number, branches = false): string[] {
  const { domain, operator } = node;
  if (domain !== '' && domain !== 'ai.onnx') return [`an operator of ${quoted(domain)}`];
  const isControl = (branches ? ['Loop', 'Scan'] : ['If']).includes(operator);
  if (isControl) return [branches ? 'a loop in a graph of one step' : 'control flow'];
  return refusedParts(node, set);
}
