import { averagePool1dCell, maxPool1dCell } from '../../layers/pooling.js';
import { windowCell } from '../../layers/window.js';
import { quoted } from '../json.js';
import { added, numbersBack, numbersInOrder, onVectors } from './add-layers.js';
import { type Convolution, convDraft } from './convolution.js';
import { axesText, ensure, type Flow, type Value } from './flow.js';
import { integerOf, integersOf, type Node, textOf } from './graph.js';
import { denseDraft } from './linear.js';
import type { LayerDraft } from './network.js';
import {
  checkBatch,
  checkReach,
  constantIn,
  type Operator,
  optionalIn,
  type Reading,
  weightsIn,
} from './reading.js';

/** Convolutions and pools along the steps of a sequence, or of a window. */
export const convOperators: Readonly<Record<string, Operator>> = {
  Conv: conv,
  MaxPool: (node, inputs, reading) => [pooled(node, inputs, reading, maxPool1dCell)],
  AveragePool: (node, inputs, reading) => [pooled(node, inputs, reading, averagePool1dCell)],
};

function conv(node: Node, inputs: readonly Value[], reading: Reading): Flow[] {
  const [input] = inputs;
  ensure(input?.kind === 'tensor', 'a convolution of what is not computed from the input');
  const padded = reading.flowOf(input);
  const weights = constantIn(inputs, 1);
  const [size, perGroup, ...kernels] = weights.dims;
  const place = spatial(node, padded, kernels, reading);
  const { kernel, dilation, stride, padding } = place;
  const groups = integerOf(node, 'group', 1);
  const inputSize = perGroup * groups;
  const { pad: _, context, ...flow } = padded;
  const channels = flow.dims[1];
  ensure(channels === inputSize && inputSize > 0, `${axesText(flow)} for ${inputSize} channels`);
  ensure(size > 0 && size % groups === 0, `${size} channels in ${groups} groups`);
  const bias = optionalIn(inputs, 2) ? () => weightsIn(inputs, 2) : undefined;
  ensure(!bias || String(constantIn(inputs, 2).dims) === String([size]), 'B of another size');
  const weight = () => weightsIn(inputs, 1);
  if (context) {
    const isWhole = padding[0] === (kernel - 1) * dilation && padding[1] === 0 && stride === 1;
    ensure(isWhole && place.isTime, 'a kernel that does not reach as far as its state');
  }
  if (kernel === 1 && stride === 1 && groups === 1 && padding.every(n => n === 0)) {
    const dense = denseDraft({ inputSize, size, weight, bias });
    const { numbers, kept } = onVectors(node, flow, [1], reading, () => dense);
    const dims = flow.dims.map((n, i) => (i === 1 ? size : n));
    return [{ ...flow, dims, numbers: numbersBack(numbers, dims, [...kept, 1], reading) }];
  }
  const options: Convolution = {
    ...{ inputSize, size, groups, kernelSize: kernel, stride, dilation, padding, bias, weight },
  };
  return [
    alongSteps(node, flow, place, size, reading, count => convDraft(options, count, !place.isTime)),
  ];
}

type PoolCell = typeof maxPool1dCell;

function pooled(node: Node, inputs: readonly Value[], reading: Reading, make: PoolCell): Flow {
  const [input] = inputs;
  ensure(input?.kind === 'tensor', 'pooling of what is not computed from the input');
  // Exporters pad before an average that counts the padding.
  const padded = reading.flowOf(input);
  const { pad, context, ...flow } = padded;
  ensure(!context, 'pooling with a state');
  const isPadded = pad !== undefined;
  ensure(!isPadded || node.operator === 'AveragePool', 'a largest number among padded ones');
  const place = spatial(node, padded, integersOf(node, 'kernel_shape') ?? [], reading);
  const { kernel, stride, dilation, padding } = place;
  ensure(dilation === 1, `dilations of ${dilation} in a pooling`);
  const counts = integerOf(node, 'count_include_pad', 0) !== 0;
  const ownPads = padding[0] + padding[1] > (pad?.[0] ?? 0) + (pad?.[1] ?? 0);
  ensure(!isPadded || !ownPads || counts, 'padding that counts, and padding that does not');
  const options = { stride, padding, includePadding: counts || isPadded };
  const size = flow.dims[1];
  return alongSteps(node, flow, place, size, reading, count => {
    const steps = Math.floor((count + padding[0] + padding[1] - kernel) / stride) + 1;
    ensure(steps > 0, 'a kernel that is longer than the sequence');
    const cell = () => make(size, kernel, options);
    const draft = place.isTime
      ? { width: size, streams: kernel === 1 && stride === 1, make: cell }
      : { width: size * steps, streams: true, make: () => windowCell(count, cell()) };
    return { draft, steps };
  });
}

/** A layer along steps, or along an axis that is the steps of a window. */
function alongSteps(
  node: Node,
  flow: Flow,
  { at, isTime }: Placing,
  size: number,
  reading: Reading,
  draftOf: (count: number) => { draft: LayerDraft; steps: number },
): Flow {
  const others = flow.dims.filter((_, i) => i !== 1 && i !== at);
  ensure(
    others.every(n => n === 1),
    `a convolution of ${axesText(flow)}`,
  );
  const order = [...flow.dims.flatMap((_, i) => (i === 1 || i === at ? [] : i)), at, 1];
  const reads = numbersInOrder(flow, order, reading);
  const { draft, steps } = draftOf(isTime ? flow.steps : flow.dims[at]);
  const made = added(reading, node, reads, draft, isTime ? steps : flow.steps);
  const length = isTime ? 1 : steps;
  const dims = flow.dims.map((n, i) => (i === at ? length : i === 1 ? size : n));
  const numbers = numbersBack(made, dims, order, reading);
  return { ...flow, dims, numbers, steps: isTime ? steps : flow.steps };
}

/** What a kernel does along the axis on which it moves. */
interface Placing {
  readonly at: number;
  /** True for the axis of steps. */
  readonly isTime: boolean;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: readonly [before: number, after: number];
}

/** The one axis along which a kernel moves: a second one has to be 1, as its kernel. */
function spatial(node: Node, flow: Flow, kernels: readonly number[], reading: Reading): Placing {
  const { dims, time } = flow;
  const rank = kernels.length;
  checkBatch(flow, dims.map((_, i) => i).slice(1));
  ensure(
    rank > 0 && dims.length === rank + 2 && dims[0] === 1 && time !== 0,
    `${axesText(flow)}, not [batch, channels, …]`,
  );
  const given = integersOf(node, 'kernel_shape');
  ensure(!given || String(given) === String(kernels), `kernel_shape [${given}]`);
  for (const [name, count] of Object.entries({ strides: 1, dilations: 1, pads: 2 })) {
    const list = integersOf(node, name);
    ensure(!list || list.length === count * rank, `${name} [${list}] for ${rank} axes`);
  }
  const all = kernels.map((kernel, i) => {
    const [stride, dilation] = [
      integersOf(node, 'strides')?.[i] ?? 1,
      integersOf(node, 'dilations')?.[i] ?? 1,
    ];
    ensure(kernel > 0 && stride > 0 && dilation > 0, 'a kernel, stride or dilation below 1');
    const padding = paddingOf(node, i, rank, { kernel, stride, dilation });
    return { at: i + 2, isTime: i + 2 === time, kernel, stride, dilation, padding };
  });
  const moving = all.filter(({ at, isTime, kernel, padding }) => {
    return kernel > 1 || padding.some(n => n > 0) || isTime || dims[at] > 1;
  });
  ensure(moving.length < 2, `a kernel [${kernels}] over ${axesText(flow)}`);
  const own = moving[0] ?? all[0];
  const { kernel, stride, dilation, padding, isTime } = own;
  if (isTime) checkReach((kernel - 1) * dilation + stride + padding[0] + padding[1], reading);
  const [before, after] = flow.pad ?? [0, 0];
  return { ...own, padding: [padding[0] + before, padding[1] + after] };
}

function paddingOf(
  node: Node,
  i: number,
  rank: number,
  { kernel, stride, dilation }: Pick<Placing, 'kernel' | 'stride' | 'dilation'>,
): readonly [number, number] {
  const mode = textOf(node, 'auto_pad', 'NOTSET');
  const pads = integersOf(node, 'pads') ?? [];
  ensure(mode === 'NOTSET' || pads.every(n => n === 0), `auto_pad ${quoted(mode)} beside pads`);
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
    ensure(stride === 1, `auto_pad ${mode} with a stride`);
    const all = (kernel - 1) * dilation;
    const less = Math.floor(all / 2);
    return mode === 'SAME_UPPER' ? [less, all - less] : [all - less, less];
  }
  ensure(mode === 'NOTSET' || mode === 'VALID', `auto_pad ${quoted(mode)}`);
  const pair = [pads[i] ?? 0, pads[i + rank] ?? 0] as const;
  ensure(
    pair.every(n => n >= 0),
    'padding below 0',
  );
  return pair;
}
