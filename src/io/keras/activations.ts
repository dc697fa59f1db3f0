import { activationCell, type ComposedName } from '../../cells/activation.js';
import { defineCell } from '../../cells/define.js';
import { softmaxCell } from '../../cells/softmax.js';
import type { Activation } from '../../graph/activations.js';
import type { AnyCell } from '../../streams/cell.js';
import { erfActivations, erfText } from '../erf.js';
import { quoted } from '../json.js';
import { checkConfig } from './check-config.js';
import { serialized } from './classes.js';
import type { Fields } from './fields.js';

/** Whose names they are: Keras 3 gave hard_sigmoid another slope. */
export type Dialect = 'keras2' | 'keras3';

/** An activation that is made of others, in the language of cells: of `$`. */
export interface Composed {
  readonly name: string;
  readonly text: string;
  /** Names for values that the text uses, one after another. */
  readonly lines?: readonly (readonly [name: string, value: string])[];
  /** Activations that the text calls by a name of its own. */
  readonly activations?: Readonly<Record<string, Activation>>;
  /** The layer that it is, if there is one. */
  readonly layer?: ComposedName | 'softmax';
}

/** What stands for an activation here: of a slot, or a text. */
export type OwnActivation = { readonly slot: Activation } | Composed;

/** From 0 up to a most. */
function upTo(most: number): Pick<Composed, 'text' | 'activations'> {
  const name = `upTo${String(most).replace(/\W/g, '_')}`;
  const activations = { [name]: { name: 'hardSigmoid', alpha: 1 / most, beta: 0 } as const };
  return { text: `${most} * ${name}($)`, activations };
}

/** clip((x + 1) / 2, 0, 1). */
const unit = { name: 'hardSigmoid', alpha: 0.5, beta: 0.5 } as const;

/** The lines of erf's text, of `erfOf`. */
const erfLines = erfText
  .trim()
  .split('\n')
  .map(line => {
    const [name, value] = line.split('=').map(part => part.trim().replace(/\bx\b/g, 'erfOf'));
    return [name === 'y' ? 'erf' : name, value] as const;
  });

/** Those that are made of others, by Keras's names. */
const composed: Readonly<Record<string, Omit<Composed, 'name'>>> = {
  relu6: { ...upTo(6), layer: 'relu6' },
  selu: {
    text: '1.0507009873554805 * scaledElu($)',
    activations: { scaledElu: { name: 'elu', alpha: 1.6732632423543772 } },
    layer: 'selu',
  },
  silu: { text: '$ * sigmoid($)', layer: 'silu' },
  softmax: { text: 'exp($ - max($)) * reciprocal(sum(exp($ - max($))))', layer: 'softmax' },
  mish: { text: '$ * tanh(softplus($))' },
  hard_silu: { text: '$ * hardSigmoid6($)' },
  hard_tanh: { text: '2 * unit($) - 1', activations: { unit } },
  hard_shrink: {
    text: 'beyond($) - beyond(-$)',
    activations: { beyond: { name: 'thresholdedRelu', alpha: 0.5 } },
  },
  soft_shrink: { text: 'relu($ - 0.5) - relu(-$ - 0.5)' },
  tanh_shrink: { text: '$ - tanh($)' },
  log_sigmoid: { text: '-softplus(-$)' },
  sparse_plus: { text: 'relu($ - 1) + unit($) * unit($)', activations: { unit } },
  squareplus: { text: '0.5 * ($ + sqrt($ * $ + 4))' },
  gelu: {
    text: '0.5 * $ * (1 + erf)',
    lines: [['erfOf', '0.7071067811865476 * $'], ...erfLines],
    activations: erfActivations,
  },
  gelu_new: { text: '0.5 * $ * (1 + tanh(0.7978845608028654 * ($ + 0.044715 * $ * $ * $)))' },
};

/** Other names of those. */
const aliases: Readonly<Record<string, string>> = { swish: 'silu', hard_swish: 'hard_silu' };

/** Names in Keras and in the JSON of tfjs. */
const names: Readonly<Record<string, OwnActivation>> = {
  linear: { slot: 'identity' },
  tanh: { slot: 'tanh' },
  sigmoid: { slot: 'sigmoid' },
  relu: { slot: 'relu' },
  softsign: { slot: 'softsign' },
  softplus: { slot: 'softplus' },
  elu: { slot: 'elu' },
  exponential: { slot: 'exp' },
  leaky_relu: { slot: { name: 'leakyRelu', alpha: 0.2 } },
  celu: { slot: 'elu' },
  sparse_sigmoid: { slot: unit },
};

/** Layers that are activations, where Keras 3 writes one in place of a name. */
const classes: Readonly<
  Record<string, (config: Fields, dialect: Dialect) => OwnActivation | undefined>
> = {
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
  Softmax: (_, dialect) => named('softmax', dialect),
  Activation: (config, dialect) => named(config.text('activation'), dialect),
};

/** Classes of layers that do nothing but apply an activation. */
export const activationLayers = Object.keys(classes);

function relu(config: Fields): OwnActivation | undefined {
  const slope = config.number('negative_slope', 0);
  if (config.number('threshold', 0) !== 0) return undefined;
  const most = config.has('max_value') ? config.number('max_value', 6) : undefined;
  if (most !== undefined && slope === 0 && most > 0) {
    return { name: 'relu', ...(most === 6 ? composed.relu6 : upTo(most)) };
  }
  if (most !== undefined) return undefined;
  return { slot: slope === 0 ? 'relu' : { name: 'leakyRelu', alpha: slope } };
}

function named(name: string, dialect: Dialect): OwnActivation | undefined {
  if (name === 'hard_sigmoid') {
    // clip(x/6 + 0.5) in Keras 3; clip(0.2x + 0.5) in Keras 2 and tfjs.
    return { slot: dialect === 'keras3' ? 'hardSigmoid6' : 'hardSigmoid' };
  }
  if (Object.hasOwn(names, name)) return names[name];
  const known = Object.hasOwn(aliases, name) ? aliases[name] : name;
  return Object.hasOwn(composed, known) ? { name: known, ...composed[known] } : undefined;
}

/** What a config says of an activation; undefined, after telling why, if there is no such here. */
export function activationOf(
  config: Fields,
  name: string,
  usual: string,
  { dialect, problem }: { dialect: Dialect; problem(why: string): void },
): OwnActivation | undefined {
  // No activation is the linear one; a field that is absent has its default.
  const value = config.isNull(name) ? 'linear' : (config.value(name) ?? usual);
  let own: OwnActivation | undefined;
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
export function slotOf(own: OwnActivation | undefined): Activation | undefined {
  return own && 'slot' in own ? own.slot : undefined;
}

/** An activation as a layer. */
export function activationLayer(size: number, own: OwnActivation): AnyCell {
  if ('slot' in own) return activationCell(size, own.slot);
  const { layer, name, text, activations } = own;
  if (layer === 'softmax') return softmaxCell(size);
  if (layer) return activationCell(size, layer);
  const declarations = { sameSize: true, ...(activations && { activations }) };
  const lines = [...(own.lines ?? []), ['y', text]].map(([name, value]) => `${name} = ${value}`);
  return defineCell(name, lines.join('\n').replaceAll('$', 'x'), declarations)(size, size);
}

/** A cell with such an activation, which is a layer behind it where it is made of others. */
export function activated(
  size: number,
  own: OwnActivation | undefined,
  make: (activation: Activation) => AnyCell,
): AnyCell[] {
  const cell = make(slotOf(own) ?? 'identity');
  return own && 'text' in own ? [cell, activationLayer(size, own)] : [cell];
}

/** The activation that a layer of such a class is. */
export function activationOfClass(
  name: string,
  config: Fields,
  dialect: Dialect,
): OwnActivation | undefined {
  return classes[name](config, dialect);
}
