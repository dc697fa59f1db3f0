import { quoted } from '../json.js';
import type { Serialized } from './classes.js';
import { commonFields, configFields, objectFields } from './config-fields.js';
import { type Fields, shown } from './fields.js';

/** Unknown fields of one layer that are told of. */
const mostUnknown = 8;

/** Of numbers that float32 stands for here. */
const floats = /^(mixed_)?(b?float16|float32|float64)$/;
const integers = /^u?int(8|16|32|64)$/;

/**
 * Tells of every field of a layer's object and config that is not known, or that says something
 * that has no counterpart here. Fields in `allowed` may say anything.
 */
export function checkConfig(
  { kind, config, fields }: Serialized,
  problem: (why: string) => void,
  allowed: readonly string[] = [],
): void {
  // A class without a table is refused as a whole.
  if (!Object.hasOwn(configFields, kind)) return;
  const { read, neutral, only } = configFields[kind];
  const known = new Set([...commonFields, ...read, ...neutral, ...allowed]);
  const unknown = [
    ...fields.names().filter(name => !objectFields.includes(name) && fields.has(name)),
    ...config.names().filter(name => {
      return !known.has(name) && !Object.hasOwn(only, name) && config.has(name);
    }),
  ];
  for (const name of unknown.slice(0, mostUnknown)) problem(`an unknown field, ${quoted(name)}`);
  for (const [name, { values, why }] of Object.entries(only)) {
    const given = config.value(name);
    // Of one dimension, Keras writes a number or a list of it.
    const value: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
    if (value === undefined || values.includes(value) || allowed.includes(name)) continue;
    problem(`${name} ${shown(value)}: ${why}`);
  }
  checkDtype(kind, config, problem);
}

/** Floats of any width become float32; numbers of other kinds are not those of the layer. */
function checkDtype(kind: string, config: Fields, problem: (why: string) => void): void {
  const value = config.value('dtype');
  if (value === undefined) return;
  const mayBeWhole = kind === 'InputLayer' || kind === 'Embedding';
  const name = typeof value === 'string' ? value : policyName(config);
  if (name !== undefined && (floats.test(name) || (mayBeWhole && integers.test(name)))) return;
  problem(`dtype ${name === undefined ? 'of a class of its own' : quoted(name)}`);
}

/** The name of a policy of dtypes that is nothing but a name. */
function policyName(config: Fields): string | undefined {
  const policy = config.object('dtype');
  const kind = policy.value('class_name');
  const known = kind === 'DTypePolicy' || kind === 'FloatDTypePolicy' || kind === 'Policy';
  return known ? policy.object('config').text('name') : undefined;
}
