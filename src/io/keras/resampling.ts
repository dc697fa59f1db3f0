import { conv1dCell } from '../../layers/conv1d.js';
import { sliceCell } from '../../layers/moves.js';
import { repeatVectorCell } from '../../layers/repeat-vector.js';
import { quoted } from '../json.js';
import { activated } from './activations.js';
import { stepsIn } from './convolution.js';
import { kernelsOf } from './feedforward.js';
import type { Fields } from './fields.js';
import type { Built, Flow, LayerContext, ReadLayer } from './layer.js';

/** Features, and steps, that a layer may pad or cut; weights that a convolution may grow to. */
const limits = { features: 1024, steps: 2 ** 12, weights: 2 ** 24 };

/** Each step several times. */
export const readUpSampling1d: ReadLayer = (config, context) => {
  const times = config.count('size', 2);
  context.needsWhole();
  return inputs => {
    const { steps, ...flow } = stepsIn(inputs, context);
    const after = steps === undefined ? undefined : steps * times;
    return { members: [repeatVectorCell(flow.size, times)], flow: { ...flow, steps: after } };
  };
};

/** Steps of zeros at both ends, or both ends cut off. */
export function readEnds(field: 'padding' | 'cropping'): ReadLayer {
  return (config, context) => {
    const [before, after] = endsIn(config, field);
    const sign = field === 'padding' ? 1 : -1;
    context.needsWhole();
    return inputs => withEnds(stepsIn(inputs, context), sign * before, sign * after, context);
  };
}

function endsIn(config: Fields, field: string): readonly number[] {
  const given = config.has(field) ? config.value(field) : 1;
  const ends: readonly unknown[] = Array.isArray(given) ? given : [given, given];
  const ok = ends.length === 2 && ends.every(n => Number.isInteger(n) && (n as number) >= 0);
  // The error of a count tells what is expected.
  return ok && ends.every(n => (n as number) <= limits.steps)
    ? (ends as readonly number[])
    : [config.count(field)];
}

/** A convolution of each feature on its own, which moves it: ends that are negative are cut off. */
function withEnds(input: Flow, before: number, after: number, { refuse }: LayerContext): Built {
  const { size } = input;
  if (size > limits.features) refuse(`more than ${limits.features} features`);
  const steps = input.steps === undefined ? undefined : input.steps + before + after;
  if (steps !== undefined && steps < 1) refuse('more steps cut off than there are');
  const [cut, tail] = [before, after].map(n => Math.max(0, -n));
  const length = cut + tail + 1;
  const weight = Float32Array.from({ length: size * length }, (_, i) => Number(i % length === cut));
  const padding = [Math.max(0, before), Math.max(0, after)] as const;
  const options = { groups: size, bias: false, padding, params: { weight } };
  return { members: [conv1dCell(size, size, length, options)], flow: { ...input, steps } };
}

/**
 * Each step of the input becomes `strides` steps of the output, by a convolution with as many
 * times the filters, whose outputs are then read as steps.
 */
export const readConv1dTranspose: ReadLayer = (config, context) => {
  const counts = ['filters', 'kernel_size'].map(name => config.count(name));
  const stride = config.count('strides', 1);
  const padding = config.text('padding', 'valid').toLowerCase();
  if (padding !== 'valid' && padding !== 'same') context.problem(`padding ${quoted(padding)}`);
  const { own, claim } = kernelsOf(config, context);
  context.needsWhole();
  return (inputs, weights) => {
    const input = stepsIn(inputs, context);
    const [out, length] = counts;
    const shape = [length, out, input.size];
    const stored = claim(weights, out, { name: 'kernel', shape });
    const kernel = { stored: stored.kernel, out, length, stride, size: input.size };
    const { weight, reach, before, after } = phases(kernel, padding === 'same', context);
    const more = padding === 'same' ? 0 : Math.max(0, length - stride);
    const extra = Math.ceil(more / stride);
    const bias = stored.bias && repeated(stored.bias, stride);
    const options = { padding: [before, after + extra], bias: bias !== undefined } as const;
    const params = { weight, ...(bias && { bias }) };
    const [cell, ...activation] = activated(out, own, activation => {
      return conv1dCell(input.size, stride * out, reach, { ...options, activation, params });
    });
    const { members, flow } = interleaved({ ...input, size: out }, stride, extra, more, context);
    return { members: [cell, ...members, ...activation], flow };
  };
};

function repeated(bias: Float32Array, times: number): number[] {
  return Array.from({ length: times }, () => [...bias]).flat();
}

interface Transposed {
  /** `[length, out, size]`. */
  readonly stored: Float32Array;
  readonly out: number;
  readonly length: number;
  readonly stride: number;
  readonly size: number;
}

/** The kernel, `[stride · out, size, reach]`, of the steps that one step becomes. */
function phases(kernel: Transposed, isSame: boolean, { refuse }: LayerContext) {
  const { stored, out, length, stride, size } = kernel;
  // Steps of the output before its first that 'same' cuts off.
  const begin = isSame ? Math.floor(Math.max(0, length - stride) / 2) : 0;
  const before = Math.floor((length - 1 - begin) / stride);
  const after = Math.floor((stride - 1 + begin) / stride);
  const reach = before + after + 1;
  const count = stride * out * size * reach;
  if (count > limits.weights) refuse('too many filters');
  const weight = new Float32Array(count);
  for (let row = 0; row < stride * out; row++) {
    for (let d = 0; d < reach; d++) {
      // Where the output's step is within the kernel that begins at the input's.
      const k = Math.floor(row / out) + begin - (d - before) * stride;
      if (k < 0 || k >= length) continue;
      for (let j = 0; j < size; j++) {
        const from = (k * out + (row % out)) * size + j;
        weight[(row * size + j) * reach + d] = stored[from];
      }
    }
  }
  return { weight, reach, before, after };
}

/** Steps of several steps each, one after another; `more` than a stride of each input's. */
function interleaved(
  { size, steps, ...flow }: Flow,
  stride: number,
  extra: number,
  more: number,
  { refuse }: LayerContext,
): Built {
  const total = steps === undefined ? undefined : steps * stride + more;
  if (stride === 1) return { members: [], flow: { ...flow, size, steps: total } };
  if (steps === undefined || total === undefined) {
    return refuse('strides, of an unknown number of steps');
  }
  const all = (steps + extra) * stride * size;
  const cut = all === total * size ? [] : [sliceCell(all, 0, total * size)];
  return {
    members: [{ window: 'end' }, ...cut, { window: total, size }],
    flow: { ...flow, size, steps: total, windowed: true },
  };
}
