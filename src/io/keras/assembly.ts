import { asRecurError, mismatch, RecurError } from '../../errors.js';
import { backwardCell } from '../../layers/bidirectional.js';
import type { AnyCell } from '../../streams/cell.js';
import type { Member } from '../../streams/members.js';
import { quoted } from '../json.js';
import { UnreadableError } from '../unreadable.js';
import { rowOf } from './cells.js';
import { contextOf, type Draft } from './draft.js';
import { type Graph, isModel, type Node, type StateNode } from './graph.js';
import { joinedInputs } from './inputs.js';
import type { Build, Built, Flow, LayerContext } from './layer.js';
import { checkOutputs, named } from './outputs.js';
import { readsWindows } from './time-distributed.js';
import type { Weights } from './weights.js';
import { hasWindow, isMark, type Piece, partsOf, wired } from './wiring.js';

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

/** The layers of a model, made and put together; within another, as a part of it. */
export function assembled(
  graph: Graph,
  planned: readonly Planned[],
  given: readonly Flow[],
  weights: Weights,
  draft: Draft,
  isWithin: boolean,
): Built {
  const flows = new Map(graph.inputs.map((id, i) => [id, given[i]]));
  const layers = new Map<string, Built>();
  const shared: Shared = new Map();
  const context = contextOf('model', draft, graph);
  const flowOf = (id: string) => flows.get(id) ?? context.refuse(`${quoted(id)} as an input`);
  const pieces = planned.map((plan): Piece => {
    const { node } = plan;
    const { id, inputs } = node;
    const made =
      'build' in plan
        ? layerIn(
            plan,
            inputs.map(flowOf),
            weights,
            shared,
            contextOf(plan.node.layer.config.where, draft, graph),
          )
        : stateIn(plan.node, layers, context);
    draft.counts.flow += made.flow.size;
    if (draft.counts.flow > mostFlow) {
      const where = 'layer' in node ? node.layer.config.where : 'model';
      throw mismatch(where, `at most ${mostFlow} numbers between layers`, `${draft.counts.flow}`);
    }
    flows.set(id, made.flow);
    layers.set(id, made);
    return { id, inputs, ...made };
  });
  const isFlattened = pieces.some(({ members }) => {
    return members.some(part => 'window' in part && part.window === 'end');
  });
  if (draft.kept.length && isFlattened) {
    context.refuse('stateful layers where steps are flattened: here each window begins anew');
  }
  const outputs = graph.outputs.map(flowOf);
  checkOutputs(outputs, context);
  const size = outputs.reduce((sum, flow) => sum + flow.size, 0);
  const flow = { ...outputs[0], size };
  // Windows may begin in one model and end in another.
  const isOpen = isWithin && pieces.some(({ members }) => hasWindow(members));
  if (isOpen) return { members: partsOf(graph, pieces, `${draft.counts.layers}.`), flow };
  const row = rowIn(graph, pieces, given, context);
  return { members: [rowOf(named(row, graph.outputNames, outputs, context))], flow };
}

/** The cells of a model in a row. */
function rowIn(
  graph: Graph,
  pieces: readonly Piece[],
  inputs: readonly Flow[],
  context: LayerContext,
): readonly Member[] {
  const [{ outer, steps = 1, size }] = inputs;
  if (inputs.length === 1) {
    const begin = outer ? [{ window: steps, size }] : [];
    return wired([...begin, ...partsOf(graph, pieces, '')], inputs[0], context);
  }
  const joined = joinedInputs(graph, inputs, pieces, context);
  const parts = partsOf(joined.graph, joined.pieces, '');
  return [...joined.first, ...wired(parts, { size: joined.size, sequence: false }, context)];
}

function layerIn(
  { node, key, build }: Exclude<Planned, { readonly node: StateNode }>,
  inputs: readonly Flow[],
  weights: Weights,
  shared: Shared,
  context: LayerContext,
): Built {
  const own = weights.layer(key);
  // Models within models of tfjs leave no trace in the names of their weights.
  const given = own.isEmpty && isModelWithin(node.layer) ? weights : own;
  if (inputs.some(({ outer }) => outer) && !readsWindows(node.layer.kind)) {
    context.refuse('an input of four axes');
  }
  // A layer that is called again has the same weights, and states of its own.
  const first = shared.get(node.layer);
  const form = inputs.map(flowText).join();
  // Names of taps are for one place alone.
  const isSame = first?.form === form && !first.built.members.some(part => 'tap' in part);
  if (isSame) return first.built;
  const built = at(node.layer.config.where, () => {
    const own = first ? given.again() : given;
    return inputs.some(({ reversed }) => reversed)
      ? inReverse(build, inputs, own, context)
      : build(inputs, own);
  });
  const ended = inputs.some(({ branch }) => branch) ? endOfBranch(built) : built;
  if (node.isShared) shared.set(node.layer, { form, built: ended });
  return ended;
}

/** A layer over steps that come from the last to the first: it runs from the last to the first. */
function inReverse(
  build: Build,
  inputs: readonly Flow[],
  weights: Weights,
  { refuse }: LayerContext,
): Built {
  if (!inputs.every(({ reversed }) => reversed))
    refuse('steps in reverse, beside steps that are not');
  const { members, flow, states } = build(
    inputs.map(input => ({ ...input, reversed: false })),
    weights,
  );
  if (members.some(isMark) || states?.length) refuse('steps in reverse');
  const row = members as readonly AnyCell[];
  const turned = row.length ? [backwardCell(rowOf(row))] : [];
  // A layer that goes back, too, puts the steps in order.
  return { members: turned, flow: { ...flow, reversed: flow.sequence && !flow.reversed } };
}

/** What becomes of steps of one of several inputs: a vector of it is one beside others. */
function endOfBranch({ members, flow, ...more }: Built): Built {
  if (flow.sequence) return { members, flow: { ...flow, branch: true }, ...more };
  const end = flow.windowed ? [{ window: 'end' } as const] : [];
  return { ...more, members: [...members, ...end], flow: { size: flow.size, sequence: false } };
}

/** True for a model within a model, at each step or not. */
function isModelWithin({ kind, config }: Node['layer']): boolean {
  if (kind !== 'TimeDistributed') return isModel(kind);
  const inner = config.object('layer').value('class_name');
  return typeof inner === 'string' && isModel(inner);
}

/** Layers that are called more than once, with what the last call was of. */
type Shared = Map<Node['layer'], { readonly form: string; readonly built: Built }>;

function flowText({ size, sequence, steps, ...flags }: Flow): string {
  const { lone, windowed, reversed, branch } = flags;
  return [size, sequence, steps, ...[lone, windowed, reversed, branch].map(Boolean)].join(' ');
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
