import { activationCell } from '../../cells/activation.js';
import { mismatch } from '../../errors.js';
import { sliceCell } from '../../layers/moves.js';
import type { Fields } from '../keras/fields.js';
import { readActivation } from './activations.js';
import type { Signal } from './circuit.js';
import { checkFields, countOf, countsOf } from './config.js';
import { type ArrayLayer, filmNames, type LayerArray, readLayerArray } from './layer-array.js';
import { convolution, type Draft, film, unchanged } from './layers.js';

/** The networks of conditions within each other. */
export type ReadCondition = (where: string, given: unknown, input: Signal) => Signal;

/**
 * A WaveNet of NAM: arrays of layers of dilated causal convolutions, each of which is told the
 * condition, which is the sound, and adds to what the head is given.
 *
 * van den Oord et al. 2016, "WaveNet: a generative model for raw audio"; Wright et al. 2020,
 * "Real-time guitar amplifier emulation with deep learning".
 */
export function wavenet(draft: Draft, config: Fields, x: Signal, readCondition: ReadCondition) {
  checkFields(config, ['layers', 'head', 'head_scale', 'in_channels', 'condition_dsp']);
  const { circuit, weights } = draft;
  const condition = config.has('condition_dsp')
    ? readCondition(`${config.where}.condition_dsp`, config.value('condition_dsp'), x)
    : x;
  const given = config.list('layers');
  if (given.length < 1 || given.length > 64) {
    throw mismatch(`${config.where}.layers`, '1 to 64 arrays of layers', `${given.length}`);
  }
  // The last weight is the scale that counts; the field is what it was before training.
  config.number('head_scale', Number.NaN);
  let flow: Outputs = { x, head: undefined };
  for (const [i, value] of given.entries()) {
    const array = readLayerArray(`${config.where}.layers[${i}]`, value);
    checkSizes(draft, array, flow, condition);
    flow = layerArray(draft, array, flow, condition);
  }
  const head = flow.head as Signal;
  const last = config.has('head') ? postHead(draft, config.object('head'), head) : undefined;
  const [scale] = weights.take(`${config.where}.head_scale`, 1);
  const cell = activationCell(circuit.sizeOf(head), { name: 'affine', alpha: scale });
  const scaled = circuit.add(`${config.where}.head_scale`, cell, head);
  return last ? last(scaled) : scaled;
}

interface Outputs {
  readonly x: Signal;
  /** What the layers so far have added up; the first array begins at nothing. */
  readonly head: Signal | undefined;
}

function checkSizes(
  { circuit }: Draft,
  array: LayerArray,
  { x, head }: Outputs,
  condition: Signal,
) {
  const { config, toHead, bottleneck } = array;
  const sizes = [
    ['input_size', array.inputSize, circuit.sizeOf(x)],
    ['condition_size', array.conditionSize, circuit.sizeOf(condition)],
    ...(head === undefined
      ? []
      : [['channels', toHead?.size ?? bottleneck, circuit.sizeOf(head)] as const]),
  ] as const;
  const wrong = sizes.find(([, size, comes]) => size !== comes);
  if (!wrong) return;
  const [name, size, comes] = wrong;
  throw mismatch(`${config.where}.${name}`, `${comes}, as what comes before`, `${size}`);
}

function layerArray(draft: Draft, array: LayerArray, flow: Outputs, condition: Signal): Outputs {
  const { circuit } = draft;
  const { inputSize, channels, config, head: last, toHead, bottleneck } = array;
  const rechannel = { from: inputSize, to: channels, bias: false };
  const { where } = config;
  let { head } = flow;
  let x = circuit.add(where, convolution(draft, where, rechannel), flow.x);
  for (const layer of array.layers) {
    const output = layerOf(draft, array, layer, x, condition);
    x = output.x;
    head = head === undefined ? output.head : circuit.join(where, 'add', head, output.head);
  }
  const { kernel, dilation, bias, size: to } = last;
  const from = toHead?.size ?? bottleneck;
  const cell = convolution(draft, `${where}.head`, { from, to, kernel, dilation, bias });
  return { x, head: circuit.add(`${where}.head`, cell, head as Signal) };
}

/** Its weights are taken in the file's order before its layers are put together. */
function layerOf(draft: Draft, array: LayerArray, layer: ArrayLayer, x: Signal, condition: Signal) {
  const { circuit } = draft;
  const { channels, bottleneck, conditionSize, config, toHead } = array;
  const { where, gate, kernel, dilation } = layer;
  const wide = gate ? 2 * bottleneck : bottleneck;
  const taken = (name: string, of: Parameters<typeof convolution>[2]) =>
    convolution(draft, `${where} ${name}`, of);
  const groups = array.inputGroups;
  const conv = taken('conv', { from: channels, to: wide, kernel, dilation, groups });
  const mixing = { from: conditionSize, to: wide, groups: array.mixinGroups, bias: false };
  const mixin = taken('input_mixin', mixing);
  const back = { from: bottleneck, to: channels, groups: array.residualGroups };
  const residual = taken('layer1x1', back);
  const toHeadOf = toHead && { from: bottleneck, to: toHead.size, groups: toHead.groups };
  const aside = toHeadOf && taken('head1x1', toHeadOf);
  const sizes = [channels, wide, conditionSize, wide, wide, bottleneck, channels, toHead?.size];
  const [convPre, convPost, mixinPre, mixinPost, before, after, residualPost, asidePost] =
    filmNames.map((name, i) =>
      film(draft, config, name, { condition, conditionSize, size: sizes[i] ?? 0 }),
    );
  if (residualPost !== unchanged && !gate?.blends) {
    const hint = "NAM's trainer applies it, its player does not";
    throw mismatch(`${config.where}.layer1x1_post_film`, 'none but where it blends', 'one', hint);
  }
  const z = circuit.join(
    where,
    'add',
    convPost(circuit.add(where, conv, convPre(x))),
    mixinPost(circuit.add(where, mixin, mixinPre(condition))),
  );
  const active = after(activated(draft, layer, before(z), bottleneck));
  return {
    x: circuit.join(where, 'add', x, residualPost(circuit.add(where, residual, active))),
    head: aside ? asidePost(circuit.add(where, aside, active)) : active,
  };
}

function activated({ circuit }: Draft, layer: ArrayLayer, z: Signal, size: number): Signal {
  const { where, activation, gate } = layer;
  if (!gate) return circuit.add(where, activation(size), z);
  const half = (from: number) => circuit.add(where, sliceCell(2 * size, from, from + size), z);
  const first = half(0);
  const y = circuit.add(where, activation(size), first);
  const share = circuit.add(where, gate.activation(size), half(size));
  const passed = circuit.join(where, 'multiply', share, y);
  if (!gate.blends) return passed;
  const rest = circuit.add(
    where,
    activationCell(size, { name: 'affine', alpha: -1, beta: 1 }),
    share,
  );
  return circuit.join(where, 'add', passed, circuit.join(where, 'multiply', rest, first));
}

/** Activations, each with a convolution after it, that the scaled sum goes through. */
function postHead(draft: Draft, config: Fields, sum: Signal): (x: Signal) => Signal {
  checkFields(config, ['in_channels', 'channels', 'out_channels', 'kernel_sizes', 'activation']);
  const { circuit } = draft;
  const { where } = config;
  const inputSize = circuit.sizeOf(sum);
  const told = countOf(config, 'in_channels', inputSize);
  if (told !== inputSize) throw mismatch(`${where}.in_channels`, `${inputSize}`, `${told}`);
  const activation = readActivation(`${where}.activation`, config.value('activation'));
  const [channels, outputs] = [countOf(config, 'channels'), countOf(config, 'out_channels')];
  const kernels = countsOf(config, 'kernel_sizes');
  const blocks = kernels.map((kernel, i) => {
    const from = i ? channels : inputSize;
    const to = i + 1 < kernels.length ? channels : outputs;
    return { from, conv: convolution(draft, `${where}[${i}]`, { from, to, kernel }) };
  });
  return x =>
    blocks.reduce((signal, { from, conv }, i) => {
      const at = `${where}[${i}]`;
      return circuit.add(at, conv, circuit.add(at, activation(from), signal));
    }, x);
}
