import type { Activation } from '../../graph/activations.js';
import { causalConv1dCell } from '../../layers/causal-conv1d.js';
import { conv1dCell } from '../../layers/conv1d.js';
import { windowCell } from '../../layers/window.js';
import { ensure, type TimeAxis } from './flow.js';
import type { LayerDraft } from './network.js';
import { parameterOf } from './tensor.js';

/** A convolution before it is made; weights `[size, inputSize / groups, kernelSize]`. */
export interface Convolution {
  readonly inputSize: number;
  readonly size: number;
  readonly groups: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: readonly [before: number, after: number];
  weight(): Float32Array;
  readonly bias?: (() => Float32Array) | undefined;
  readonly activation?: Activation | undefined;
}

/**
 * A convolution over steps: streaming where it looks back only and keeps their number, else over
 * whole sequences. With `steps` it is over the window of so many that each datum is.
 */
export function convDraft(
  options: Convolution,
  from: TimeAxis,
  steps?: number,
): { draft: LayerDraft; time: TimeAxis } {
  const { padding, stride, size } = options;
  const reach = (options.kernelSize - 1) * options.dilation;
  const window = reach * options.inputSize;
  ensure(window <= 2 ** 20, `a kernel that reaches over ${window} numbers`);
  const more = padding[0] + padding[1] - reach;
  const isSame = stride === 1 && more === 0;
  const { size: length } = from;
  const left = length === undefined ? undefined : Math.floor((length + more - 1) / stride) + 1;
  ensure(left === undefined || left > 0, 'a kernel that is longer than the sequence');
  const time: TimeAxis = isSame ? from : { role: 'time', size: left };
  const streams = isSame && padding[1] === 0;
  const draft: LayerDraft = {
    width: steps === undefined ? size : size * (left as number),
    streams: streams || steps !== undefined,
    make() {
      const cell = cellOf(options, streams && steps === undefined);
      return steps === undefined ? cell : windowCell(steps, cell);
    },
    linear: linearOf(options, from, steps),
    ...(steps === undefined && { trimmed: count => trimmed(options, from, count) }),
  };
  return { draft, time };
}

function cellOf(options: Convolution, streams: boolean) {
  const { inputSize, size, kernelSize, groups, dilation, stride, padding, activation } = options;
  const bias = options.bias?.();
  const params = { weight: parameterOf(options.weight()), ...(bias && { bias }) };
  const own = {
    groups,
    dilation,
    bias: bias !== undefined,
    params,
    ...(activation && { activation }),
  };
  if (streams) return causalConv1dCell(inputSize, size, kernelSize, own);
  return conv1dCell(inputSize, size, kernelSize, { ...own, stride, padding });
}

function linearOf(options: Convolution, from: TimeAxis, steps: number | undefined) {
  const { bias, activation } = options;
  const other = (more: Partial<Convolution>) =>
    convDraft({ ...options, ...more }, from, steps).draft;
  return {
    size: options.size,
    ...(!bias &&
      !activation && { biased: (values: Float32Array) => other({ bias: () => values }) }),
    ...(!activation && { activated: (chosen: Activation) => other({ activation: chosen }) }),
  };
}

/** The same without its last `count` outputs, for which it was padded. */
function trimmed(options: Convolution, from: TimeAxis, count: number) {
  const [before, after] = options.padding;
  if (options.stride !== 1 || after < count) return undefined;
  return convDraft({ ...options, padding: [before, after - count] }, from);
}
