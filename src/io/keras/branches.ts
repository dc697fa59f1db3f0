import type { Graph, Node } from './graph.js';
import { gathers } from './inputs.js';
import { recurrentKinds } from './recurrent.js';

/**
 * A model of one input in which branches of steps become vectors apart from each other, some of
 * them by a layer that needs all steps: each branch has a window of its own. The same graph, if it
 * is none.
 */
export function branched(graph: Graph): Graph {
  const [input] = graph.inputs;
  const [, steps, size] = graph.inputShapes[0] ?? [];
  const isOne = graph.inputs.length === 1 && steps !== undefined && size !== undefined;
  if (!isOne || graph.states.length || !graph.nodes.some(gathers)) return graph;
  const branchOf = branchesIn(graph);
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(input));
  const names = [...new Set(readers.map(({ id }) => branchOf(id)))];
  if (names.length < 2 || graph.outputs.includes(input)) return graph;
  const nameOf = (branch: string) => `${input} of ${branch}`;
  return {
    ...graph,
    isOneInput: true,
    inputs: names.map(nameOf),
    inputShapes: names.map(() => graph.inputShapes[0]),
    nodes: graph.nodes.map(node => {
      const own = nameOf(branchOf(node.id));
      return { ...node, inputs: node.inputs.map(id => (id === input ? own : id)) };
    }),
  };
}

/** Tells to which branch a layer belongs: the layers that read each other's steps are one. */
function branchesIn({ nodes, inputs }: Graph): (id: string) => string {
  const parents = new Map<string, string>();
  const root = (id: string): string => {
    let at = id;
    for (let next = parents.get(at); next !== undefined; next = parents.get(at)) at = next;
    return at;
  };
  const ended = new Set(nodes.filter(endsSteps).map(({ id }) => id));
  // Vectors, which come after the last steps, join nothing.
  let isMore = true;
  while (isMore) {
    const { size } = ended;
    for (const node of nodes) {
      const isVector = node.inputs.length > 0 && node.inputs.every(id => ended.has(id));
      if (isVector) ended.add(node.id);
    }
    isMore = ended.size > size;
  }
  for (const { id, inputs: from } of nodes) {
    for (const source of from) {
      if (ended.has(source) || inputs.includes(source)) continue;
      const [a, b] = [root(id), root(source)];
      if (a !== b) parents.set(a, b);
    }
  }
  return root;
}

/** True for a layer that makes a vector of steps. */
function endsSteps({ layer: { kind, config } }: Node): boolean {
  if (kind === 'Flatten' || /^Global(Max|Average)Pooling1D$/.test(kind)) return true;
  const isBoth = kind === 'Bidirectional' && config.has('layer');
  const own = isBoth ? config.object('layer').object('config') : config;
  const isRecurrent = isBoth || kind === 'RNN' || Object.hasOwn(recurrentKinds, kind);
  return isRecurrent && own.value('return_sequences') !== true;
}
