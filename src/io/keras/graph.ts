import { demand, mismatch } from '../../errors.js';
import { quoted } from '../json.js';
import { type Serialized, serialized, uniqueNames } from './classes.js';
import { type Fields, shapeOf } from './fields.js';
import { callsOf, type Reference, referencesOf } from './inbound.js';

/** Layers of a model, each of which takes time to make. */
const mostLayers = 256;

/** Models that begin with a model. */
const mostWithin = 4;

/** A layer of a model, and which layers it takes its inputs from. */
export interface Node {
  /** What others call it by. */
  readonly id: string;
  readonly layer: Serialized;
  /** True for a layer that is called more than once. */
  readonly isShared?: boolean;
  readonly inputs: readonly string[];
  /** Names of arguments beside the inputs that are given. */
  readonly more: readonly string[];
  /** Why its place in the model cannot be read, if so. */
  readonly trouble?: string | undefined;
}

/** An output of a layer beside its first; its only input is the first. */
export interface StateNode {
  readonly id: string;
  readonly inputs: readonly [string];
  /** Its place among the layer's outputs, from 1 on. */
  readonly output: number;
}

/** A model as its config draws it. */
export interface Graph {
  /** All but the inputs, in the file's order: Keras 3 numbers weights by it. */
  readonly nodes: readonly Node[];
  /** Outputs that somebody reads beside the first ones. */
  readonly states: readonly StateNode[];
  /** What of it cannot be read, beside the layers. */
  readonly troubles: readonly string[];
  readonly inputLayers: readonly Serialized[];
  /** True for a Sequential. */
  readonly isRow: boolean;
  readonly inputs: readonly string[];
  /** True where all inputs are the same, each for a branch. */
  readonly isOneInput?: boolean;
  readonly outputs: readonly string[];
  /** What the model answers them by, where they are several. */
  readonly outputNames: readonly string[];
  /** Of each input, with its batch, where the config says it. */
  readonly inputShapes: readonly Shape[];
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
  const graph = sequential(config, fields, layers);
  if (graph.inputShapes[0] || !isModel(first.kind) || depth > mostWithin) return graph;
  return { ...graph, inputShapes: graphOf(first, depth + 1).inputShapes };
}

/** A name that no layer has. */
const inputName = ' input';

function sequential(config: Fields, fields: Fields, layers: readonly Serialized[]): Graph {
  const inputLayers = layers[0].kind === 'InputLayer' ? [layers[0]] : [];
  const own = layers.slice(inputLayers.length);
  // In a row places are names enough.
  const nodes = own.map((layer, i) => ({
    id: String(i),
    layer,
    inputs: [i ? String(i - 1) : inputName],
    more: [],
  }));
  const [first] = layers;
  const inputShape =
    shapeIn(first.config) ?? shapeIn(config) ?? shapeWithin(first) ?? shapeBuilt(fields, first);
  const outputs = [own.length ? String(own.length - 1) : inputName];
  const inputs = [inputName];
  const found = { nodes, states: [], troubles: [], inputLayers };
  const ends = { inputs, outputs, outputNames: outputs };
  return { ...found, ...ends, isRow: true, inputShapes: [inputShape] };
}

/** A layer of a Functional model, and its calls; none of an input. */
interface Called {
  readonly id: string;
  readonly layer: Serialized;
  readonly calls: ReturnType<typeof callsOf>;
}

/** The layers of a Functional model by the names that references use. */
function calledIn(config: Fields, layers: readonly Serialized[]): ReadonlyMap<string, Called> {
  const byName = new Map<string, Called>();
  for (const layer of layers) {
    // That name is beside the config; within it, it may be another.
    const id = layer.fields.text('name', layer.name);
    if (byName.has(id)) throw mismatch(config.where, 'every layer once', `${quoted(id)} twice`);
    const calls = layer.kind === 'InputLayer' ? [] : callsOf(layer.fields);
    byName.set(id, { id, layer, calls });
  }
  const total = [...byName.values()].reduce((sum, { calls }) => sum + calls.length, 0);
  demand(total <= mostLayers, config.where, `at most ${mostLayers} calls of layers`, total);
  return byName;
}

function functional(config: Fields, layers: readonly Serialized[]): Graph {
  const byName = calledIn(config, layers);
  const called = [...byName.values()];
  const ends = ['input_layers', 'output_layers'].map(field => referencesOf(config, field));
  const references = [...called.flatMap(({ calls }) => calls), { inputs: ends.flat() }];
  const begins = firstCalls(
    called,
    references.flatMap(({ inputs }) => inputs),
  );
  const states = new Map<string, StateNode>();
  const troubles = new Set<string>();
  const idOf = ({ name, call, output }: Reference): string => {
    const found = byName.get(name);
    if (!found) throw mismatch(config.where, 'inputs that are layers', quoted(name));
    const number = call - (begins.get(name) ?? 0);
    const isThere = number >= 0 && number < Math.max(1, found.calls.length);
    if (!isThere) troubles.add(`a call of ${quoted(name)} that the file does not have`);
    const own = callId(name, number);
    if (output === 0) return own;
    const id = `${own} output ${output}`;
    if (byName.has(id)) throw mismatch(config.where, 'every layer once', `${quoted(id)} twice`);
    states.set(id, { id, inputs: [own], output });
    return id;
  };
  const nodes = called.flatMap(({ id, layer, calls }): Node[] => {
    const isShared = calls.length > 1;
    return calls.map((call, i) => {
      return { id: callId(id, i), layer, isShared, ...call, inputs: call.inputs.map(idOf) };
    });
  });
  const [inputs, outputs] = ends.map(references => references.map(idOf));
  const inputShapes = inputs.map(id => {
    const layer = byName.get(id)?.layer;
    if (layer?.kind === 'InputLayer') return shapeIn(layer.config);
    throw mismatch(`${config.where}.input_layers`, 'an InputLayer', quoted(id));
  });
  const inputLayers = layers.filter(({ kind }) => kind === 'InputLayer');
  const found = { nodes, states: [...states.values()], troubles: [...troubles], inputLayers };
  const outputNames = uniqueNames(ends[1].map(({ key, name }) => key ?? name));
  return { ...found, isRow: false, inputs, outputs, outputNames, inputShapes };
}

/** What a call of a layer is called by. */
function callId(name: string, call: number): string {
  return call ? `${name} call ${call}` : name;
}

/**
 * The number of the first call of each model within a model: where such a model had been called
 * once before, when it was made, that counts in some versions.
 */
function firstCalls(called: readonly Called[], references: readonly Reference[]) {
  const models = called.filter(({ layer }) => isModel(layer.kind));
  const numbers = new Map(models.map(({ id }) => [id, new Set<number>()]));
  for (const { name, call } of references) numbers.get(name)?.add(call);
  return new Map(
    models.map(({ id, calls }) => {
      const own = numbers.get(id);
      return [id, Number(!own?.has(0) && own?.has(calls.length))];
    }),
  );
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

/** The shape that only the layer within a Bidirectional tells. */
function shapeWithin({ kind, config }: Serialized): Shape {
  return kind === 'Bidirectional' ? shapeIn(config.object('layer').object('config')) : undefined;
}

/** The shape with which Keras 3 built a model, or its first layer. */
function shapeBuilt(...found: readonly (Fields | Serialized)[]): Shape {
  for (const one of found) {
    const fields = 'fields' in one ? one.fields : one;
    if (!fields.has('build_config')) continue;
    const built = fields.object('build_config');
    if (built.has('input_shape'))
      return shapeOf(`${built.where}.input_shape`, built.value('input_shape'));
  }
  return undefined;
}

/** The nodes that lead to the outputs, each after its inputs; throws a RecurError for a circle. */
export function inOrder(
  { nodes, states, outputs }: Graph,
  where: string,
): readonly (Node | StateNode)[] {
  const byId = new Map([...nodes, ...states].map(node => [node.id, node]));
  const order: (Node | StateNode)[] = [];
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
