import { activationCell } from '../cells/activation.js';
import { convolution } from '../code/frames.js';
import { ModelBuilder } from '../code/model.js';
import { paddedRows } from '../code/padded.js';
import { checkNames, demand } from '../errors.js';
import { type Activation, activationText, resolveActivation } from '../graph/activations.js';
import type { NodeOf } from '../graph/graph.js';
import type { ParameterInput, ParameterShape } from '../graph/parameters.js';
import { type Axis, type Padding, windowsOn } from '../graph/steps.js';
import { type AnyCell, type Cell, cellModel, type Kind } from '../streams/cell.js';
import { equationSpec } from '../streams/equation-cell.js';
import type { StateArray } from '../streams/state.js';
import { integer, layerCell, parametersOf, printed } from './layer-cell.js';
import { checkPadding } from './padding.js';

/** Frames, then bands. */
export type FramesAndBands = readonly [frames: number, bands: number];

/** Options of a convolution over frames. */
export interface FrameConvolutionOptions {
  /** Bands of each frame. */
  readonly bands: number;
  /** The kernel's size, over frames and over bands. */
  readonly kernel: FramesAndBands;
  /** Default [1, 1]. Over frames it is 1, unless `frames` are given at once. */
  readonly stride?: FramesAndBands | undefined;
  /** From one tap of the kernel to the next. Default [1, 1]. */
  readonly dilation?: FramesAndBands | undefined;
  /** Channels in so many parts, each convolved on its own. Default 1. */
  readonly groups?: number | undefined;
  /** Frames that an event has, `[channels, frames, bands]`. Then there is no state. */
  readonly frames?: number | undefined;
  /** False leaves the bias out. Default true. */
  readonly bias?: boolean | undefined;
  /** Default identity. */
  readonly activation?: Activation | undefined;
  /** `weight` and `bias` `[out]`, copied. */
  readonly params?: Readonly<Record<string, ParameterInput>> | undefined;
  /** Makes the initial parameters repeatable. */
  readonly seed?: number | undefined;
}

/** A layer of this kind, as its constructor tells of it. */
export interface FrameConvolution {
  readonly kind: Kind;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly options: FrameConvolutionOptions;
  /** Options that only this kind has: as they are, and as they usually are. */
  readonly more: Readonly<Record<string, readonly [value: unknown, usual: unknown]>>;
  /** How the kernel lies on an axis: on that of the frames, or of the bands. */
  axis(which: 0 | 1, window: Window): Axis;
  /** The weight as that of a convolution, `[out, in / groups, frames, bands]`. */
  weight(weight: Float32Array, sizes: WeightSizes): Float32Array;
}

/** One axis of a kernel. */
export interface Window {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** True: frames come one by one, and those before them are the state. */
  readonly streams: boolean;
}

/** Sizes of a weight: channels of each group, and taps. */
export interface WeightSizes {
  readonly groups: number;
  readonly ins: number;
  readonly outs: number;
  readonly taps: number;
}

/** Frames, taps and what is around them, at the most: the code has a part for each. */
const longest = 4096;

const sizes = ['inputChannels', 'outputChannels'];
const common = ['bands', 'kernel', 'stride', 'dilation', 'groups', 'frames', 'bias', 'activation'];

/** A kind of convolution over frames; `shape`: the first two axes of its weight, in words too. */
export function frameKind(
  name: string,
  more: readonly string[],
  shape: (settings: KernelSettings) => readonly [first: number, second: number, meaning: string],
  construct: (inputs: number, outputs: number, options: FrameConvolutionOptions) => AnyCell,
): Kind {
  return {
    name,
    settings: [...sizes, ...common, ...more],
    shapes(settings: KernelSettings): readonly ParameterShape[] {
      const { kernel, bias, outputChannels } = settings;
      const [first, second, meaning] = shape(settings);
      const taps = `kernel ${kernel.join(' × ')}`;
      return [
        { name: 'weight', shape: [first, second, ...kernel], meaning: `${meaning}, ${taps}` },
        ...(bias
          ? [{ name: 'bias', shape: [outputChannels], meaning: `output ${outputChannels}` }]
          : []),
      ];
    },
    make: ({ inputChannels, outputChannels, frames, ...others }: KernelSettings, _, params) =>
      construct(inputChannels, outputChannels, { ...others, frames: frames || undefined, params }),
  };
}

/** What a file says of such a layer; `frames` is 0 where they come one by one. */
export interface KernelSettings extends FrameConvolutionOptions {
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly groups: number;
}

/** The cell of a convolution over frames. */
export function frameConvolution(own: FrameConvolution): Cell<StateArray, number, number> {
  const { kind, inputChannels, outputChannels, more } = own;
  const { name } = kind;
  const settings = {
    ...checked(own),
    ...Object.fromEntries(Object.entries(more).map(([key, [value]]) => [key, value])),
  };
  const { bands, kernel, frames, activation } = settings;
  const { past, axes, counts } = layOut(own, settings);
  const inputSize = integer(name, inputChannels * (frames || 1) * bands, 1);
  const outputSize = integer(name, outputChannels * counts[0] * counts[1], 1);
  const hiddenSize = past && integer(name, past * inputChannels * bands, 1);
  const { params, seed } = own.options;
  const values = parametersOf(name, kind.shapes?.(settings as never) ?? [], params, seed);
  const shown = activationText(resolveActivation(`${name}.activation`, activation));
  const isLinear = shown === 'identity';
  const builder = new ModelBuilder(inputSize);
  const sums = sumsNode(builder, own, settings, { values, past, axes, size: outputSize });
  const output = isLinear ? sums : activated(builder, name, activation, sums);
  const text = () =>
    printed(name, [inputChannels, outputChannels, ...(isLinear ? [] : [shown])], {
      ...{ bands: [bands, 0], kernel: [kernel, 0], stride: [settings.stride, '1,1'] },
      ...{ dilation: [settings.dilation, '1,1'], groups: [settings.groups, 1] },
      ...{ frames: [frames, 0], bias: [settings.bias, true], ...more },
    });
  return layerCell(
    { kind, text, settings, params: values, inputSize, outputSize, hiddenSize },
    {
      model: builder.model(output),
      shape: { layer: name, variables: past ? [{ name: 'h', size: hiddenSize }] : [] },
    },
  );
}

/** Adds the node of an activation. */
function activated(builder: ModelBuilder, where: string, activation: Activation, of: number) {
  const spec = equationSpec(where, activationCell(builder.nodes[of].size, activation));
  return builder.inline(cellModel(spec, where), [of], '');
}

type Checked = ReturnType<typeof checked>;

/** Frames of the state, both axes, and how many outputs each has. */
function layOut(own: FrameConvolution, settings: Checked) {
  const { bands, kernel, stride, dilation, frames } = settings;
  const streams = frames === 0;
  const past = streams ? (kernel[0] - 1) * dilation[0] : 0;
  const axis = (which: 0 | 1, size: number) =>
    own.axis(which, {
      ...{ size, kernel: kernel[which], stride: stride[which], dilation: dilation[which], streams },
    });
  const axes = [axis(0, past + (frames || 1)), axis(1, bands)] as const;
  const counts = axes.map(windowsOn);
  for (const [which, of] of ['frames', 'bands'].entries()) {
    const hint = 'the kernel, or what is left out, reaches further';
    const { size } = axes[which];
    demand(counts[which] > 0, `${own.kind.name}.${of}`, 'enough for one output', size, hint);
  }
  return { past, axes, counts };
}

/** Adds the node of the sums. */
function sumsNode(
  builder: ModelBuilder,
  { kind: { name: where }, ...own }: FrameConvolution,
  { inputChannels, outputChannels, groups, kernel }: Checked,
  {
    values,
    past,
    axes,
    size,
  }: Pick<ReturnType<typeof layOut>, 'past' | 'axes'> & {
    readonly values: Readonly<Record<string, Float32Array>>;
    readonly size: number;
  },
): number {
  const [ins, outs] = [inputChannels / groups, outputChannels / groups];
  const weight = own.weight(values.weight, { groups, ins, outs, taps: kernel[0] * kernel[1] });
  const node: NodeOf<'convolution'> = {
    ...{ op: 'convolution', params: builder.withParams({ ...values, weight }) },
    ...{ channels: inputChannels, groups, past, frames: axes[0], bands: axes[1] },
    ...{ of: [0], size, where },
  };
  const padded = inputChannels * paddedRows(node).channel;
  demand(padded <= 2 ** 24, where, 'at most 2²⁴ numbers with the zeros around them', padded);
  return builder.add(node, convolution);
}

const copied = ([frames, bands]: FramesAndBands): FramesAndBands => [frames, bands];

/** The options that all such layers have, checked, each with its default. */
function checked({ kind: { name }, more, ...own }: FrameConvolution) {
  const { inputChannels, outputChannels, options } = own;
  checkNames(name, options, [...common, 'params', 'seed', ...Object.keys(more)]);
  const { stride = [1, 1], dilation = [1, 1], groups = 1, bias = true } = options;
  const { bands, kernel, frames, activation = 'identity' } = options;
  integer(`${name}.inputChannels`, inputChannels, 1);
  integer(`${name}.outputChannels`, outputChannels, 1);
  integer(`${name}.bands`, bands, 1, 2 ** 20);
  for (const [key, pair] of Object.entries({ kernel, stride, dilation })) {
    const isPair = Array.isArray(pair) && pair.length === 2;
    demand(isPair, `${name}.${key}`, '[frames, bands]', pair);
    for (const n of pair) integer(`${name}.${key}`, n, 1, longest);
  }
  integer(`${name}.kernel`, kernel[0] * kernel[1], 1, longest);
  if (frames !== undefined) integer(`${name}.frames`, frames, 1, longest);
  const hint = 'every frame that comes has an answer; with `frames`, an event is several';
  demand(frames || stride[0] === 1, `${name}.stride`, '1 over frames', stride[0], hint);
  integer(`${name}.groups`, groups, 1, 2 ** 16);
  const fits = inputChannels % groups === 0 && outputChannels % groups === 0;
  demand(fits, `${name}.groups`, `a divisor of ${inputChannels} and ${outputChannels}`, groups);
  demand(typeof bias === 'boolean', `${name}.bias`, 'true or false', bias);
  return {
    ...{ inputChannels, outputChannels, bands, groups, bias, activation, frames: frames ?? 0 },
    ...{ kernel: copied(kernel), stride: copied(stride), dilation: copied(dilation) },
  };
}

/** What is around bands, and around frames that are given at once, checked and copied. */
export function checkedPaddings<P extends Padding>(
  name: string,
  { frames }: FrameConvolutionOptions,
  { padding, framePadding }: Readonly<Record<'padding' | 'framePadding', P>>,
) {
  checkPadding(`${name}.padding`, padding, 'bands', longest);
  checkPadding(`${name}.framePadding`, framePadding, 'frames', longest);
  const hint = 'those before a frame are the state; with `frames`, an event is several';
  const fits = frames !== undefined || framePadding === 0;
  demand(fits, `${name}.framePadding`, '0 where frames come one by one', framePadding, hint);
  return [framePadding, padding].map(own => (Array.isArray(own) ? [...own] : own)) as P[];
}
