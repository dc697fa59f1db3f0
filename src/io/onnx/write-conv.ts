import { type Activation, resolveActivation } from '../../graph/activations.js';
import type { LayerSpec } from '../../streams/cell.js';
import type { GraphWriter } from './graph-writer.js';
import { writeWindow } from './write-moves.js';
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

/** Writes a causal convolution over all steps, after the steps that the state has from before. */
export function writeConv(
  graph: GraphWriter,
  { settings, params }: LayerSpec,
  prefix: string,
  input: string,
): string {
  const own = settings as unknown as Settings;
  const { inputSize, outputSize, kernelSize, dilation, groups } = own;
  const steps = (kernelSize - 1) * dilation;
  const window = writeWindow(graph, prefix, input, steps, inputSize);
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
