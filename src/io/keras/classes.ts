import { mismatch } from '../../errors.js';
import { printable, quoted } from '../json.js';
import { Fields, shown } from './fields.js';

/** What Keras writes in place of an object: its class, and what makes it again. */
export interface Serialized {
  readonly kind: string;
  /** The object's own name, if it has one. */
  readonly name: string;
  readonly config: Fields;
  /** Set where the class is the user's own, whatever it is called. */
  readonly isCustom: boolean;
  readonly fields: Fields;
}

/** An object `{ class_name, config }`; Keras 3 adds the module, and custom classes a package. */
export function serialized(where: string, value: unknown): Serialized {
  const fields = new Fields(where, value);
  const kind = fields.text('class_name');
  const given = fields.value('config') ?? {};
  // The first Sequentials wrote their list of layers in place of a config.
  const config = new Fields(`${where}.config`, Array.isArray(given) ? {} : given);
  const registered = fields.value('registered_name') ?? kind;
  const module = fields.value('module') ?? 'keras';
  if (typeof registered !== 'string' || typeof module !== 'string') {
    throw mismatch(where, 'names of a class', `${shown(module)}, ${shown(registered)}`);
  }
  const isCustom = registered !== kind || !/^(keras|tf_keras|tensorflow)\b/.test(module);
  const name = config.has('name') ? config.text('name') : fields.text('name', '');
  return { kind, name, config: named(config, kind, name), isCustom, fields };
}

/** A config whose errors name its layer. */
function named(config: Fields, kind: string, name: string): Fields {
  const told = printable(kind, 80);
  return config.as(name === '' ? told : `${told} ${quoted(name)}`);
}

/** `MaxPooling1D` → `max_pooling1d`: how Keras 3 names a layer's weights. */
export function snakeCase(kind: string): string {
  return kind
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** Names of classes as Keras 3 numbers them: `dense`, `dense_1`, `lstm`. */
export function numberedNames(kinds: readonly string[]): readonly string[] {
  return uniqueNames(kinds.map(snakeCase));
}

/** Names, with numbers from 1 on where they come again: `lstm`, `lstm_1`. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  const used = new Set<string>();
  for (const name of names) {
    let number = counts.get(name) ?? 0;
    const own = () => (number ? `${name}_${number}` : name);
    while (used.has(own())) number++;
    used.add(own());
    counts.set(name, number + 1);
  }
  return [...used];
}
