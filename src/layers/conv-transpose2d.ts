import { demand } from '../errors.js';
import type { Padding } from '../graph/steps.js';
import type { Cell, Kind } from '../streams/cell.js';
import type { StateArray } from '../streams/state.js';
import {
  checkedPaddings,
  type FrameConvolutionOptions,
  frameConvolution,
  frameKind,
  type WeightSizes,
} from './frame-convolution.js';
import { integer } from './layer-cell.js';

/** Options of a transposed convolution over frames and bands. */
export interface ConvTranspose2dOptions extends FrameConvolutionOptions {
  /** Bands of the output to leave out before and after: of both, or of each. */
  readonly padding?: Exclude<Padding, 'same'> | undefined;
  /** Bands of the output that are added at the end. Default 0. */
  readonly outputPadding?: number | undefined;
  /** Frames of the output to leave out, where `frames` are given at once. */
  readonly framePadding?: Exclude<Padding, 'same'> | undefined;
}

export const convTranspose2dKind: Kind = /* @__PURE__ */ frameKind(
  'convTranspose2d',
  ['padding', 'outputPadding', 'framePadding'],
  ({ inputChannels, outputChannels, groups }) => {
    const outs = outputChannels / groups;
    return [inputChannels, outs, `input ${inputChannels}, output ${outs}`];
  },
  (...of) => convTranspose2dCell(...of),
);

/**
 * A transposed convolution over the frames of a stream and the bands of each, PyTorch's
 * `ConvTranspose2d`: each number of the input, times the kernel, is added to the output. An event
 * is a frame, `[inputChannels · bands]`, channel after channel; the answer is one too, with
 * (bands − 1) · stride − padding + dilation · (kernel − 1) + outputPadding + 1 bands. A frame adds
 * to its own answer and to later ones: the `(kernel − 1) · dilation` frames before are the state
 * `h`, the oldest first, zeros at first.
 *
 * With `frames`, an event is so many frames at once, `[inputChannels, frames, bands]`, and so is
 * the answer, which has all frames that they add to. Then there is no state.
 *
 * Params `weight` `[inputChannels, outputChannels / groups, …kernel]` and `bias`
 * `[outputChannels]`. Throws a RecurError for sizes and parameters that are wrong.
 *
 * @example
 * const params = { weight: [[[[1, 10]]]], bias: [0] };
 * const cell = convTranspose2dCell(1, 1, { bands: 2, kernel: [1, 2], stride: [1, 2], params });
 * cell(undefined, [3, 4])[1]; // → Float32Array(4) [ 3, 30, 4, 40 ]
 */
export function convTranspose2dCell(
  inputChannels: number,
  outputChannels: number,
  options: ConvTranspose2dOptions,
): Cell<StateArray, number, number> {
  const name = 'convTranspose2d';
  const given = Object(options) as ConvTranspose2dOptions;
  const { padding = 0, outputPadding = 0, framePadding = 0, ...others } = given;
  const around = checkedPaddings(name, others, { padding, framePadding });
  for (const [key, value] of Object.entries({ padding, framePadding })) {
    demand((value as Padding) !== 'same', `${name}.${key}`, 'a count or [before, after]', value);
  }
  return frameConvolution({
    ...{ kind: convTranspose2dKind, inputChannels, outputChannels },
    options: options && others,
    more: {
      ...{ padding: [around[1], 0], outputPadding: [outputPadding, 0] },
      framePadding: [around[0], 0],
    },
    axis(which, { size, kernel, stride, dilation, streams }) {
      const geometry = { size, kernel, dilation, stride: 1, spread: stride };
      if (!which && streams) return { ...geometry, padding: [0, 0] };
      const more = which && outputPadding;
      integer(`${name}.outputPadding`, more, 0, Math.max(stride, dilation) - 1);
      const own = around[which];
      const [before, after] = Array.isArray(own) ? own : [own, own];
      const reach = (kernel - 1) * dilation;
      return { ...geometry, padding: [reach - before, reach - after + more] };
    },
    weight: turned,
  });
}

/** `[in, out / groups, taps]` as `[out, in / groups, taps]`, the last tap first. */
export function turned(weight: Float32Array, sizes: WeightSizes): Float32Array {
  const result = byOutput(weight, sizes);
  const { taps } = sizes;
  for (let at = 0; at < result.length; at += taps) result.subarray(at, at + taps).reverse();
  return result;
}

/** `[in, out / groups, taps]` as `[out, in / groups, taps]`. */
export function byOutput(
  weight: Float32Array,
  { groups, ins, outs, taps }: WeightSizes,
): Float32Array {
  const result = new Float32Array(weight.length);
  for (let i = 0; i < groups * ins; i++) {
    const first = Math.floor(i / ins) * outs;
    for (let o = 0; o < outs; o++) {
      const from = (i * outs + o) * taps;
      result.set(weight.subarray(from, from + taps), ((first + o) * ins + (i % ins)) * taps);
    }
  }
  return result;
}
