import type { NodeOf } from '../../graph/graph.js';
import type { EquationSpec } from '../../graph/spec.js';
import type { Axis } from '../../graph/steps.js';
import { turned } from '../../layers/conv-transpose2d.js';
import type { AttributeDraft } from './encode.js';
import type { GraphWriter } from './graph-writer.js';

/** Writes one step of a convolution over frames, with the frames before it as the state. */
export function writeFrames(
  graph: GraphWriter,
  node: NodeOf<'convolution'>,
  params: EquationSpec['params'],
  prefix: string,
  input: string,
): string {
  const { channels, frames, bands, size } = node;
  const given = frames.size - node.past;
  const shaped = (of: string, dims: readonly number[]) =>
    graph.node('Reshape', [of, graph.constant([-1, ...dims])], prefix);
  const now = shaped(input, [channels, given, bands.size]);
  const all = node.past ? withPast(graph, node, prefix, now, shaped) : now;
  return shaped(writeSums(graph, node, params, prefix, all), [size]);
}

/** The frames of the state before those that come. */
function withPast(
  graph: GraphWriter,
  { past, channels, bands }: NodeOf<'convolution'>,
  prefix: string,
  now: string,
  shaped: (of: string, dims: readonly number[]) => string,
): string {
  const length = past * channels * bands.size;
  const swapped = (of: string) =>
    graph.node('Transpose', [of], prefix, { perm: { ints: [0, 2, 1, 3] } });
  const { before, after } = graph.state(prefix, 'h', ['batch', length]);
  const then = swapped(shaped(before, [past, channels, bands.size]));
  const all = graph.node('Concat', [then, now], prefix, { axis: { int: 2 } });
  const bounds = [[-past], [2 ** 31 - 1], [2]].map(value => graph.constant(value));
  const last = swapped(graph.node('Slice', [all, ...bounds], prefix));
  graph.node('Identity', [shaped(last, [length])], prefix, undefined, [after]);
  return all;
}

/** A `Conv`; with zeros between the numbers, a `ConvTranspose`. */
function writeSums(
  graph: GraphWriter,
  { channels, groups, frames, bands }: NodeOf<'convolution'>,
  params: EquationSpec['params'],
  prefix: string,
  input: string,
): string {
  const axes = [frames, bands];
  const isTransposed = axes.some(({ spread }) => spread > 1);
  const kernel = axes.map(axis => axis.kernel);
  const taps = kernel[0] * kernel[1];
  const [ins, outputs] = [channels / groups, (params.weight.length * groups) / channels / taps];
  const [dims, weight] = isTransposed
    ? [
        [channels, outputs / groups],
        turned(params.weight, { groups, ins: outputs / groups, outs: ins, taps }),
      ]
    : [[outputs, ins], params.weight];
  const tensors = [graph.tensor(`${prefix}weight`, [...dims, ...kernel], weight)];
  if (params.bias) tensors.push(graph.tensor(`${prefix}bias`, [outputs], params.bias));
  return graph.node(isTransposed ? 'ConvTranspose' : 'Conv', [input, ...tensors], prefix, {
    dilations: { ints: axes.map(({ dilation }) => dilation) },
    group: { int: groups },
    kernel_shape: { ints: kernel },
    ...(isTransposed ? transposedPads(axes) : windowPads(axes)),
  });
}

type Attributes = Readonly<Record<string, AttributeDraft>>;

function windowPads(axes: readonly Axis[]): Attributes {
  return {
    pads: { ints: [0, 1].flatMap(side => axes.map(({ padding }) => padding[side])) },
    strides: { ints: axes.map(({ stride }) => stride) },
  };
}

/** What of the output is left out, or added at its end. */
function transposedPads(axes: readonly Axis[]): Attributes {
  const left = axes.map(({ kernel, dilation, padding }) => {
    return padding.map(around => (kernel - 1) * dilation - around);
  });
  return {
    pads: { ints: [0, 1].flatMap(side => left.map(axis => Math.max(0, axis[side]))) },
    output_padding: { ints: left.map(([, after]) => Math.max(0, -after)) },
    strides: { ints: axes.map(({ spread }) => spread) },
  };
}
