import type { Activation } from '../../graph/activations.js';
import { causalConv1dCell } from '../../layers/causal-conv1d.js';
import { conv1dCell } from '../../layers/conv1d.js';
import { windowCell } from '../../layers/window.js';
import { ensure } from './flow.js';
import type { LayerDraft, Linear } from './network.js';
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
 * A convolution over steps, of which a sequence is read with `count`: streaming where it looks back
 * only and keeps their number, else over whole sequences. In a window each datum is so many steps.
 */
export function convDraft(
  options: Convolution,
  count: number,
  isWindow: boolean,
): { draft: LayerDraft; steps: number } {
  const { padding, stride, size } = options;
  const reach = (options.kernelSize - 1) * options.dilation;
  const window = reach * options.inputSize;
  ensure(window <= 2 ** 20, `a kernel that reaches over ${window} numbers`);
  const more = padding[0] + padding[1] - reach;
  const steps = Math.floor((count + more - 1) / stride) + 1;
  ensure(steps > 0, 'a kernel that is longer than the sequence');
  const streams = stride === 1 && more === 0 && padding[1] === 0 && !isWindow;
  const draft: LayerDraft = {
    width: isWindow ? size * steps : size,
    streams: streams || isWindow,
    make() {
      const cell = cellOf(options, streams);
      return isWindow ? windowCell(count, cell) : cell;
    },
    linear: linearOf(options, count, isWindow),
    ...(!isWindow && { trimmed: lost => trimmed(options, count, lost) }),
  };
  return { draft, steps };
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

function linearOf(options: Convolution, count: number, isWindow: boolean): Linear {
  const { bias, activation } = options;
  const other = (more: Partial<Convolution>) =>
    convDraft({ ...options, ...more }, count, isWindow).draft;
  return {
    size: options.size,
    ...(!bias &&
      !activation && { biased: (values: Float32Array) => other({ bias: () => values }) }),
    ...(!activation && { activated: (chosen: Activation) => other({ activation: chosen }) }),
  };
}

/** The same without its last outputs, for which it was padded. */
function trimmed(options: Convolution, count: number, lost: number) {
  const [before, after] = options.padding;
  if (options.stride !== 1 || after < lost) return undefined;
  return convDraft({ ...options, padding: [before, after - lost] }, count, false);
}
