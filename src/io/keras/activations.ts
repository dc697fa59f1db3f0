import { activationCell, type ComposedName } from '../../cells/activation.js';
import { softmaxCell } from '../../cells/softmax.js';
import type { Activation } from '../../graph/activations.js';
import type { AnyCell } from '../../streams/cell.js';
import { quoted } from '../json.js';
import { checkConfig } from './check-config.js';
import { serialized } from './classes.js';
import type { Fields } from './fields.js';

/** Whose names they are: Keras 3 gave hard_sigmoid another slope. */
export type Dialect = 'keras2' | 'keras3';

/** What stands for an activation here: of a slot, or a layer of its own. */
type Own = { readonly slot: Activation } | { readonly layer: ComposedName | 'softmax' };

/** Names in Keras and in the JSON of tfjs. */
const names: Readonly<Record<string, Own>> = {
  linear: { slot: 'identity' },
  tanh: { slot: 'tanh' },
  sigmoid: { slot: 'sigmoid' },
  relu: { slot: 'relu' },
  softsign: { slot: 'softsign' },
  softplus: { slot: 'softplus' },
  elu: { slot: 'elu' },
  exponential: { slot: 'exp' },
  leaky_relu: { slot: { name: 'leakyRelu', alpha: 0.2 } },
  relu6: { layer: 'relu6' },
  selu: { layer: 'selu' },
  silu: { layer: 'silu' },
  swish: { layer: 'silu' },
  softmax: { layer: 'softmax' },
};

/** Layers that are activations, where Keras 3 writes one in place of a name. */
const classes: Readonly<Record<string, (config: Fields, dialect: Dialect) => Own | undefined>> = {
  ReLU: relu,
  LeakyReLU: config => {
    const alpha = config.number(config.has('negative_slope') ? 'negative_slope' : 'alpha', 0.3);
    return { slot: { name: 'leakyRelu', alpha } };
  },
  ThresholdedReLU: config => {
    return { slot: { name: 'thresholdedRelu', alpha: config.number('theta', 1) } };
  },
  ELU: config => ({ slot: { name: 'elu', alpha: config.number('alpha', 1) } }),
  // As a layer, it is told its axis by its input.
  Softmax: () => ({ layer: 'softmax' }),
  Activation: (config, dialect) => named(config.text('activation'), dialect),
};

/** Classes of layers that do nothing but apply an activation. */
export const activationLayers = Object.keys(classes);

function relu(config: Fields): Own | undefined {
  const slope = config.number('negative_slope', 0);
  if (config.number('threshold', 0) !== 0) return undefined;
  const most = config.has('max_value') ? config.number('max_value', 6) : undefined;
  if (most !== undefined) return most === 6 && slope === 0 ? { layer: 'relu6' } : undefined;
  return { slot: slope === 0 ? 'relu' : { name: 'leakyRelu', alpha: slope } };
}

function named(name: string, dialect: Dialect): Own | undefined {
  if (name === 'hard_sigmoid') {
    // clip(x/6 + 0.5) in Keras 3; clip(0.2x + 0.5) in Keras 2 and tfjs.
    return { slot: dialect === 'keras3' ? 'hardSigmoid6' : 'hardSigmoid' };
  }
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

/** What a config says of an activation; undefined, after telling why, if there is no such here. */
export function activationOf(
  config: Fields,
  name: string,
  usual: string,
  { dialect, problem }: { dialect: Dialect; problem(why: string): void },
): Own | undefined {
  // No activation is the linear one; a field that is absent has its default.
  const value = config.isNull(name) ? 'linear' : (config.value(name) ?? usual);
  let own: Own | undefined;
  let told: string;
  if (typeof value === 'string') {
    own = named(value, dialect);
    told = quoted(value);
  } else {
    const object = serialized(`${config.where}.${name}`, value);
    const { kind, isCustom } = object;
    checkConfig(object, why => problem(`${name} ${quoted(kind)}: ${why}`));
    const isAlongLast = kind !== 'Softmax' || (object.config.value('axis') ?? -1) === -1;
    const isKnown = !isCustom && isAlongLast && Object.hasOwn(classes, kind);
    own = isKnown ? classes[kind](object.config, dialect) : undefined;
    told = `${quoted(kind)}: a class, or options, that layers here lack`;
  }
  if (!own) problem(`${name} ${told}`);
  return own;
}

/** An activation that a recurrent layer, or a dense one, has within. */
export function slotOf(own: Own | undefined): Activation | undefined {
  return own && 'slot' in own ? own.slot : undefined;
}

/** An activation as a layer. */
export function activationLayer(size: number, own: Own): AnyCell {
  if ('slot' in own) return activationCell(size, own.slot);
  return own.layer === 'softmax' ? softmaxCell(size) : activationCell(size, own.layer);
}

export type { Own as OwnActivation };

/** The activation that a layer of such a class is. */
export function activationOfClass(name: string, config: Fields, dialect: Dialect): Own | undefined {
  return classes[name](config, dialect);
}
