import { convTranspose2dCell } from '../../layers/conv-transpose2d.js';
import { conv2dCell } from '../../layers/conv2d.js';
import type { AnyCell } from '../../streams/cell.js';

/** How a kernel lies along one axis; of a transposed one, `before` numbers of it are left out. */
export interface FrameAxis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  /** Places of the output. */
  readonly count: number;
}

/** A convolution over one axis or two, `[channels, …sizes]`. */
export interface FrameKernel {
  readonly channels: number;
  readonly size: number;
  readonly groups: number;
  readonly transposed: boolean;
  /** As the file has it. */
  weight(): Float32Array;
  readonly bias: (() => Float32Array) | undefined;
}

/** The layer of a convolution, and which of the channel's numbers it reads, in order. */
export interface FrameLayer {
  readonly reads: readonly number[];
  make(): AnyCell;
}

/** What the layer takes: the code has a part for each tap, and each row. */
const longest = 1024;

/**
 * A convolution as a layer over frames of bands, which four bands at a time are worked out of;
 * undefined where products of rows are better, as there are few bands, or it has no such layer.
 */
export function frameLayer(
  kernel: FrameKernel,
  along: readonly FrameAxis[],
): FrameLayer | undefined {
  const { channels, size, groups, transposed, weight, bias } = kernel;
  if (along.length > 2) return undefined;
  const [bands, given = single] = [...along].reverse();
  const { axis: frames, kept } = needed(given, transposed);
  const [outer, inner] = [frames, bands].map(axis => [axis.before, afterOf(axis, transposed)]);
  // Fewer bands than two vectors; frames have no output padding.
  if (bands.count < 8 || outer[1] < 0) return undefined;
  const axes = [frames, bands];
  const sizes = axes.flatMap(({ size, stride, dilation }) => [size, stride, dilation]);
  const taps = frames.kernel * bands.kernel;
  if (Math.max(taps, ...sizes, ...outer, ...inner) > longest) return undefined;
  const pair = (key: 'kernel' | 'stride' | 'dilation') => [frames[key], bands[key]] as const;
  const make = () =>
    (transposed ? convTranspose2dCell : conv2dCell)(channels, size, {
      ...{ bands: bands.size, frames: frames.size, groups, bias: bias !== undefined },
      ...{ kernel: pair('kernel'), stride: pair('stride'), dilation: pair('dilation') },
      padding: [inner[0], Math.max(0, inner[1])],
      ...(inner[1] < 0 && { outputPadding: -inner[1] }),
      framePadding: [outer[0], outer[1]],
      params: { weight: weight(), ...(bias && { bias: bias() }) },
    });
  const reads = kept.flatMap(frame =>
    Array.from({ length: bands.size }, (_, band) => frame * bands.size + band),
  );
  return { reads, make };
}

const single: FrameAxis = { size: 1, kernel: 1, stride: 1, dilation: 1, before: 0, count: 1 };

/** What is behind the input or, if less than 0, is added behind the output of a transposed one. */
function afterOf(
  { size, kernel, stride, dilation, before, count }: FrameAxis,
  transposed: boolean,
) {
  const reach = (kernel - 1) * dilation + 1;
  if (transposed) return (size - 1) * stride + reach - before - count;
  return Math.max(0, (count - 1) * stride + reach - before - size);
}

/** Of one output those frames that its taps meet, if all are there. */
function needed(axis: FrameAxis, transposed: boolean) {
  const { size, kernel, stride, dilation, before, count } = axis;
  const all = Array.from({ length: size }, (_, frame) => frame);
  const met = Array.from({ length: kernel }, (_, k) =>
    transposed ? (before - k * dilation) / stride : k * dilation - before,
  );
  if (count > 1 || !met.every(frame => all.includes(frame))) return { axis, kept: all };
  const kept = transposed ? met.reverse() : met;
  const own = { ...single, size: kernel, kernel, before: transposed ? kernel - 1 : 0 };
  return { axis: own, kept };
}
