import { activationCell } from '../../cells/activation.js';
import type { Cell, SameForm } from '../../equations/cell.js';
import { asRecurError, mismatch, RecurError } from '../../errors.js';
import { recur } from '../../operators/recur.js';
import { quoted } from '../json.js';
import type { LoadedLayer, LoadedParams } from '../load.js';
import { type Problem, UnreadableError } from '../unreadable.js';
import type { Dialect } from './activations.js';
import { rowOf } from './cells.js';
import { numberedNames, type Serialized, serialized } from './classes.js';
import { type Graph, graphOf, inOrder, isModel, type Node } from './graph.js';
import type { Build, Flow, LayerContext } from './layer.js';
import { readerOf } from './layer-kinds.js';
import type { Weights } from './weights.js';
import { type Piece, wired } from './wiring.js';

/** How a model is read. */
export interface KerasOptions {
  /**
   * What to do with layers that hide steps (`Masking`, `Embedding` with `mask_zero`): `'refuse'`,
   * the default, or `'ignore'`, for sequences without padding, which give the same numbers.
   */
  readonly masking?: 'refuse' | 'ignore' | undefined;
}

/** A model's config and weights, as a file gave them. */
export interface ModelParts {
  /** In messages: `Keras`, `tfjs`. */
  readonly format: string;
  readonly dialect: Dialect;
  /** `{ class_name, config }`. */
  readonly model: unknown;
  readonly weights: Weights;
}

/** Layers, and numbers that flow between them, in all; models within models. */
const limits = { layers: 256, flow: 2 ** 21, depth: 16 };

/** What all layers of a model share. */
interface Draft {
  readonly parts: ModelParts;
  readonly options: KerasOptions;
  readonly problems: Problem[];
  isWhole: boolean;
  layers: number;
  flow: number;
}

/** The model as a layer; throws a RecurError, an UnreadableError for what cannot run here. */
export function layerOf(parts: ModelParts, options: KerasOptions): LoadedLayer {
  const draft: Draft = { parts, options, problems: [], isWhole: false, layers: 0, flow: 0 };
  const model = serialized('model', parts.model);
  if (model.isCustom || !isModel(model.kind)) {
    draft.problems.push({ where: 'model', why: `a model of class ${quoted(model.kind)}` });
    throw new UnreadableError(parts.format, draft.problems);
  }
  const plan = planOf(model, draft, 0);
  if (draft.problems.length) throw new UnreadableError(parts.format, draft.problems);
  const cell = plan([], parts.weights).members[0];
  parts.weights.settle();
  return recur(cell as Cell<unknown, number, number, SameForm, LoadedParams>);
}

interface Planned {
  readonly node: Node;
  /** By what its weights are found. */
  readonly key: string;
  readonly build: Build;
}

/** Looks at all layers of a model, and says how to make it. */
function planOf(model: Serialized, draft: Draft, depth: number): Build {
  const where = model.config.where;
  if (depth > limits.depth) {
    throw mismatch(where, `at most ${limits.depth} models within each other`, 'more');
  }
  const graph = graphOf(model);
  draft.layers += graph.nodes.length;
  if (draft.layers > limits.layers) {
    throw mismatch(where, `at most ${limits.layers} layers`, String(draft.layers));
  }
  const context = contextOf('model', draft);
  if (graph.inputs.length > 1) context.problem(`${graph.inputs.length} inputs`);
  const numbered = numberedNames(graph.nodes.map(({ layer }) => layer.kind));
  const keys = new Map(
    graph.nodes.map(({ id, layer }, i) => {
      return [id, draft.parts.weights.isNumbered ? numbered[i] : layer.name];
    }),
  );
  const planned = inOrder(graph, where).map((node): Planned => {
    return { node, key: keys.get(node.id) as string, build: planLayer(node, draft, depth) };
  });
  return ([given], weights) => {
    // Only the whole model can have windows for its input.
    const input = given ? { ...given, steps: undefined } : inputOf(graph, context);
    return built(graph, planned, input, weights, draft);
  };
}

function planLayer({ layer, trouble }: Node, draft: Draft, depth: number): Build {
  const { kind, config, isCustom } = layer;
  const context = contextOf(config.where, draft);
  if (trouble) context.problem(trouble);
  if (isCustom) context.problem(`a class of the user's own, ${quoted(kind)}`);
  else if (isModel(kind)) return nested(planOf(layer, draft, depth + 1), context);
  const reader = isCustom ? undefined : readerOf(kind);
  if (reader) return reader(config, context);
  if (!isCustom) context.problem(`no layer of class ${quoted(kind)} here`);
  return () => ({ members: [], flow: { size: 1, sequence: true } });
}

/** A model within a model; tfjs does not name its weights by it. */
function nested(build: Build, { refuse }: LayerContext): Build {
  return (inputs, weights) => {
    if (inputs.length > 1) refuse(`a model with ${inputs.length} inputs`);
    return build(inputs, weights);
  };
}

function contextOf(where: string, draft: Draft): LayerContext {
  const { parts, options, problems } = draft;
  return {
    dialect: parts.dialect,
    ignoreMasks: options.masking === 'ignore',
    problem: why => problems.push({ where, why }),
    refuse(why) {
      throw new UnreadableError(parts.format, [...problems, { where, why }]);
    },
    needsWhole() {
      draft.isWhole = true;
    },
    isWhole: () => draft.isWhole,
  };
}

/** What a model's input is: steps where there are three axes, and where the steps are indices. */
function inputOf({ inputShape, inputs, nodes }: Graph, { refuse }: LayerContext): Flow {
  if (!inputShape) return refuse('no shape of its input');
  const readers = nodes.filter(node => node.inputs.includes(inputs[0]));
  const areIndices = readers.length > 0 && readers.every(({ layer }) => layer.kind === 'Embedding');
  const [, first, size] = inputShape;
  if (areIndices && inputShape.length === 2) return { size: 1, sequence: true, steps: first };
  if (inputShape.length === 2 && first !== undefined) return { size: first, sequence: false };
  if (inputShape.length === 3 && size !== undefined) return { size, sequence: true, steps: first };
  return refuse(`an input of shape [${inputShape.map(n => n ?? 'null').join(', ')}]`);
}

/** The layers of a model, made and put together. */
function built(
  graph: Graph,
  planned: readonly Planned[],
  input: Flow,
  weights: Weights,
  draft: Draft,
) {
  const flows = new Map<string, Flow>([[graph.inputs[0], input]]);
  const context = contextOf('model', draft);
  const flowOf = (id: string) => flows.get(id) ?? context.refuse(`${quoted(id)} as a second input`);
  const pieces = planned.map(({ node, key, build }): Piece => {
    const { where } = node.layer.config;
    const inputs = node.inputs.map(flowOf);
    const own = weights.layer(key);
    // Models within models of tfjs leave no trace in the names of their weights.
    const given = own.isEmpty && isModel(node.layer.kind) ? weights : own;
    const made = at(where, () => build(inputs, given));
    draft.flow += made.flow.size;
    if (draft.flow > limits.flow) {
      throw mismatch(where, `at most ${limits.flow} numbers between layers`, `${draft.flow}`);
    }
    flows.set(node.id, made.flow);
    return { id: node.id, inputs: node.inputs, ...made };
  });
  const outputs = graph.outputs.map(flowOf);
  if (outputs.some(({ sequence }) => sequence !== outputs[0].sequence)) {
    context.refuse('outputs of which only some have an axis of time');
  }
  const members = wired(graph, pieces, input, context);
  const size = outputs.reduce((sum, flow) => sum + flow.size, 0);
  const cells = members.length ? members : [activationCell(size, 'identity')];
  return { members: [rowOf(cells)], flow: { ...outputs[0], size } };
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
