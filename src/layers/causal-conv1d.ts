import { ModelBuilder } from '../code/model.js';
import { move } from '../code/rows.js';
import type { Cell, Kind } from '../streams/cell.js';
import type { StateArray } from '../streams/state.js';
import { type ConvolutionOptions, convolution, convolutionKind } from './convolution.js';
import { convolve } from './convolve.js';
import { layerCell } from './layer-cell.js';
import { contextMoves } from './moves.js';

export const causalConv1dKind: Kind = /* @__PURE__ */ convolutionKind('causalConv1d', [], (...of) =>
  causalConv1dCell(...of),
);

/**
 * A convolution over the steps of a stream that looks back only: an output a step, from it and the
 * `(kernelSize − 1) · dilation` steps before, which are the state `h`, zeros at first. In PyTorch,
 * `Conv1d` after padding on the left; in Keras, `Conv1D(padding='causal')`.
 *
 * Params `weight` `[out, in / groups, kernel]`, `bias` `[out]`; the kernel's last column meets the
 * latest step. Throws a RecurError for sizes and parameters that are wrong.
 *
 * van den Oord et al. 2016, "WaveNet: a generative model for raw audio".
 *
 * @example
 * const m = stateful(causalConv1dCell(1, 1, 2, { params: { weight: [[[10, 1]]], bias: [0] } }));
 * [1, 2, 3].map(x => m(x)[0]).join(' '); // → 1 12 23
 */
export function causalConv1dCell(
  inputSize: number,
  outputSize: number,
  kernelSize: number,
  options: ConvolutionOptions = {},
): Cell<StateArray, number, number> {
  const name = 'causalConv1d';
  const conv = convolution(name, inputSize, outputSize, kernelSize, options);
  const { params, settings, text } = conv;
  const carried = (kernelSize - 1) * conv.dilation * inputSize;
  const variables = carried ? [{ name: 'h', size: carried }] : [];
  const builder = new ModelBuilder(inputSize);
  const span = carried + inputSize;
  const context = { op: 'move', moves: contextMoves(inputSize, carried), state: carried } as const;
  const seen = carried ? builder.add({ ...context, of: [0], size: span, where: name }, move) : 0;
  const output = convolve(builder, name, conv, seen, conv.dilation);
  return layerCell(
    {
      ...{ kind: causalConv1dKind, text, settings, params, inputSize, outputSize },
      hiddenSize: carried,
    },
    { model: builder.model(output), shape: { layer: name, variables } },
  );
}
