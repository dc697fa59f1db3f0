import { type Activation, resolveActivation } from '../../graph/activations.js';
import { type AnyCell, internals, type LayerSpec } from '../../streams/cell.js';
import type { WithCell } from '../../streams/members.js';
import { cellOf } from '../../streams/model.js';
import type { GraphWriter } from './graph-writer.js';
import { type ContextNames, writeWindow } from './write-moves.js';
import { writeActivation } from './write-plan.js';

/** What a causal convolution was made with. */
interface Settings {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly kernelSize: number;
  readonly dilation: number;
  readonly groups: number;
  readonly activation: Activation;
}

/** The causal convolution at a place in a model, such as `chain[0].causalConv1d`, if it is one. */
export function convAt(model: AnyCell | WithCell, where: string): LayerSpec | undefined {
  let cell: AnyCell | undefined = tapped(cellOf(model));
  for (const [, i] of where.matchAll(/\[(\d+)\]/g)) {
    const spec = cell?.[internals].spec;
    cell = tapped(spec && 'members' in spec ? spec.members[Number(i)] : undefined);
  }
  const spec = cell?.[internals].spec;
  return spec?.kind === 'layer' && spec.name === 'causalConv1d' ? spec : undefined;
}

/** What a tap names. */
function tapped(cell: AnyCell | undefined): AnyCell | undefined {
  const spec = cell?.[internals].spec;
  return spec?.kind === 'layer' && spec.name === 'tap' ? tapped(spec.members[0]) : cell;
}

/** Writes a causal convolution over all steps, after the steps that the state has from before. */
export function writeConv(
  graph: GraphWriter,
  { settings, params }: LayerSpec,
  prefix: string,
  names: ContextNames,
): string {
  const own = settings as unknown as Settings;
  const { inputSize, outputSize, kernelSize, dilation, groups } = own;
  const window = writeWindow(graph, prefix, names);
  const turned = graph.node('Transpose', [window], prefix, { perm: { ints: [1, 2, 0] } });
  const dims = [outputSize, inputSize / groups, kernelSize];
  const weight = graph.tensor(`${prefix}weight`, dims, params.weight);
  const bias = params.bias ? [graph.tensor(`${prefix}bias`, [outputSize], params.bias)] : [];
  const conv = graph.node('Conv', [turned, weight, ...bias], prefix, {
    dilations: { ints: [dilation] },
    group: { int: groups },
    kernel_shape: { ints: [kernelSize] },
  });
  const back = graph.node('Transpose', [conv], prefix, { perm: { ints: [2, 0, 1] } });
  return writeActivation(graph, resolveActivation('onnx', own.activation), prefix, back);
}
