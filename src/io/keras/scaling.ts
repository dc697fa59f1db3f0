import { activationCell } from '../../cells/activation.js';
import { shapeText } from '../../errors.js';
import { featuresIn } from './feedforward.js';
import type { Fields } from './fields.js';
import { type LayerContext, onlyInput, type ReadLayer } from './layer.js';
import { scaled } from './norms.js';

/** The least deviation that Normalization divides by: Keras's epsilon(). */
const leastDeviation = 1e-7;

/**
 * Normalization: (x − mean) / max(√variance, 1e-7), of numbers in the file or in the config; or,
 * inverted, the way back.
 */
export const readNormalization: ReadLayer = (config, context) => {
  const isInverse = config.flag('invert', false);
  const axis: unknown = config.isNull('axis') ? [] : config.value('axis');
  const isWhole = Array.isArray(axis) && axis.length === 0;
  const isGiven = config.has('mean') || config.has('variance');
  return (inputs, weights) => {
    const flow = isWhole ? onlyInput(inputs, context) : featuresIn(config, inputs, context);
    const { size } = flow;
    weights.skip('count', 2);
    const wanted = ['mean', 'variance'].map(name => ({ name, shape: isWhole ? [] : [size] }));
    const stored = isGiven ? undefined : weights.claim(config.where, wanted);
    const [mean, variance] = ['mean', 'variance'].map(name => {
      const given = stored ? [...stored[name]] : numbersIn(config, name, 0);
      return spread(given, size, context);
    });
    const least = variance.map(v => Math.max(v, leastDeviation ** 2));
    const params = isInverse
      ? { weight: least.map(Math.sqrt), bias: mean }
      : { runningMean: mean, runningVar: least };
    return { members: [scaled(size, params)], flow };
  };
};

/** Rescaling: x · scale + offset. */
export const readRescaling: ReadLayer = (config, context) => {
  const [scale, offset] = [numbersIn(config, 'scale', 1), numbersIn(config, 'offset', 0)];
  return inputs => {
    const flow = onlyInput(inputs, context);
    const { size } = flow;
    if (scale.length === 1 && offset.length === 1) {
      const affine = { name: 'affine', alpha: scale[0], beta: offset[0] } as const;
      return { members: [activationCell(size, affine)], flow };
    }
    const [weight, bias] = [scale, offset].map(values => spread(values, size, context));
    return { members: [scaled(size, { weight, bias })], flow };
  };
};

/** A number for each feature, of which one may stand for all. */
function spread(values: readonly number[], size: number, { refuse }: LayerContext) {
  if (values.length !== 1 && values.length !== size) {
    refuse(`${shapeText([values.length])} numbers for ${size} features`);
  }
  return Array.from({ length: size }, (_, i) => values[values.length === 1 ? 0 : i]);
}

/** A number of a config, or a list of them, in as many brackets as there are axes. */
function numbersIn(config: Fields, name: string, usual: number): readonly number[] {
  const value = config.value(name);
  // Keras 3 writes an array of NumPy's as an object.
  if (Object(value).class_name === '__numpy__') {
    return numbersIn(config.object(name).object('config'), 'value', usual);
  }
  return Array.isArray(value) ? config.numbers(name) : [config.number(name, usual)];
}
