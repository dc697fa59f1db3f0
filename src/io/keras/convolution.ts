import { causalConv1dCell } from '../../layers/causal-conv1d.js';
import { conv1dCell } from '../../layers/conv1d.js';
import {
  averagePool1dCell,
  globalAveragePool1dCell,
  globalMaxPool1dCell,
  maxPool1dCell,
} from '../../layers/pooling.js';
import type { AnyCell } from '../../streams/cell.js';
import { quoted } from '../json.js';
import { canonicalConvolution, transpose } from '../layouts.js';
import { activated, type OwnActivation } from './activations.js';
import { denseMembers, kernelsOf } from './feedforward.js';
import type { Fields } from './fields.js';
import { type Flow, type LayerContext, onlyInput, type ReadLayer } from './layer.js';

/** Numbers that a causal convolution may carry; groups, each of which is a matrix to make. */
const limits = { carried: 2 ** 20, groups: 1024 };

/** How a convolution, or a pool, goes along the steps. */
interface Geometry {
  readonly length: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: string;
}

function geometryOf(config: Fields, field: string, context: LayerContext): Geometry {
  const length = config.count(field);
  const isPool = field === 'pool_size';
  const padding = config.text('padding', 'valid').toLowerCase();
  const known = ['valid', 'same', ...(isPool ? [] : ['causal'])];
  if (!known.includes(padding)) context.problem(`padding ${quoted(padding)}`);
  const stride = config.count('strides', isPool ? length : 1);
  const dilation = isPool ? 1 : config.count('dilation_rate', 1);
  const geometry = { length, stride, dilation, padding };
  if (!isCausal(geometry)) context.needsWhole();
  else if (length > 1) context.hasState(false);
  return geometry;
}

/** True where a step of output answers each step of input, and needs none after it. */
function isCausal({ padding, stride, length }: Geometry): boolean {
  return stride === 1 && (padding === 'causal' || length === 1);
}

/** Zeros before the first step and after the last. */
function paddingOf(geometry: Geometry, { steps }: Flow, { refuse }: LayerContext) {
  const { length, stride, dilation, padding } = geometry;
  const reach = (length - 1) * dilation;
  if (padding === 'valid') return [0, 0] as const;
  if (padding === 'causal') return [reach, 0] as const;
  if (stride > 1 && steps === undefined) refuse("padding 'same' with strides, of unknown steps");
  const given = steps ?? 1;
  const total = Math.max(0, (Math.ceil(given / stride) - 1) * stride + reach + 1 - given);
  const before = Math.floor(total / 2);
  return [before, total - before] as const;
}

function stepsAfter({ length, stride, dilation }: Geometry, steps: number | undefined, pad = 0) {
  if (steps === undefined) return undefined;
  return Math.floor((steps + pad - (length - 1) * dilation - 1) / stride) + 1;
}

interface Kernel {
  /** PyTorch's `[out, in / groups, length]`. */
  readonly weight: Float32Array;
  readonly bias: Float32Array | undefined;
  readonly out: number;
  readonly groups: number;
}

function convolve(
  geometry: Geometry,
  input: Flow,
  { weight, bias, out, groups }: Kernel,
  own: OwnActivation | undefined,
  context: LayerContext,
): { members: AnyCell[]; flow: Flow } {
  const { length, stride, dilation } = geometry;
  const params = { weight, ...(bias && { bias }) };
  const options = { dilation, groups, bias: bias !== undefined, params };
  if ((length - 1) * dilation * input.size > limits.carried) context.refuse('a reach too long');
  if (groups > limits.groups) context.refuse(`more than ${limits.groups} groups`);
  if (isCausal(geometry)) {
    const members = activated(out, own, activation => {
      return causalConv1dCell(input.size, out, length, { ...options, activation });
    });
    return { members, flow: { ...input, size: out } };
  }
  const padding = paddingOf(geometry, input, context);
  const steps = stepsAfter(geometry, input.steps, padding[0] + padding[1]);
  if (steps !== undefined && steps < 1) context.refuse('fewer steps than the kernel has');
  const members = activated(out, own, activation => {
    return conv1dCell(input.size, out, length, { ...options, activation, stride, padding });
  });
  return { members, flow: { ...input, size: out, steps } };
}

export const readConv1d: ReadLayer = (config, context) => {
  const geometry = geometryOf(config, 'kernel_size', context);
  const [out, groups] = [config.count('filters'), config.count('groups', 1)];
  const { own, claim } = kernelsOf(config, context);
  return (inputs, weights) => {
    const input = stepsIn(inputs, context);
    const inner = input.size / groups;
    if (!Number.isInteger(inner)) context.refuse(`${groups} groups of ${input.size} features`);
    const shape = [geometry.length, inner, out] as const;
    const { kernel, bias } = claim(weights, out, { name: 'kernel', shape });
    const weight = canonicalConvolution(kernel, shape);
    return convolve(geometry, input, { weight, bias, out, groups }, own, context);
  };
};

/** DepthwiseConv1D: kernels for each feature on its own; SeparableConv1D, then a dense layer. */
export function readDepthwise(isSeparable: boolean): ReadLayer {
  return (config, context) => {
    const geometry = geometryOf(config, 'kernel_size', context);
    const { length } = geometry;
    const units = isSeparable ? config.count('filters') : undefined;
    const multiplier = config.count('depth_multiplier', 1);
    const { own, claim } = kernelsOf(config, context);
    return (inputs, weights) => {
      const input = stepsIn(inputs, context);
      const { size } = input;
      const out = size * multiplier;
      // Keras 3 calls the kernel of a layer that has no other so.
      const isPlain = units === undefined && !weights.shapeOf('depthwise_kernel', 0);
      const name = isPlain ? 'kernel' : 'depthwise_kernel';
      const each = { name, shape: [length, size, multiplier] } as const;
      const all = units ? [{ name: 'pointwise_kernel', shape: [1, out, units] } as const] : [];
      const { bias, ...kernels } = claim(weights, units ?? out, each, ...all);
      const weight = transpose(kernels[name], length, out);
      const kernel = { weight, bias: units ? undefined : bias, out, groups: size };
      const bent = units ? undefined : own;
      const { members, flow } = convolve(geometry, input, kernel, bent, context);
      if (units === undefined) return { members, flow };
      const mixed = denseMembers(kernels.pointwise_kernel, bias, units, own);
      return { members: [...members, ...mixed], flow: { ...flow, size: units } };
    };
  };
}

export function readPool(kind: 'max' | 'average'): ReadLayer {
  return (config, context) => {
    const geometry = geometryOf(config, 'pool_size', context);
    context.needsWhole();
    return inputs => {
      const input = stepsIn(inputs, context);
      const make = kind === 'max' ? maxPool1dCell : averagePool1dCell;
      const { length, stride } = geometry;
      const padding = paddingOf(geometry, input, context);
      const steps = stepsAfter(geometry, input.steps, padding[0] + padding[1]);
      if (steps !== undefined && steps < 1) context.refuse('fewer steps than the pool has');
      const isPadded = padding[0] + padding[1] > 0;
      const pool = make(input.size, length, { stride, ...(isPadded && { padding }) });
      return { members: [pool], flow: { ...input, steps } };
    };
  };
}

export function readGlobalPool(kind: 'max' | 'average'): ReadLayer {
  return (config, context) => {
    context.needsWhole();
    const keep = config.flag('keepdims', false);
    return inputs => {
      const { size, windowed } = stepsIn(inputs, context);
      const make = kind === 'max' ? globalMaxPool1dCell : globalAveragePool1dCell;
      const flow = { size, sequence: keep, windowed, ...(keep ? { steps: 1 } : { lone: true }) };
      return { members: [make(size)], flow };
    };
  };
}

/** The only input, which must have steps. */
export function stepsIn(inputs: readonly Flow[], context: LayerContext): Flow {
  const input = onlyInput(inputs, context);
  if (!input.sequence) context.refuse('an input without an axis of time');
  return input;
}
