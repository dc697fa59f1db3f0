import { activationCell, type ComposedName } from '../../cells/activation.js';
import { defineCell } from '../../cells/define.js';
import { softmaxCell } from '../../cells/softmax.js';
import type { Activation } from '../../graph/activations.js';
import { type AnyCell, internals } from '../../streams/cell.js';
import { quoted } from '../json.js';
import { checkConfig } from './check-config.js';
import { serialized } from './classes.js';
import type { Fields } from './fields.js';

/** Whose names they are: Keras 3 gave hard_sigmoid another slope. */
export type Dialect = 'keras2' | 'keras3';

/** An activation that is made of others, in the language of cells: of `$`. */
interface Composed {
  readonly name: string;
  readonly text: string;
  /** Activations that the text calls by a name of its own. */
  readonly activations?: Readonly<Record<string, Activation>>;
  /** The layer that it is, if there is one. */
  readonly layer?: ComposedName | 'softmax';
}

/** What stands for an activation here: of a slot, or a text. */
type Own = { readonly slot: Activation } | Composed;

/** From 0 up to a most. */
function upTo(most: number): Pick<Composed, 'text' | 'activations'> {
  const name = `upTo${String(most).replace(/\W/g, '_')}`;
  const activations = { [name]: { name: 'hardSigmoid', alpha: 1 / most, beta: 0 } as const };
  return { text: `${most} * ${name}($)`, activations };
}

/** clip((x + 1) / 2, 0, 1). */
const unit = { name: 'hardSigmoid', alpha: 0.5, beta: 0.5 } as const;

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
  gelu_new: { text: '0.5 * $ * (1 + tanh(0.7978845608028654 * ($ + 0.044715 * $ * $ * $)))' },
};

/** Other names of those. */
const aliases: Readonly<Record<string, string>> = { swish: 'silu', hard_swish: 'hard_silu' };

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
  celu: { slot: 'elu' },
  sparse_sigmoid: { slot: unit },
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
  Softmax: (_, dialect) => named('softmax', dialect),
  Activation: (config, dialect) => named(config.text('activation'), dialect),
};

/** Classes of layers that do nothing but apply an activation. */
export const activationLayers = Object.keys(classes);

function relu(config: Fields): Own | undefined {
  const slope = config.number('negative_slope', 0);
  if (config.number('threshold', 0) !== 0) return undefined;
  const most = config.has('max_value') ? config.number('max_value', 6) : undefined;
  if (most !== undefined && slope === 0 && most > 0) {
    return { name: 'relu', ...(most === 6 ? composed.relu6 : upTo(most)) };
  }
  if (most !== undefined) return undefined;
  return { slot: slope === 0 ? 'relu' : { name: 'leakyRelu', alpha: slope } };
}

function named(name: string, dialect: Dialect): Own | undefined {
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
  const { layer, name, text, activations } = own;
  if (layer === 'softmax') return softmaxCell(size);
  if (layer) return activationCell(size, layer);
  const declarations = { sameSize: true, ...(activations && { activations }) };
  return defineCell(name, `y = ${text.replaceAll('$', 'x')}`, declarations)(size, size);
}

/** The slots of a text, and what stands for each. */
export type Slots = Readonly<Record<'σ' | 'φ' | 'ψ', Own | undefined>>;

/**
 * A cell of the library whose slots are those: where one is made of others, a cell of the same
 * equations, of which each line with such a slot is two.
 */
export function withActivations(
  make: (options: Readonly<Record<string, Activation>>) => AnyCell,
  slots: Slots,
): AnyCell {
  const entries = [
    ['gateActivation', 'σ'],
    ['activation', 'φ'],
    ['outputActivation', 'ψ'],
  ] as const;
  const plain = entries.flatMap(([option, slot]) => {
    const activation = slotOf(slots[slot]);
    return activation === undefined ? [] : [[option, activation] as const];
  });
  const options = Object.fromEntries(plain);
  const cell = make(options);
  const own = entries.flatMap(([, slot]) => {
    const given = slots[slot];
    return given && 'text' in given ? [{ slot, ...given }] : [];
  });
  const { spec } = cell[internals];
  if (own.length === 0 || spec.kind !== 'equations') return cell;
  const { name, text, declarations } = spec.definition;
  const activations = Object.assign({}, ...own.map(({ activations }) => activations));
  const variant = [declarations.variant, ...own.map(({ name }) => name)].filter(Boolean).join(', ');
  const lines = own.reduce((lines, { slot, text }) => replaced(lines, slot, text), text);
  const declared = { ...declarations, activations, variant };
  const { sizes, bias, params } = spec;
  const all = { ...options, bias, params };
  return defineCell(name, lines, declared)(sizes.input, sizes.hidden, all as never) as AnyCell;
}

/** A text of which each line `y = f(v)` with a slot f is `y_a = v`, and what f is of that. */
function replaced(text: string, slot: string, own: string): string {
  const lines = text.split('\n').flatMap(line => {
    const begin = line.indexOf(`${slot}(`);
    if (begin < 0) return [line];
    let end = begin + 2;
    for (let depth = 1; depth > 0; end++) {
      if (line[end] === '(') depth++;
      if (line[end] === ')') depth--;
    }
    const value = `${line.slice(0, line.indexOf('=')).replace(/\W/g, '')}_a`;
    const inner = line.slice(begin + 2, end - 1);
    const outer = `${line.slice(0, begin)}(${own.replaceAll('$', value)})${line.slice(end)}`;
    return [`${value} = ${inner}`, outer];
  });
  return lines.join('\n');
}

export type { Own as OwnActivation };

/** The activation that a layer of such a class is. */
export function activationOfClass(name: string, config: Fields, dialect: Dialect): Own | undefined {
  return classes[name](config, dialect);
}
