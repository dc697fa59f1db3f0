import { activationCell } from '../../cells/activation.js';
import { asRecurError, mismatch, RecurError } from '../../errors.js';
import { quoted } from '../json.js';
import { UnreadableError } from '../unreadable.js';
import { rowOf } from './cells.js';
import { contextOf, type Draft } from './draft.js';
import { type Graph, isModel, type Node, type StateNode } from './graph.js';
import type { Build, Built, Flow, LayerContext } from './layer.js';
import type { Weights } from './weights.js';
import { type Piece, wired } from './wiring.js';

/** Numbers that flow between layers, in all. */
const mostFlow = 2 ** 21;

/** A layer that is read, or an output of one beside its first. */
export type Planned =
  | {
      readonly node: Node;
      /** Its weights are found by it. */
      readonly key: string;
      readonly build: Build;
    }
  | { readonly node: StateNode };

/** The layers of a model, made and put together. */
export function assembled(
  graph: Graph,
  planned: readonly Planned[],
  input: Flow,
  weights: Weights,
  draft: Draft,
): Built {
  const flows = new Map<string, Flow>([[graph.inputs[0], input]]);
  const layers = new Map<string, Built>();
  const context = contextOf('model', draft, graph);
  const flowOf = (id: string) => flows.get(id) ?? context.refuse(`${quoted(id)} as a second input`);
  const pieces = planned.map((plan): Piece => {
    const { node } = plan;
    const { id, inputs } = node;
    const made =
      'build' in plan
        ? layerIn(plan, inputs.map(flowOf), weights)
        : stateIn(plan.node, layers, context);
    draft.flow += made.flow.size;
    if (draft.flow > mostFlow) {
      const where = 'layer' in node ? node.layer.config.where : 'model';
      throw mismatch(where, `at most ${mostFlow} numbers between layers`, `${draft.flow}`);
    }
    flows.set(id, made.flow);
    layers.set(id, made);
    return { id, inputs, ...made };
  });
  if (draft.kept.length && pieces.some(({ window }) => window)) {
    context.refuse('stateful layers where steps are flattened: here each window begins anew');
  }
  const outputs = graph.outputs.map(flowOf);
  checkOutputs(outputs, context);
  const members = wired(graph, pieces, input, context);
  const size = outputs.reduce((sum, flow) => sum + flow.size, 0);
  const cells = members.length ? members : [activationCell(size, 'identity')];
  return { members: [rowOf(cells)], flow: { ...outputs[0], size } };
}

/** Outputs come one after another in one vector: they need the same steps. */
function checkOutputs(outputs: readonly Flow[], { refuse }: LayerContext): void {
  const [{ sequence, steps }] = outputs;
  if (outputs.some(flow => flow.sequence !== sequence)) {
    refuse('outputs of which only some have an axis of time');
  }
  if (outputs.some(flow => flow.steps !== steps)) refuse('outputs of different lengths');
}

function layerIn(
  { node, key, build }: Exclude<Planned, { readonly node: StateNode }>,
  inputs: readonly Flow[],
  weights: Weights,
): Built {
  const own = weights.layer(key);
  // Models within models of tfjs leave no trace in the names of their weights.
  const given = own.isEmpty && isModel(node.layer.kind) ? weights : own;
  return at(node.layer.config.where, () => build(inputs, given));
}

/** An output of a layer beside its first. */
function stateIn(
  { inputs: [layer], output }: StateNode,
  layers: ReadonlyMap<string, Built>,
  { refuse }: LayerContext,
): Built {
  const state = layers.get(layer)?.states?.[output - 1];
  const known = 'beside the first, only the hidden state of SimpleRNN, LSTM and GRU is read';
  return state ?? refuse(`output ${output} of ${quoted(layer)}: ${known}`);
}

/** Names the layer in the errors of the cells that it is made of. */
function at<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof UnreadableError) throw error;
    if (error instanceof RecurError && error.where.startsWith(where)) throw error;
    if (!(error instanceof RecurError)) throw asRecurError(error, where);
    throw asRecurError(error, where, { prefix: `${where}: ` });
  }
}
