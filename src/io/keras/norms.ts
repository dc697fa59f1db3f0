import { batchNormCell } from '../../cells/batch-norm.js';
import { defineCell } from '../../cells/define.js';
import { layerNormCell } from '../../cells/layer-norm.js';
import { eachCell } from '../../layers/each.js';
import type { AnyCell } from '../../streams/cell.js';
import { featuresIn } from './feedforward.js';
import type { Fields } from './fields.js';
import type { ReadLayer } from './layer.js';

/** Zhang & Sennrich 2019, "Root mean square layer normalization". */
const rmsText = 'y = x * reciprocal(sqrt(mean(x * x) + epsilon)) * weight';

/** Names of what scales and shifts each feature, of those that the config has. */
function affineOf(config: Fields): readonly string[] {
  return [
    ...(config.flag('scale', true) ? ['gamma'] : []),
    ...(config.flag('center', true) ? ['beta'] : []),
  ];
}

/** x · weight + bias, after (x − mean) / √variance where moments are given. */
export function scaled(
  size: number,
  given: Readonly<Record<string, ArrayLike<number> | undefined>>,
  epsilon = 0,
): AnyCell {
  const usual = { weight: 1, bias: 0, runningMean: 0, runningVar: 1 };
  const params = Object.entries(usual).map(([name, value]) => {
    return [name, Float32Array.from(given[name] ?? new Float32Array(size).fill(value))] as const;
  });
  return batchNormCell(size, { epsilon, params: Object.fromEntries(params) as never });
}

/** LayerNormalization, or BatchNormalization, which has moments. */
export function readNorm(isBatch: boolean): ReadLayer {
  return (config, context) => {
    const epsilon = config.number('epsilon', 1e-3);
    const names = [...affineOf(config), ...(isBatch ? ['moving_mean', 'moving_variance'] : [])];
    return (inputs, weights) => {
      const flow = featuresIn(config, inputs, context);
      const { size } = flow;
      const stored: Partial<Record<string, Float32Array>> = weights.claim(
        config.where,
        names.map(name => ({ name, shape: [size] })),
      );
      const { gamma = new Float32Array(size).fill(1), beta = new Float32Array(size) } = stored;
      const { moving_mean: runningMean, moving_variance: runningVar } = stored;
      const affine = { weight: gamma, bias: beta };
      const cell = isBatch
        ? scaled(size, { ...affine, runningMean, runningVar }, epsilon)
        : layerNormCell(size, { epsilon, params: affine });
      return { members: [cell], flow };
    };
  };
}

/** GroupNormalization of a vector: of steps, the moments would be those of all steps. */
export const readGroupNorm: ReadLayer = (config, context) => {
  const epsilon = config.number('epsilon', 1e-3);
  const isEach = config.value('groups') === -1;
  const count = isEach ? undefined : config.count('groups', 32);
  const names = affineOf(config);
  return (inputs, weights) => {
    const flow = featuresIn(config, inputs, context);
    const { size, sequence } = flow;
    if (sequence) context.refuse('moments of all steps');
    const groups = count ?? size;
    if (size % groups) context.refuse(`${groups} groups of ${size} features`);
    const stored: Partial<Record<string, Float32Array>> = weights.claim(
      config.where,
      names.map(name => ({ name, shape: [size] })),
    );
    const group = eachCell(groups, layerNormCell(size / groups, { epsilon }));
    const affine = scaled(size, { weight: stored.gamma, bias: stored.beta });
    return { members: names.length ? [group, affine] : [group], flow };
  };
};

export const readRmsNorm: ReadLayer = (config, context) => {
  const epsilon = config.number('epsilon', 1e-6);
  return (inputs, weights) => {
    const flow = featuresIn(config, inputs, context);
    const { scale } = weights.claim(config.where, [{ name: 'scale', shape: [flow.size] }]);
    const declared = { sameSize: true, vectors: { weight: 1 }, constants: { epsilon } };
    const make = defineCell('RmsNorm', rmsText, declared);
    return {
      members: [make(flow.size, flow.size, { params: { weight: scale } }) as AnyCell],
      flow,
    };
  };
};
