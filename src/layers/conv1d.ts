import { ModelBuilder } from '../code/model.js';
import { lifted, whole } from '../code/sequences.js';
import { unfold } from '../code/unfold.js';
import type { Padding } from '../graph/steps.js';
import type { Cell, Kind } from '../streams/cell.js';
import { type ConvolutionOptions, convolution, convolutionKind } from './convolution.js';
import { convolve } from './convolve.js';
import { integer, layerCell } from './layer-cell.js';
import { checkPadding } from './padding.js';
import { sequenceRuns } from './sequence-layers.js';

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
  integer(`${name}.stride`, stride, 1);
  checkPadding(`${name}.padding`, padding);
  const { params, text, dilation } = conv;
  const settings = { ...conv.settings, stride, padding };
  const geometry = { kernel: kernelSize, dilation, stride, padding };
  const size = kernelSize * inputSize;
  const windows = new ModelBuilder(size);
  const each = windows.model(convolve(windows, name, conv, 0, 1));
  const builder = new ModelBuilder(inputSize);
  const windowed = { op: 'unfold', at: 0, count: inputSize, ...geometry } as const;
  const seen = builder.add({ ...windowed, of: [0], size, where: name }, unfold);
  const model = builder.model(builder.inline(lifted(each), [seen], ''), whole);
  return layerCell(
    { kind: conv1dKind, text, settings, params, inputSize, outputSize },
    sequenceRuns(
      model,
      { layer: name, variables: [] },
      'an output takes steps after its own, or stands for several',
    ),
  );
}
