import { demand, mismatch } from '../../errors.js';
import { quoted } from '../json.js';
import { type Serialized, serialized } from './classes.js';
import { type Fields, shapeOf } from './fields.js';
import { inboundOf, referencesOf } from './inbound.js';

/** Layers of a model, each of which takes time to make. */
const mostLayers = 256;

/** Models that begin with a model. */
const mostWithin = 4;

/** A layer of a model, and which layers it takes its inputs from. */
export interface Node {
  /** What others call it by. */
  readonly id: string;
  readonly layer: Serialized;
  readonly inputs: readonly string[];
  /** Why its place in the model cannot be read, if so. */
  readonly trouble?: string | undefined;
}

/** A model as its config draws it. */
export interface Graph {
  /** All but the inputs, in the file's order: Keras 3 numbers weights by it. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Of the first input, with its batch, where the config says it. */
  readonly inputShape: Shape;
}

type Shape = readonly (number | undefined)[] | undefined;

/** True for a class that is a model of layers. */
export function isModel(kind: string): boolean {
  return kind === 'Sequential' || kind === 'Functional' || kind === 'Model';
}

/** What a config of a Sequential or Functional model draws. */
export function graphOf({ kind, config, fields }: Serialized, depth = 0): Graph {
  const list = fields.list('config', config.has('layers') ? config.list('layers') : undefined);
  const expected = `1 to ${mostLayers} layers`;
  demand(list.length > 0 && list.length <= mostLayers, config.where, expected, list.length);
  const layers = list.map((layer, i) => serialized(`${config.where}.layers[${i}]`, layer));
  if (kind !== 'Sequential') return functional(config, layers);
  const [first] = layers;
  const graph = sequential(config, layers);
  if (graph.inputShape || !isModel(first.kind) || depth > mostWithin) return graph;
  return { ...graph, inputShape: graphOf(first, depth + 1).inputShape };
}

/** A name that no layer has. */
const inputName = ' input';

function sequential(config: Fields, layers: readonly Serialized[]): Graph {
  const own = layers[0].kind === 'InputLayer' ? layers.slice(1) : layers;
  // In a row places are names enough.
  const nodes = own.map((layer, i) => ({
    id: String(i),
    layer,
    inputs: [i ? String(i - 1) : inputName],
  }));
  const inputShape = shapeIn(layers[0].config) ?? shapeIn(config);
  const outputs = [own.length ? String(own.length - 1) : inputName];
  return { nodes, inputs: [inputName], outputs, inputShape };
}

function functional(config: Fields, layers: readonly Serialized[]): Graph {
  const inputs = referencesOf(config, 'input_layers').map(({ name }) => name);
  const outputs = referencesOf(config, 'output_layers').map(({ name }) => name);
  const nodes: Node[] = [];
  const names = new Set<string>();
  let inputShape: Shape;
  for (const layer of layers) {
    // The name that references use is beside the config; within it, it may be another.
    const id = layer.fields.text('name', layer.name);
    if (names.has(id)) throw mismatch(config.where, 'every layer once', `${quoted(id)} twice`);
    names.add(id);
    if (layer.kind === 'InputLayer') {
      if (id === inputs[0]) inputShape = shapeIn(layer.config);
      continue;
    }
    nodes.push({ id, layer, ...inboundOf(layer.fields) });
  }
  const missing = [...outputs, ...nodes.flatMap(({ inputs }) => inputs)].find(id => !names.has(id));
  if (missing === undefined) return { nodes, inputs, outputs, inputShape };
  throw mismatch(config.where, 'inputs that are layers', quoted(missing));
}

/** The shape of the input that a config tells. */
function shapeIn(config: Fields): Shape {
  const names = ['batch_shape', 'batch_input_shape', 'build_input_shape'];
  const name = names.find(name => config.has(name));
  if (!name) return undefined;
  const value = config.value(name);
  // Some versions wrote a list of the shapes of all inputs: [[null, 40, 3]].
  const nested = Array.isArray(value) && value.length === 1 && Array.isArray(value[0]);
  return shapeOf(`${config.where}.${name}`, nested ? value[0] : value);
}

/** The nodes that lead to the outputs, each after its inputs; throws a RecurError for a circle. */
export function inOrder({ nodes, outputs }: Graph, where: string): readonly Node[] {
  const byId = new Map(nodes.map(node => [node.id, node]));
  const order: Node[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const stack = [...outputs].reverse();
  while (stack.length) {
    const id = stack[stack.length - 1];
    const node = byId.get(id);
    if (!node || state.get(id) === 'done') stack.pop();
    else if (state.get(id) === 'open') {
      stack.pop();
      state.set(id, 'done');
      order.push(node);
    } else {
      state.set(id, 'open');
      for (const input of [...node.inputs].reverse()) {
        const within = state.get(input);
        if (within === 'open') throw mismatch(where, 'no circle', `one at ${quoted(id)}`);
        if (within !== 'done') stack.push(input);
      }
    }
  }
  return order;
}
