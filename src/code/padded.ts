import type { NodeOf } from '../graph/graph.js';
import { type Axis, windowsOn } from '../graph/steps.js';

/** Bands that are worked out at a time. */
const lanes = 4;

type ConvolutionNode = NodeOf<'convolution'>;

/** Numbers that go from a row of bands to its padded row, each so many after the one before. */
export interface Run {
  readonly at: number;
  readonly step: number;
  readonly to: number;
  readonly stride: number;
  readonly count: number;
}

/**
 * The rows that a convolution reads: for each channel one for each frame that it needs, with the
 * zeros around and between the numbers. With a stride, a row is in as many parts: the numbers at
 * multiples of the stride, those after them, and so on, so that windows read what lies together.
 */
export interface Padded {
  /** The frame that each row is of, those of the state first; −1: of none, it is zeros. */
  readonly frames: readonly number[];
  /** True: they are those of the input itself. */
  readonly inPlace: boolean;
  /** Floats of a row, and of a channel's rows. */
  readonly pitch: number;
  readonly channel: number;
  /** What of a frame goes into each row. */
  readonly runs: readonly Run[];
  /** Where each tap of the kernel, row after row, is from the first window's beginning on. */
  readonly taps: readonly number[];
  /** Floats from one output's frame to the next one's. */
  readonly turn: number;
  /** Outputs: channels of each group, frames and bands. */
  readonly outs: number;
  readonly turns: number;
  readonly bands: number;
}

export function paddedRows(node: ConvolutionNode): Padded {
  const { frames, bands, groups, size } = node;
  const [turns, outputs] = [windowsOn(frames), windowsOn(bands)];
  const { stride, dilation } = bands;
  const inPlace = isInPlace(node, outputs);
  const alone = turns === 1 && !inPlace;
  // One frame of outputs needs but the rows of its taps.
  const reach = (turns - 1) * frames.stride + (frames.kernel - 1) * frames.dilation + 1;
  const [count, between] = alone ? [frames.kernel, frames.dilation] : [reach, 1];
  const last = Math.floor(((bands.kernel - 1) * dilation) / stride);
  const part = last + Math.max(outputs, lanes);
  const pitch = inPlace ? bands.size : stride * part;
  const tap = alone ? 1 : frames.dilation;
  const rows = Array.from({ length: count }, (_, r) => sourceOf(frames, r * between));
  return {
    inPlace,
    frames: rows,
    pitch,
    channel: pitch * (inPlace ? frames.size : rows.length),
    runs: inPlace ? [] : runsOf(bands, part),
    taps: Array.from({ length: frames.kernel }, (_, i) =>
      Array.from({ length: bands.kernel }, (_, j) => {
        const at = j * dilation;
        return i * tap * pitch + (at % stride) * part + Math.floor(at / stride);
      }),
    ).flat(),
    turn: frames.stride * pitch,
    outs: size / (turns * outputs * groups),
    turns,
    bands: outputs,
  };
}

/** True if the input can be read where it is: nothing is around or between its numbers. */
function isInPlace({ frames, bands, past }: ConvolutionNode, outputs: number): boolean {
  const isPlain = ({ spread, padding }: Axis) => spread === 1 && padding.every(n => n === 0);
  return !past && isPlain(frames) && isPlain(bands) && bands.stride === 1 && outputs >= lanes;
}

/** The number of an axis that is at a place of the padded one; −1 for zeros. */
function sourceOf({ size, spread, padding: [before] }: Axis, at: number) {
  const place = (at - before) / spread;
  return Number.isInteger(place) && place >= 0 && place < size ? place : -1;
}

/** How the numbers of a row go to its parts. */
function runsOf(axis: Axis, part: number): Run[] {
  const { size, stride, spread, padding } = axis;
  const [before] = padding;
  const first = Math.max(0, Math.ceil(-before / spread));
  return Array.from({ length: stride }, (_, k) => {
    const at = first + k;
    const place = before + at * spread;
    const [own, begin] = [place % stride, Math.floor(place / stride)];
    const count = Math.min(Math.ceil((size - at) / stride), Math.ceil((part - begin) / spread));
    return { at, step: stride, to: own * part + begin, stride: spread, count };
  }).filter(({ count }) => count > 0);
}
