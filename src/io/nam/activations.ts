import { activationCell } from '../../cells/activation.js';
import { defineCell } from '../../cells/define.js';
import { preluCell } from '../../cells/prelu.js';
import { mismatch } from '../../errors.js';
import type { AnyCell } from '../../streams/cell.js';
import { Fields, shown } from '../keras/fields.js';
import { nestedNumbers } from '../nested-numbers.js';
import { checkFields } from './config.js';

/** An activation as a layer of so many channels. */
export type MakeActivation = (size: number) => AnyCell;

/** What the file says beside the name. */
type Read = (config: Fields) => MakeActivation;

const sameSize = { sameSize: true } as const;
const plain =
  (name: 'tanh' | 'sigmoid' | 'relu' | 'softsign' | 'silu'): Read =>
  () =>
  size =>
    activationCell(size, name);

/** Cells of a text of their own, which are read when a file needs them. */
function text(name: string, lines: string, options = {}): MakeActivation {
  return size => defineCell(name, lines, { ...sameSize, ...options })(size, size);
}

const hardtanh: MakeActivation = size =>
  defineCell('Hardtanh', 'y = φ(x)', { ...sameSize, activations: { φ: 'identity' } })(size, size, {
    clip: 1,
  });

/** NAM's quotient of polynomials near tanh. */
const fastTanh = `
  a = relu(x) + relu(-x)
  s = x * x
  v = x + 0.814642734961073 * x * a
  p = 2.45550750702956 + 2.45550750702956 * a + (0.893229853513558 + 0.821226666969744 * a) * s
  q = 2.44506634652299 + (2.44506634652299 + s) * (relu(v) + relu(-v))
  y = x * p * reciprocal(q)
`;

/** Names in the files; those of PyTorch, and the trainer's own. */
const activations: Readonly<Record<string, Read>> = {
  Tanh: plain('tanh'),
  Sigmoid: plain('sigmoid'),
  ReLU: plain('relu'),
  Softsign: plain('softsign'),
  SiLU: plain('silu'),
  Hardtanh: () => hardtanh,
  Fasttanh: () => text('FastTanh', fastTanh),
  Hardswish: () => text('HardSwish', 'y = x * hardSigmoid6(x)'),
  LeakyReLU: leaky,
  PReLU: prelu,
  LeakyHardtanh: leakyHardtanh,
  LeakyHardTanh: leakyHardtanh,
};

/** The fields that each has beside its type. */
const more: Readonly<Record<string, readonly string[]>> = {
  LeakyReLU: ['negative_slope'],
  PReLU: ['negative_slope', 'negative_slopes'],
  LeakyHardtanh: ['min_val', 'max_val', 'min_slope', 'max_slope'],
  LeakyHardTanh: ['min_val', 'max_val', 'min_slope', 'max_slope'],
};

/** All that are read. */
export const namActivations = Object.keys(activations);

/** An activation as the file has it: a name, or an object with a type. */
export function readActivation(where: string, given: unknown): MakeActivation {
  const config = new Fields(where, typeof given === 'string' ? { type: given } : given);
  const name = config.text('type');
  if (!Object.hasOwn(activations, name)) {
    const known = Object.keys(activations).join(', ');
    throw mismatch(where, `one of ${known}`, shown(name));
  }
  checkFields(config, ['type', ...(more[name] ?? [])]);
  return activations[name](config);
}

function leaky(config: Fields): MakeActivation {
  const alpha = config.number('negative_slope', 0.01);
  return size => activationCell(size, { name: 'leakyRelu', alpha });
}

function prelu(config: Fields): MakeActivation {
  if (!config.has('negative_slopes')) return leaky(config);
  if (config.has('negative_slope')) {
    throw mismatch(config.where, 'negative_slope or negative_slopes', 'both');
  }
  return size => {
    const where = `${config.where}.negative_slopes`;
    const shape = { shape: [size], meaning: `channels ${size}` };
    const alpha = nestedNumbers(where, config.value('negative_slopes'), shape);
    return preluCell(size, { params: { alpha } });
  };
}

/** x between two bounds, and lines of other slopes outside. */
function leakyHardtanh(config: Fields): MakeActivation {
  const [low, high] = [config.number('min_val', -1), config.number('max_val', 1)];
  if (!(low < high)) throw mismatch(config.where, 'min_val below max_val', `${low} and ${high}`);
  const constants = {
    ...{ low, high },
    below: config.number('min_slope', 0.01),
    above: config.number('max_slope', 0.01),
  };
  const lines = `
    below_high = high - relu(high - x)
    between    = low + relu(below_high - low)
    y          = between - below * relu(low - x) + above * relu(x - high)
  `;
  return text('LeakyHardtanh', lines, { constants });
}
