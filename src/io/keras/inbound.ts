import { mismatch } from '../../errors.js';
import { Fields, shown } from './fields.js';

/** An output of a layer: of which call of it, and which of several. */
interface Reference {
  readonly name: string;
  readonly call: number;
  readonly output: number;
}

/** Inputs of one layer; far more than people draw. */
const mostInputs = 16;

/** Where a layer's inputs come from, and why they cannot, if so. */
export interface Inbound {
  readonly inputs: readonly string[];
  readonly trouble?: string | undefined;
}

/** References in a config: `[["lstm", 0, 0], …]`, or, if it is one, `["lstm", 0, 0]`. */
export function referencesOf(config: Fields, field: string): readonly Reference[] {
  const list = config.list(field);
  const all = typeof list[0] === 'string' ? [list] : list;
  const where = `${config.where}.${field}`;
  if (all.length === 0 || all.length > mostInputs) {
    throw mismatch(where, `1 to ${mostInputs} layers`, String(all.length));
  }
  return all.map(value => referenceOf(where, value));
}

function referenceOf(where: string, value: unknown): Reference {
  const [name, call, output] = Array.isArray(value) ? value : [];
  const ok = typeof name === 'string' && Number.isInteger(call) && Number.isInteger(output);
  if (!ok) throw mismatch(where, "an output such as ['lstm', 0, 0]", shown(value));
  return { name, call, output };
}

/** What a layer of a Functional model says of its inputs, in the way of Keras 2 or of Keras 3. */
export function inboundOf(layer: Fields): Inbound {
  const calls = layer.list('inbound_nodes');
  const where = `${layer.where}.inbound_nodes`;
  if (calls.length !== 1) return { inputs: [], trouble: `a layer called ${calls.length} times` };
  const [call] = calls;
  const found = Array.isArray(call)
    ? oldCall(where, call)
    : newCall(where, new Fields(where, call));
  const { references, hasMore } = found;
  if (references.length === 0 || references.length > mostInputs) {
    throw mismatch(where, `1 to ${mostInputs} inputs`, String(references.length));
  }
  const odd = references.find(({ call, output }) => call !== 0 || output !== 0);
  const trouble = hasMore
    ? 'a mask, a state or another value as an argument'
    : odd && 'an input that is not the first output of the first call of its layer';
  return { inputs: references.map(({ name }) => name), trouble };
}

interface Call {
  readonly references: readonly Reference[];
  /** True where there are arguments beside the inputs. */
  readonly hasMore: boolean;
}

/** Keras 2: `[["lstm", 0, 0, {}], …]`. */
function oldCall(where: string, call: readonly unknown[]): Call {
  const given = Array.from(call.slice(0, mostInputs + 1));
  const references = given.map(value => referenceOf(where, value));
  const hasMore = given.some(value => isGiven((value as readonly unknown[])[3]));
  return { references, hasMore };
}

/** Keras 3: `{ args: [{ class_name: "__keras_tensor__", config }], kwargs }`. */
function newCall(where: string, call: Fields): Call {
  const args = call.list('args').flatMap(arg => (Array.isArray(arg) ? arg : [arg]));
  const given = args.slice(0, mostInputs + 1).filter(arg => arg !== null);
  const references = given.map(arg => {
    const config = new Fields(where, arg).object('config');
    return referenceOf(where, config.value('keras_history'));
  });
  return { references, hasMore: isGiven(call.value('kwargs')) };
}

/** True where arguments by name say more than whether it is training. */
function isGiven(kwargs: unknown): boolean {
  if (typeof kwargs !== 'object' || kwargs === null) return false;
  return Object.entries(kwargs).some(([name, value]) => name !== 'training' && value !== null);
}
