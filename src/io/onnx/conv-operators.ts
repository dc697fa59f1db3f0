import { quoted } from '../json.js';
import { type Convolution, convDraft } from './convolution.js';
import {
  type Axis,
  axesText,
  ensure,
  type FeatureAxis,
  type Flow,
  isBatch,
  type Value,
} from './flow.js';
import { integerOf, integersOf, type Node, textOf } from './graph.js';
import { type Dense, denseDraft } from './linear.js';
import {
  constantIn,
  emit,
  inWindow,
  type Operator,
  optionalIn,
  type Reading,
  vectorsIn,
  weightsIn,
} from './reading.js';

/** Convolutions along the steps of a sequence, or of a window. */
export const convOperators: Readonly<Record<string, Operator>> = { Conv: conv };

function conv(node: Node, inputs: readonly Value[], reading: Reading): Value[] {
  const [input] = inputs;
  ensure(input?.kind === 'flow', 'a convolution of what is not computed from the input');
  const weights = constantIn(inputs, 1);
  const [size, perGroup, ...kernels] = weights.dims;
  const { axis, at, places } = spatial(node, input, kernels);
  const groups = integerOf(node, 'group', 1);
  const channels = input.axes[1];
  const inputSize = perGroup * groups;
  ensure(
    sizeOf(channels) === inputSize && inputSize > 0,
    `${axesText(input)} for ${inputSize} channels`,
  );
  ensure(size > 0 && size % groups === 0, `${size} channels in ${groups} groups`);
  const bias = optionalIn(inputs, 2) ? () => weightsIn(inputs, 2) : undefined;
  ensure(!bias || String(constantIn(inputs, 2).dims) === String([size]), 'B of another size');
  const options: Convolution = {
    ...{ inputSize, size, groups, kernelSize: places.kernel, stride: places.stride },
    ...{ dilation: places.dilation, padding: places.padding, bias },
    weight: () => weightsIn(inputs, 1),
  };
  if (input.context) {
    const reach = (places.kernel - 1) * places.dilation;
    const isWhole = places.padding[0] === reach && places.padding[1] === 0 && places.stride === 1;
    ensure(isWhole && axis.role === 'time', 'a kernel that does not reach as far as its state');
  }
  const flow: Flow = { ...input, pad: undefined, context: undefined };
  return [placed(node, flow, { axis, at, channels, options }, reading)];
}

interface ConvolutionPlace {
  /** The axis along which the kernel moves, and its index. */
  readonly axis: Axis;
  readonly at: number;
  readonly channels: Axis;
  readonly options: Convolution;
}

function placed(node: Node, flow: Flow, place: ConvolutionPlace, reading: Reading): Flow {
  const { axis, at, channels, options } = place;
  const made: FeatureAxis = { role: 'feature', size: options.size };
  const own = flow.layout.filter(other => other !== channels && other !== axis);
  ensure(own.length === 0, `a convolution of ${axesText(flow)}`);
  if (axis.role === 'time' && isPointwise(options)) {
    const dense = denseDraft(pointwiseOf(options));
    return emit(reading, node, flow, dense, axesWith(flow, at, axis, made), [made]);
  }
  if (axis.role === 'time') {
    const { draft, time } = convDraft(options, axis);
    return emit(reading, node, flow, draft, axesWith(flow, at, time, made), [made]);
  }
  if (isPointwise(options)) {
    const dense = inWindow(vectorsIn(flow, channels), denseDraft(pointwiseOf(options)));
    const layout = axis.role === 'feature' ? [axis, made] : [made];
    return emit(reading, node, flow, dense, axesWith(flow, at, axis, made), layout);
  }
  const steps = axis.role === 'feature' ? axis.size : 1;
  ensure(vectorsIn(flow, channels) === steps, `the axes ${axesText(flow)} lie in another order`);
  const { draft, time } = convDraft(options, { role: 'time', size: steps }, steps);
  const next: FeatureAxis = { role: 'feature', size: time.size as number };
  const axes = axesWith(flow, at, next, made);
  return emit(reading, node, flow, draft, axes, [next, made]);
}

const isPointwise = ({ kernelSize, stride, groups, padding }: Convolution) =>
  kernelSize === 1 && stride === 1 && groups === 1 && padding.every(n => n === 0);

function pointwiseOf({ inputSize, size, weight, bias }: Convolution): Dense {
  return { inputSize, size, weight, bias };
}

function axesWith({ axes }: Flow, at: number, axis: Axis, channels: Axis): Axis[] {
  return axes.map((own, i) => (i === at ? axis : i === 1 ? channels : own));
}

function sizeOf(axis: Axis | undefined): number {
  if (axis?.role === 'feature') return axis.size;
  return axis?.role === 'one' ? 1 : 0;
}

/** What a kernel does along an axis. */
export interface Placing {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: readonly [before: number, after: number];
}

/** The one axis along which a kernel moves: a second one has to be 1, as its kernel. */
export function spatial(
  node: Node,
  flow: Flow,
  kernels: readonly number[],
): { axis: Axis; at: number; places: Placing } {
  const { axes } = flow;
  const rank = kernels.length;
  ensure(
    rank > 0 && axes.length === rank + 2 && isBatch(axes[0]),
    `${axesText(flow)}, not [batch, channels, …]`,
  );
  const given = integersOf(node, 'kernel_shape');
  ensure(!given || String(given) === String(kernels), `kernel_shape [${given}]`);
  for (const [name, count] of Object.entries({ strides: 1, dilations: 1, pads: 2 })) {
    const list = integersOf(node, name);
    ensure(!list || list.length === count * rank, `${name} [${list}] for ${rank} axes`);
  }
  const all = kernels.map((kernel, i): Placing => {
    const [stride, dilation] = [
      integersOf(node, 'strides')?.[i] ?? 1,
      integersOf(node, 'dilations')?.[i] ?? 1,
    ];
    ensure(kernel > 0 && stride > 0 && dilation > 0, 'a kernel, stride or dilation below 1');
    const padding = paddingOf(node, i, rank, { kernel, stride, dilation });
    return { kernel, stride, dilation, padding };
  });
  const isIdle = ({ kernel, padding }: Placing) => kernel === 1 && padding.every(n => n === 0);
  const moving = all.flatMap((own, i) => (isIdle(own) && axes[i + 2].role === 'one' ? [] : i));
  ensure(moving.length < 2, `a kernel [${kernels}] over ${axesText(flow)}`);
  const [i] = moving.length ? moving : [0];
  const { pad = [0, 0] } = flow;
  const { padding } = all[i];
  const sum = [padding[0] + pad[0], padding[1] + pad[1]] as const;
  return { axis: axes[i + 2], at: i + 2, places: { ...all[i], padding: sum } };
}

function paddingOf(
  node: Node,
  i: number,
  rank: number,
  { kernel, stride, dilation }: Omit<Placing, 'padding'>,
): readonly [number, number] {
  const mode = textOf(node, 'auto_pad', 'NOTSET');
  const pads = integersOf(node, 'pads') ?? [];
  ensure(mode === 'NOTSET' || pads.every(n => n === 0), `auto_pad ${quoted(mode)} beside pads`);
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
    ensure(stride === 1, `auto_pad ${mode} with a stride`);
    const all = (kernel - 1) * dilation;
    const less = Math.floor(all / 2);
    return mode === 'SAME_UPPER' ? [less, all - less] : [all - less, less];
  }
  ensure(mode === 'NOTSET' || mode === 'VALID', `auto_pad ${quoted(mode)}`);
  const pair = [pads[i] ?? 0, pads[i + rank] ?? 0] as const;
  ensure(
    pair.every(n => n >= 0),
    'padding below 0',
  );
  return pair;
}
