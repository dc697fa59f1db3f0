import type { Budget } from './budget.js';
import { folded } from './fold.js';
import { type Graph, graphOf, type Node } from './graph.js';
import type { LoopForm } from './loop-form.js';
import { constantNode } from './plain-operators.js';
import type { GraphProto } from './proto.js';
import type { Constant } from './tensor.js';
import { ensure } from './unfit.js';

/** A body may have so many nodes of what is computed: they are read for several steps. */
const mostNodes = 256;

/** A body whose nodes of constants are computed once, for all steps. */
export function withConstants(
  form: LoopForm,
  given: ReadonlyMap<string, Constant>,
  around: Iterable<string>,
  budget: Budget,
): Pick<Graph, 'nodes' | 'initializers'> {
  const proto: GraphProto = { ...form.body, nodes: [...form.nodes], inputs: [] };
  const graph = graphOf(proto, new Map(), budget, around);
  const constants = new Map([...given, ...graph.initializers]);
  const nodes = graph.nodes.filter(node => {
    const results = resultsOf(node, constants, budget);
    for (const [i, constant] of results?.entries() ?? []) constants.set(node.outputs[i], constant);
    return !results;
  });
  ensure(nodes.length <= mostNodes, `a body of more than ${mostNodes} nodes`);
  return { nodes, initializers: constants };
}

/** What a node makes of constants; undefined for one that is read at each step. */
function resultsOf(
  node: Node,
  constants: ReadonlyMap<string, Constant>,
  budget: Budget,
): readonly Constant[] | undefined {
  const { operator, inputs, domain } = node;
  if (domain !== '' && domain !== 'ai.onnx') return undefined;
  try {
    if (operator === 'Constant') return [constantNode(node)];
    const isKnown = inputs.length > 0 && inputs.every(name => name === '' || constants.has(name));
    if (!isKnown) return undefined;
    const values = inputs.map(name => constants.get(name));
    return folded({ node, budget }, values as Constant[])?.map(heldOnce);
  } catch {
    // The step that reads it says why.
    return undefined;
  }
}

/** A constant whose numbers are made once. */
function heldOnce(constant: Constant): Constant {
  let values: ReturnType<Constant['values']> | undefined;
  return {
    ...constant,
    view: undefined,
    values: () => {
      values ??= constant.values();
      return values;
    },
  };
}
