import { mismatch } from '../../errors.js';
import type { AnyCell } from '../../streams/cell.js';
import { quoted } from '../json.js';
import { UnreadableError } from '../unreadable.js';
import { assembled, type Planned } from './assembly.js';
import { branched } from './branches.js';
import { checkConfig } from './check-config.js';
import { numberedNames, type Serialized, serialized } from './classes.js';
import {
  checkStateful,
  contextOf,
  type Draft,
  type KerasOptions,
  type ModelParts,
  newDraft,
} from './draft.js';
import { type Graph, graphOf, inOrder, isModel, type Node } from './graph.js';
import { inputsOf } from './inputs.js';
import {
  type Build,
  initialStates,
  type LayerContext,
  masks,
  type ReaderContext,
} from './layer.js';
import { readerOf } from './layer-kinds.js';

/** Layers in all; models within models. */
const limits = { layers: 256, depth: 16 };

/** The model as a cell; throws a RecurError, an UnreadableError for what cannot run here. */
export function cellOf(parts: ModelParts, options: KerasOptions): AnyCell {
  const draft = newDraft(parts, options);
  const model = serialized('model', parts.model);
  if (model.isCustom || !isModel(model.kind)) {
    draft.problems.push({ where: 'model', why: `a model of class ${quoted(model.kind)}` });
    throw new UnreadableError(parts.format, draft.problems);
  }
  const plan = planOf(model, draft, 0);
  checkStateful(draft);
  if (draft.problems.length) throw new UnreadableError(parts.format, draft.problems);
  const cell = plan([], parts.weights).members[0] as AnyCell;
  parts.weights.settle();
  return cell;
}

/** Looks at all layers of a model, and says how to make it. */
function planOf(model: Serialized, draft: Draft, depth: number): Build {
  const where = model.config.where;
  if (depth > limits.depth) {
    throw mismatch(where, `at most ${limits.depth} models within each other`, 'more');
  }
  const graph = depth ? graphOf(model) : branched(graphOf(model));
  draft.counts.layers += graph.nodes.length;
  if (draft.counts.layers > limits.layers) {
    throw mismatch(where, `at most ${limits.layers} layers`, String(draft.counts.layers));
  }
  const context = contextOf('model', draft, graph);
  for (const part of [model, ...graph.inputLayers]) {
    checkConfig(part, why => draft.problems.push({ where: part.config.where, why }));
  }
  for (const trouble of graph.troubles) context.problem(trouble);
  if (depth && graph.inputs.length > 1) context.problem(`${graph.inputs.length} inputs`);
  if (depth && graph.outputs.length > 1) {
    context.problem(`${graph.outputs.length} outputs of a model within another`);
  }
  const layers = [...new Set(graph.nodes.map(({ layer }) => layer))];
  const numbered = numberedNames(layers.map(({ kind }) => kind));
  const keys = new Map(
    layers.map((layer, i) => [layer, draft.parts.weights.isNumbered ? numbered[i] : layer.name]),
  );
  const planned = inOrder(graph, where).map((node): Planned => {
    if ('output' in node) return { node };
    const key = keys.get(node.layer) as string;
    return { node, key, build: planLayer(node, draft, depth, graph) };
  });
  return (given, weights) => {
    const inputs = given.length ? given : inputsOf(graph, context);
    return assembled(graph, planned, inputs, weights, draft, depth > 0);
  };
}

function planLayer(node: Node, draft: Draft, depth: number, graph: Graph): Build {
  const { layer, trouble } = node;
  const { kind, config, isCustom } = layer;
  const context: ReaderContext = {
    ...contextOf(config.where, draft, graph, node),
    modelAtEach(inner) {
      // Nothing in it goes on, and nothing around it waits for all steps.
      const own = { ...draft, isWhole: false, kept: [], anew: [] };
      return planOf(inner, own, depth + 1);
    },
  };
  if (trouble) context.problem(trouble);
  checkArguments(node, context);
  if (isCustom) context.problem(`a class of the user's own, ${quoted(kind)}`);
  else if (isModel(kind)) return nested(planOf(layer, draft, depth + 1), context);
  else checkConfig(layer, context.problem);
  const reader = isCustom ? undefined : readerOf(kind);
  if (reader) return reader(config, context);
  if (!isCustom) context.problem(`no layer of class ${quoted(kind)} here`);
  return () => ({ members: [], flow: { size: 1, sequence: true } });
}

/** Why arguments beside the inputs are refused; others by their names. */
const reasons = new Map([
  ['mask', masks],
  ['initial_state', initialStates],
]);

/** Tells of arguments beside the inputs; masks may be left out. */
function checkArguments({ more }: Node, { problem, ignoreMasks }: LayerContext): void {
  for (const name of more) {
    if (name === 'mask' && ignoreMasks) continue;
    problem(reasons.get(name) ?? `${quoted(name)} as an argument`);
  }
}

/** A model within a model; tfjs does not name its weights by it. */
function nested(build: Build, { refuse }: LayerContext): Build {
  return (inputs, weights) => {
    if (inputs.length > 1) refuse(`a model with ${inputs.length} inputs`);
    return build(inputs, weights);
  };
}
