import { mismatch } from '../../errors.js';
import { Fields, shown } from './fields.js';

/** An output of a layer: of which call of it, and which of several. */
export interface Reference {
  readonly name: string;
  readonly call: number;
  readonly output: number;
  /** What the model calls it, where Keras 3 has inputs or outputs by name. */
  readonly key?: string | undefined;
}

/** Inputs of one layer; far more than people draw. */
const mostInputs = 16;

/** Calls of one layer, and of all. */
const mostCalls = 64;

/** Where the inputs of a call of a layer come from. */
export interface Inbound {
  readonly inputs: readonly Reference[];
  /** Names of arguments beside the inputs that are given. */
  readonly more: readonly string[];
  /** Why its place in the model cannot be read, if so. */
  readonly trouble?: string | undefined;
}

/** References in a config: `[["lstm", 0, 0], …]`, or, if it is one, `["lstm", 0, 0]`. */
export function referencesOf(config: Fields, field: string): readonly Reference[] {
  const value = config.value(field);
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  // Keras 3 may have them by name.
  const list = config.list(field, isRecord ? Object.values(value) : undefined);
  const all = typeof list[0] === 'string' ? [list] : list;
  const where = `${config.where}.${field}`;
  if (all.length === 0 || all.length > mostInputs) {
    throw mismatch(where, `1 to ${mostInputs} layers`, String(all.length));
  }
  const keys = isRecord ? Object.keys(value) : [];
  return all.map((value, i) => ({ ...referenceOf(where, value), key: keys[i] }));
}

function referenceOf(where: string, value: unknown): Reference {
  const [name, call, output] = Array.isArray(value) ? value : [];
  const ok = typeof name === 'string' && Number.isInteger(call) && Number.isInteger(output);
  if (!ok) throw mismatch(where, "an output such as ['lstm', 0, 0]", shown(value));
  return { name, call, output };
}

/** What a layer of a Functional model says of its calls, in the way of Keras 2 or of Keras 3. */
export function callsOf(layer: Fields): readonly Inbound[] {
  const calls = layer.list('inbound_nodes');
  if (calls.length === 0 || calls.length > mostCalls) {
    return [{ inputs: [], more: [], trouble: `a layer called ${calls.length} times` }];
  }
  return calls.map(call => inboundOf(`${layer.where}.inbound_nodes`, call));
}

function inboundOf(where: string, call: unknown): Inbound {
  const found = Array.isArray(call)
    ? oldCall(where, call)
    : newCall(where, new Fields(where, call));
  const { inputs } = found;
  if (inputs.length === 0 || inputs.length > mostInputs) {
    throw mismatch(where, `1 to ${mostInputs} inputs`, String(inputs.length));
  }
  return found;
}

/** Keras 2: `[["lstm", 0, 0, {}], …]`. */
function oldCall(where: string, call: readonly unknown[]): Inbound {
  // Functions of TensorFlow's have the one input alone: ["lstm", 0, 0, { "y": 2 }].
  const all = typeof call[0] === 'string' ? [call] : call;
  const given = Array.from(all.slice(0, mostInputs + 1));
  const inputs = given.map(value => referenceOf(where, value));
  const more = given.flatMap(value => argumentsIn((value as readonly unknown[])[3]));
  return { inputs, more: more.slice(0, mostInputs) };
}

/** Keras 3: `{ args: [{ class_name: "__keras_tensor__", config }], kwargs }`. */
function newCall(where: string, call: Fields): Inbound {
  const args = call.list('args').flatMap(arg => (Array.isArray(arg) ? arg : [arg]));
  const given = args.slice(0, mostInputs + 1).filter(arg => arg !== null);
  const inputs = given.filter(isObject).map(arg => {
    const config = new Fields(where, arg).object('config');
    return referenceOf(where, config.value('keras_history'));
  });
  // Operations have numbers beside their inputs: those that make a mask, too, which nobody reads.
  const others = given.filter(arg => !isObject(arg)).map(shown);
  const more = [...others, ...argumentsIn(call.value('kwargs'))];
  return { inputs, more: more.slice(0, mostInputs) };
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null;

/** Arguments that may say that they are not given. */
const flags = ['training', 'return_attention_scores', 'use_causal_mask'];

/** Names of the arguments that are given. */
function argumentsIn(kwargs: unknown): readonly string[] {
  if (typeof kwargs !== 'object' || kwargs === null) return [];
  const given = Object.entries(kwargs).filter(([name, value]) => {
    return value !== null && !(flags.includes(name) && value === false);
  });
  return given.map(([name]) => name);
}
