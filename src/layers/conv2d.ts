import { type Padding, paddingOf } from '../graph/steps.js';
import type { Cell, Kind } from '../streams/cell.js';
import type { StateArray } from '../streams/state.js';
import {
  checkedPaddings,
  type FrameConvolutionOptions,
  frameConvolution,
  frameKind,
} from './frame-convolution.js';

/** Options of a convolution over frames and bands. */
export interface Conv2dOptions extends FrameConvolutionOptions {
  /** Bands of zeros before and after: of both, of each, or as many as keep them all ('same'). */
  readonly padding?: Padding | undefined;
  /** The same for `frames` that are given at once. */
  readonly framePadding?: Padding | undefined;
}

export const conv2dKind: Kind = /* @__PURE__ */ frameKind(
  'conv2d',
  ['padding', 'framePadding'],
  ({ inputChannels, outputChannels, groups }) => {
    const ins = inputChannels / groups;
    return [outputChannels, ins, `output ${outputChannels}, input ${ins}`];
  },
  (...of) => conv2dCell(...of),
);

/**
 * A convolution over the frames of a stream and the bands of each, PyTorch's `Conv2d`. An event is
 * a frame, `[inputChannels · bands]`, channel after channel; the answer is one too, with
 * ⌊(bands + padding − dilation · (kernel − 1) − 1) / stride⌋ + 1 bands. It looks back only: the
 * `(kernel − 1) · dilation` frames before are the state `h`, the oldest first, zeros at first.
 *
 * With `frames`, an event is so many frames at once, `[inputChannels, frames, bands]`, and so is
 * the answer. Then there is no state.
 *
 * Params `weight` `[outputChannels, inputChannels / groups, …kernel]` and `bias`
 * `[outputChannels]`; the kernel's last row meets the latest frame. Throws a RecurError for sizes
 * and parameters that are wrong.
 *
 * @example
 * const params = { weight: [[[[10], [1]]]], bias: [0] };
 * const m = stateful(conv2dCell(1, 1, { bands: 2, kernel: [2, 1], params }));
 * m([1, 2]); // → Float32Array(2) [ 1, 2 ]
 * m([3, 4]); // → Float32Array(2) [ 13, 24 ]
 */
export function conv2dCell(
  inputChannels: number,
  outputChannels: number,
  options: Conv2dOptions,
): Cell<StateArray, number, number> {
  const { padding = 0, framePadding = 0, ...others } = Object(options) as Conv2dOptions;
  const around = checkedPaddings<Padding>('conv2d', others, { padding, framePadding });
  return frameConvolution({
    ...{ kind: conv2dKind, inputChannels, outputChannels, options: options && others },
    more: { padding: [around[1], 0], framePadding: [around[0], 0] },
    axis(which, { size, kernel, stride, dilation }) {
      const geometry = { kernel, stride, dilation, padding: around[which] };
      return { ...geometry, size, padding: paddingOf(geometry, size), spread: 1 };
    },
    weight: weight => weight,
  });
}
