import { sizeOf } from '../../arrays/ndarray.js';
import { denseCell } from '../../cells/dense.js';
import { preluCell } from '../../cells/prelu.js';
import { embeddingCell } from '../../layers/embedding.js';
import type { AnyCell } from '../../streams/cell.js';
import { transpose } from '../layouts.js';
import {
  activated,
  activationLayer,
  activationOf,
  activationOfClass,
  type OwnActivation,
} from './activations.js';
import type { Fields } from './fields.js';
import { type Flow, type LayerContext, masks, onlyInput, type ReadLayer } from './layer.js';
import type { Wanted, Weights } from './weights.js';

/** What layers of kernels have in common: a bias, unless there is none, and an activation. */
export function kernelsOf(config: Fields, context: LayerContext) {
  const bias = config.flag('use_bias', true);
  const own = activationOf(config, 'activation', 'linear', context);
  const claim = <K extends string>(
    weights: Weights,
    out: number,
    ...kernels: readonly (Wanted & { name: K })[]
  ): Record<K, Float32Array> & { readonly bias?: Float32Array } => {
    const wanted: readonly Wanted[] = [
      ...kernels,
      ...(bias ? [{ name: 'bias', shape: [out] }] : []),
    ];
    return weights.claim(config.where, wanted) as Record<K, Float32Array>;
  };
  return { own, claim };
}

/** A dense cell of Keras's `kernel` `[in, out]`, and the activation as a layer where it must be. */
export function denseMembers(
  kernel: Float32Array,
  bias: Float32Array | undefined,
  units: number,
  own: OwnActivation | undefined,
): AnyCell[] {
  const size = kernel.length / units;
  const params = { weight: transpose(kernel, size, units), ...(bias && { bias }) };
  return activated(units, own, activation => {
    return denseCell(size, units, { activation, bias: bias !== undefined, params });
  });
}

export const readDense: ReadLayer = (config, context) => {
  const units = config.count('units');
  const { own, claim } = kernelsOf(config, context);
  return (inputs, weights) => {
    const input = onlyInput(inputs, context);
    const { kernel, bias } = claim(weights, units, { name: 'kernel', shape: [input.size, units] });
    return { members: denseMembers(kernel, bias, units, own), flow: { ...input, size: units } };
  };
};

export const readEmbedding: ReadLayer = (config, context) => {
  const [count, size] = [config.count('input_dim'), config.count('output_dim')];
  if (config.flag('mask_zero', false) && !context.ignoreMasks) context.problem(masks);
  return (inputs, weights) => {
    const input = onlyInput(inputs, context);
    if (input.size !== 1) context.refuse(`${input.size} indices a step`);
    const { embeddings } = weights.claim(config.where, [
      { name: 'embeddings', shape: [count, size] },
    ]);
    const cell = embeddingCell(count, size, { params: { weight: embeddings } });
    return { members: [cell], flow: { ...input, size } };
  };
};

export const readMasking: ReadLayer = (_config, context) => {
  if (!context.ignoreMasks) context.problem(masks);
  return inputs => ({ members: [], flow: onlyInput(inputs, context) });
};

/** Classes of layers that do nothing when a network runs. */
export const identities = [
  'ActivityRegularization',
  'AlphaDropout',
  'Dropout',
  'GaussianDropout',
  'GaussianNoise',
  'Identity',
  'SpatialDropout1D',
];

export const readIdentity: ReadLayer = (_config, context) => inputs => {
  return { members: [], flow: onlyInput(inputs, context) };
};

export function readActivation(kind: string): ReadLayer {
  return (config, context) => {
    const own = activationOfClass(kind, config, context.dialect);
    if (!own) context.problem('options, or a function, that there is none of here');
    return inputs => {
      const isAlongAxis = kind === 'Softmax';
      const flow = isAlongAxis ? featuresIn(config, inputs, context) : onlyInput(inputs, context);
      return { members: [activationLayer(flow.size, own as OwnActivation)], flow };
    };
  };
}

export const readPrelu: ReadLayer = (config, context) => (inputs, weights) => {
  const flow = onlyInput(inputs, context);
  const shape = flow.sequence ? [1, flow.size] : [flow.size];
  const got = weights.shapeOf('alpha', 0);
  if (got && sizeOf(got) !== flow.size) context.refuse('a slope for each step');
  const { alpha } = weights.claim(config.where, [{ name: 'alpha', shape }]);
  return { members: [preluCell(flow.size, { params: { alpha } })], flow };
};

/** The input of a layer that works along the features. */
export function featuresIn(config: Fields, inputs: readonly Flow[], context: LayerContext): Flow {
  const flow = onlyInput(inputs, context);
  const given = config.value('axis') ?? -1;
  const axis: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
  const last = flow.sequence ? 2 : 1;
  if (axis !== -1 && axis !== last) context.refuse('an axis that is not that of the features');
  return flow;
}
