import type { Cell, Frames, WholeStart } from '../equations/cell.js';
import type { Engine } from '../equations/engine.js';
import { areFinite } from '../equations/engine.js';
import { engines } from '../equations/engines.js';
import { inRow } from '../equations/units.js';
import { demand, mismatch } from '../errors.js';
import { type Convolution, type ConvolutionOptions, convolution } from './convolution.js';
import { layerCell, whole } from './layer-cell.js';
import { type Padding, paddingOf, type StepsPadding } from './padding.js';
import { wholeStart } from './whole.js';

/** Options of a convolution over a sequence. */
export interface Conv1dOptions extends ConvolutionOptions {
  /** Steps from one output to the next. Default 1. */
  readonly stride?: number | undefined;
  /** Steps of zeros before and after: of both, of each, or as many as keep the length ('same'). */
  readonly padding?: Padding | undefined;
}

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
  const { shapes, params, text } = conv;
  const settings = { ...conv.settings, stride, padding };
  const why = 'an output takes steps after its own, or stands for several';
  const start = convolving(conv, stride, padded);
  return layerCell(
    { name, text, settings, shapes, params, inputSize, outputSize },
    { whole: start, why, start: wholeStart(name, why, start) },
  );
}

function convolving(conv: Convolution, stride: number, padded: StepsPadding): WholeStart {
  const own = conv.specs.map(spec => engines(inRow([spec])));
  return (state, options) => {
    demand(state === undefined, 'conv1d.initialState', 'undefined, there is no state', state);
    const parts = own.map(engine => engine.get(options?.backend));
    return {
      run: steps => convolved(conv, stride, padded(steps.count), parts, steps),
      state: () => undefined,
      release() {},
    };
  };
}

/** The windows of a sequence, each through the dense layer of its group. */
function convolved(
  { inputSize, outputSize, kernelSize, dilation, groups }: Convolution,
  stride: number,
  [before, after]: readonly [number, number],
  parts: readonly Engine[],
  steps: Frames,
): Frames {
  const { data, count } = steps;
  if (!areFinite(data, 0, data.length)) {
    throw mismatch('conv1d.x', 'finite numbers', 'others');
  }
  const reach = dilation * (kernelSize - 1) + 1;
  const length = Math.max(0, Math.floor((count + before + after - reach) / stride) + 1);
  const output = new Float32Array(length * outputSize);
  const [ins, outs] = [inputSize / groups, outputSize / groups];
  /** memory[to …] ← the window that begins at a step, of one group; beyond the ends are zeros. */
  const fill = (memory: Float32Array, to: number, begin: number, group: number) => {
    for (let k = 0, at = to; k < kernelSize; k++, at += ins) {
      const t = begin + k * dilation;
      const from = t * inputSize + group * ins;
      if (t < 0 || t >= count) memory.fill(0, at, at + ins);
      else for (let i = 0; i < ins; i++) memory[at + i] = data[from + i];
    }
  };
  for (const [g, { pool, input, outputs, room, streams }] of parts.entries()) {
    const [rows] = outputs;
    for (let first = 0; first < length; first += room) {
      const some = Math.min(room, length - first);
      const { memory } = pool;
      for (let j = 0; j < some; j++) {
        fill(memory, input.at + j * input.stride, (first + j) * stride - before, g);
      }
      // Without state, no block is read nor written.
      streams(0, 0, some);
      for (let j = 0; j < some; j++) {
        const from = rows.at + j * rows.stride;
        const to = (first + j) * outputSize + g * outs;
        for (let i = 0; i < outs; i++) output[to + i] = memory[from + i];
      }
    }
  }
  return { data: output, count: length, size: outputSize };
}
