import { batchNormCell } from '../../cells/batch-norm.js';
import { denseCell } from '../../cells/dense.js';
import { lstmCell } from '../../cells/lstm.js';
import { mismatch } from '../../errors.js';
import { causalConv1dCell } from '../../layers/causal-conv1d.js';
import { chainOf } from '../../layers/chain.js';
import type { AnyCell } from '../../streams/cell.js';
import { startingFrom } from '../../streams/function-cell.js';
import { type Fields, shown } from '../keras/fields.js';
import { readActivation } from './activations.js';
import type { Signal } from './circuit.js';
import { checkFields, countOf, countsOf } from './config.js';
import { convolution, type Draft } from './layers.js';
import type { Weights } from './weights.js';

/**
 * LSTM layers and a dense one. Each layer's weights are PyTorch's, of input and state in one
 * matrix, the sum of both biases, and the state where it begins: the trainer writes the one that a
 * second of silence leaves.
 */
export function lstm(weights: Weights, config: Fields): AnyCell {
  checkFields(config, ['input_size', 'hidden_size', 'num_layers', 'in_channels', 'out_channels']);
  const { where } = config;
  const inputs = countOf(config, 'input_size');
  const size = countOf(config, 'hidden_size');
  const layers = countOf(config, 'num_layers');
  const outputs = countOf(config, 'out_channels', 1);
  // Where there is none of the older field, the newer has 1.
  if (config.has('in_channels') && countOf(config, 'in_channels') !== inputs) {
    throw mismatch(
      `${where}.in_channels`,
      `${inputs}, as input_size`,
      String(config.value('in_channels')),
    );
  }
  if (layers > 64) throw mismatch(`${where}.num_layers`, 'at most 64', `${layers}`);
  const members: AnyCell[] = [];
  const states: unknown[] = [];
  for (let i = 0; i < layers; i++) {
    const columns = i ? size : inputs;
    const rows = weights.take(`${where} layer ${i}`, 4 * size, columns + size);
    const [weightIh, weightHh] = halves(rows, columns, size);
    const biasIh = weights.take(`${where} layer ${i}`, 4 * size);
    const params = { weightIh, weightHh, biasIh, biasHh: new Float32Array(4 * size) };
    members.push(lstmCell(columns, size, { params }));
    const [h, c] = [0, 1].map(() => weights.take(`${where} layer ${i}`, size));
    states.push({ h, c });
  }
  const weight = weights.take(`${where} head`, outputs, size);
  const bias = weights.take(`${where} head`, outputs);
  const cell: AnyCell = chainOf([
    ...members,
    denseCell(size, outputs, { params: { weight, bias } }),
  ]);
  return startingFrom(cell, [...states, undefined], true);
}

/** The columns of rows that meet the input, and those that meet the state. */
function halves(rows: Float32Array, inputs: number, hidden: number) {
  const columns = inputs + hidden;
  const part = (from: number, count: number) => {
    const result = new Float32Array((rows.length / columns) * count);
    for (let r = 0; r * columns < rows.length; r++) {
      const at = r * columns + from;
      result.set(rows.subarray(at, at + count), r * count);
    }
    return result;
  };
  return [part(0, inputs), part(inputs, hidden)];
}

/** Convolutions of two steps, each with an activation, and a dense layer. */
export function convNet(draft: Draft, config: Fields, x: Signal): Signal {
  checkFields(config, [
    ...['channels', 'dilations', 'batchnorm', 'activation', 'groups'],
    ...['in_channels', 'out_channels'],
  ]);
  const { circuit } = draft;
  const { where } = config;
  const channels = countOf(config, 'channels');
  const groups = countOf(config, 'groups', 1);
  const normed = config.flag('batchnorm', false);
  const activation = readActivation(`${where}.activation`, config.value('activation'));
  const last = countsOf(config, 'dilations').reduce((signal, dilation, i) => {
    const at = `${where} block ${i}`;
    const from = circuit.sizeOf(signal);
    const shape = { from, to: channels, kernel: 2, dilation, groups, bias: !normed };
    const conv = circuit.add(at, convolution(draft, at, shape), signal);
    const y = normed ? circuit.add(at, batchNorm(draft, at, channels), conv) : conv;
    return circuit.add(at, activation(channels), y);
  }, x);
  const to = countOf(config, 'out_channels', 1);
  const head = convolution(draft, `${where} head`, { from: channels, to });
  return circuit.add(`${where} head`, head, last);
}

/** How the player works it out: a matter of speed. */
const implementations = /^(auto|direct|legacy|old|fft|partitioned[_-]fft)$/i;

/**
 * An impulse response and a bias, the same for each channel. The first weight meets the newest
 * sample, as in the player (NeuralAmpModelerCore, NAM/linear.cpp); the trainer exports a kernel
 * whose first weight meets the oldest one (nam/models/linear.py), which the player turns around.
 */
export function linear({ circuit, weights }: Draft, config: Fields, x: Signal): Signal {
  const fields = ['receptive_field', 'bias', 'implementation', 'in_channels', 'out_channels'];
  checkFields(config, fields);
  const { where } = config;
  const kernel = countOf(config, 'receptive_field');
  const bias = config.flag('bias', false);
  const implementation = config.text('implementation', 'auto');
  if (!implementations.test(implementation)) {
    throw mismatch(`${where}.implementation`, 'auto, direct or fft', shown(implementation));
  }
  const channels = circuit.sizeOf(x);
  const outputs = countOf(config, 'out_channels', 1);
  if (outputs !== channels) {
    throw mismatch(`${where}.out_channels`, `${channels}, as in_channels`, `${outputs}`);
  }
  circuit.reserve(where, (kernel - 1) * channels);
  const response = weights.take(where, kernel).slice().reverse();
  const shared = (values: Float32Array) =>
    Float32Array.from({ length: channels * values.length }, (_, i) => values[i % values.length]);
  const params = {
    weight: shared(response),
    ...(bias && { bias: shared(weights.take(where, 1)) }),
  };
  const options = { groups: channels, bias, params };
  return circuit.add(where, causalConv1dCell(channels, channels, kernel, options), x);
}

function batchNorm({ weights }: Draft, where: string, size: number): AnyCell {
  const [runningMean, runningVar, weight, bias] = Array.from({ length: 4 }, () =>
    weights.take(where, size),
  );
  const [epsilon] = weights.take(where, 1);
  const low = runningVar.findIndex(v => !(v + epsilon > 0));
  if (low >= 0) throw mismatch(`${where} variance`, 'positive numbers', `${runningVar[low]}`);
  return batchNormCell(size, { epsilon, params: { weight, bias, runningMean, runningVar } });
}
