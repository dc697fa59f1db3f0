import type { Engine } from '../code/engine.js';
import { type Engines, engines } from '../code/engines.js';
import { inRow } from '../code/units.js';
import { demand, mismatch } from '../errors.js';
import { activationLoops } from '../kernels/activation-loops.js';
import type { Cell, Frames, Kind, WholeStart } from '../streams/cell.js';
import {
  type Convolution,
  type ConvolutionOptions,
  convolution,
  convolutionKind,
} from './convolution.js';
import { layerCell, whole } from './layer-cell.js';
import { type Padding, paddingOf, type StepsPadding } from './padding.js';
import { wholeRuns } from './whole.js';

/** Options of a convolution over a sequence. */
export interface Conv1dOptions extends ConvolutionOptions {
  /** Steps from one output to the next. Default 1. */
  readonly stride?: number | undefined;
  /** Steps of zeros before and after: of both, of each, or as many as keep the length ('same'). */
  readonly padding?: Padding | undefined;
}

export const conv1dKind: Kind = /* @__PURE__ */ convolutionKind(
  'conv1d',
  ['stride', 'padding'],
  (...of) => conv1dCell(...of),
);

/**
 * A convolution over the steps of a sequence, PyTorch's `Conv1d`: `[steps, in]` to `[steps', out]`,
 * where steps' = ⌊(steps + padding − dilation · (kernel − 1) − 1) / stride⌋ + 1. Params `weight`
 * `[out, in / groups, kernel]` and `bias` `[out]`.
 *
 * It reads sequences as wholes: by `map`, with `chunks: true` or in a `window`. A single step of a
 * stream is refused with a RecurError; `causalConv1dCell` streams.
 *
 * @example
 * const cell = conv1dCell(1, 1, 2, { params: { weight: [[[1, -1]]], bias: [0] } });
 * String(stateful(cell).map([1, 4, 9])); // → -3,-5
 */
export function conv1dCell(
  inputSize: number,
  outputSize: number,
  kernelSize: number,
  options: Conv1dOptions = {},
): Cell<undefined, number, number> {
  const { stride = 1, padding = 0, ...others } = Object(options) as Conv1dOptions;
  const name = 'conv1d';
  const more = { stride: [stride, 1], padding: [padding, 0] } as const;
  const conv = convolution(name, inputSize, outputSize, kernelSize, options && others, more);
  whole(`${name}.stride`, stride, 1);
  const padded = paddingOf(name, padding, kernelSize, conv.dilation, stride);
  const { params, text } = conv;
  const settings = { ...conv.settings, stride, padding };
  const why = 'an output takes steps after its own, or stands for several';
  const own = conv.groups === 1 ? engines(inRow(conv.specs)) : undefined;
  const start = convolving(conv, stride, padded, own);
  const stepsAfter = (steps: number) => lengthOf(conv, stride, steps, padded(steps));
  return layerCell(
    { kind: conv1dKind, text, settings, params, inputSize, outputSize },
    { ...wholeRuns(name, why, start, stepsAfter), inner: own },
  );
}

function convolving(
  conv: Convolution,
  stride: number,
  padded: StepsPadding,
  own: Engines | undefined,
): WholeStart {
  return (state, options) => {
    demand(state === undefined, 'conv1d.initialState', 'undefined, there is no state', state);
    const engine = own?.get(options?.backend);
    return {
      run(steps) {
        checkFinite(steps);
        const around = padded(steps.count);
        return engine
          ? convolved(conv, stride, around, engine, steps)
          : groupwise(conv, stride, around, steps);
      },
      state: () => undefined,
      release() {},
    };
  };
}

/** Refuses what a layer before it made infinite: what is read from outside is checked there. */
function checkFinite({ data, size }: Frames): void {
  const at = data.findIndex(value => !Number.isFinite(value));
  if (at < 0) return;
  const where = `[${Math.floor(at / size)}].conv1d.x`;
  throw mismatch(where, 'finite numbers', `${data[at]} at [${at % size}]`);
}

function lengthOf(
  { dilation, kernelSize }: Convolution,
  stride: number,
  count: number,
  [before, after]: readonly [number, number],
): number {
  const reach = dilation * (kernelSize - 1) + 1;
  return Math.max(0, Math.floor((count + before + after - reach) / stride) + 1);
}

/** The windows of a sequence, each through the dense layer that the kernel is. */
function convolved(
  conv: Convolution,
  stride: number,
  around: readonly [number, number],
  { pool, input, outputs: [rows], room, streams }: Engine,
  { data, count }: Frames,
): Frames {
  const { inputSize, outputSize, kernelSize, dilation } = conv;
  const length = lengthOf(conv, stride, count, around);
  const output = new Float32Array(length * outputSize);
  /** memory[to …] ← the window that begins at a step; beyond the ends are zeros. */
  const fill = (memory: Float32Array, to: number, begin: number) => {
    for (let k = 0, at = to; k < kernelSize; k++, at += inputSize) {
      const t = begin + k * dilation;
      const from = t * inputSize;
      if (t < 0 || t >= count) memory.fill(0, at, at + inputSize);
      else for (let i = 0; i < inputSize; i++) memory[at + i] = data[from + i];
    }
  };
  for (let first = 0; first < length; first += room) {
    const some = Math.min(room, length - first);
    const { memory } = pool;
    for (let j = 0; j < some; j++) {
      fill(memory, input.at + j * input.stride, (first + j) * stride - around[0]);
    }
    // Without state, no block is read nor written.
    streams(0, 0, some);
    for (let j = 0; j < some; j++) {
      const from = rows.at + j * rows.stride;
      output.set(memory.subarray(from, from + outputSize), (first + j) * outputSize);
    }
  }
  return { data: output, count: length, size: outputSize };
}

/**
 * A convolution of groups, term by term in double precision: each group's products are too small to
 * be worth an engine of their own.
 */
function groupwise(
  conv: Convolution,
  stride: number,
  around: readonly [number, number],
  { data, count }: Frames,
): Frames {
  const { inputSize, outputSize, kernelSize, dilation, groups, params, specs } = conv;
  const { weight, bias } = params;
  const length = lengthOf(conv, stride, count, around);
  const sums = new Float64Array(length * outputSize);
  const [ins, outs] = [inputSize / groups, outputSize / groups];
  for (let t = 0; t < length; t++) {
    for (let o = 0; o < outputSize; o++) {
      let sum = bias?.[o] ?? 0;
      const group = Math.floor(o / outs) * ins;
      for (let k = 0; k < kernelSize; k++) {
        const step = t * stride - around[0] + k * dilation;
        if (step < 0 || step >= count) continue;
        for (let i = 0; i < ins; i++) {
          sum += weight[(o * ins + i) * kernelSize + k] * data[step * inputSize + group + i];
        }
      }
      sums[t * outputSize + o] = sum;
    }
  }
  const { name, alpha, beta } = specs[0].activations.φ;
  activationLoops[name](sums, 0, sums.length, alpha, beta);
  return { data: Float32Array.from(sums), count: length, size: outputSize };
}
