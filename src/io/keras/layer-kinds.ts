import { activationLayers } from './activations.js';
import { readAttention } from './attention.js';
import { readConv1d, readDepthwise, readGlobalPool, readPool } from './convolution.js';
import {
  identities,
  readActivation,
  readDense,
  readEmbedding,
  readIdentity,
  readMasking,
  readPrelu,
} from './feedforward.js';
import type { ReadLayer } from './layer.js';
import { readConcatenate, readMerge } from './merging.js';
import { readGroupNorm, readNorm, readRmsNorm } from './norms.js';
import { readBidirectional, readRecurrent, readRnn } from './recurrent-layers.js';
import { readConv1dTranspose, readEnds, readUpSampling1d } from './resampling.js';
import { readNormalization, readRescaling } from './scaling.js';
import { readFlatten, readPermute, readRepeatVector, readReshape } from './shaping.js';
import { readTimeDistributed } from './time-distributed.js';

/** What reads each class of layers. */
const readers = new Map<string, ReadLayer>([
  ...activationLayers.map(kind => [kind, readActivation(kind)] as const),
  ...identities.map(kind => [kind, readIdentity] as const),
  ...['SimpleRNN', 'LSTM', 'GRU', 'CuDNNLSTM', 'CuDNNGRU'].map(
    kind => [kind, readRecurrent(kind)] as const,
  ),
  ...(['Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Minimum'] as const).map(
    kind => [kind, readMerge(kind)] as const,
  ),
  ['AdditiveAttention', readAttention(true)],
  ['Attention', readAttention(false)],
  ['AveragePooling1D', readPool('average')],
  ['BatchNormalization', readNorm(true)],
  ['Bidirectional', readBidirectional],
  ['Concatenate', readConcatenate],
  ['Conv1D', readConv1d],
  ['Conv1DTranspose', readConv1dTranspose],
  ['Cropping1D', readEnds('cropping')],
  ['Dense', readDense],
  ['DepthwiseConv1D', readDepthwise(false)],
  ['Embedding', readEmbedding],
  ['Flatten', readFlatten],
  ['GlobalAveragePooling1D', readGlobalPool('average')],
  ['GlobalMaxPooling1D', readGlobalPool('max')],
  ['GroupNormalization', readGroupNorm],
  ['LayerNormalization', readNorm(false)],
  ['Masking', readMasking],
  ['MaxPooling1D', readPool('max')],
  ['Normalization', readNormalization],
  ['PReLU', readPrelu],
  ['Permute', readPermute],
  ['RMSNormalization', readRmsNorm],
  ['RNN', readRnn],
  ['RepeatVector', readRepeatVector],
  ['Rescaling', readRescaling],
  ['Reshape', readReshape],
  ['SeparableConv1D', readDepthwise(true)],
  ['UpSampling1D', readUpSampling1d],
  ['ZeroPadding1D', readEnds('padding')],
  ['TimeDistributed', readTimeDistributed(readerOf)],
]);

/** All classes that are read. */
export const layerClasses: readonly string[] = [...readers.keys()];

/** The reader of a class of layers; undefined for one that there is none of. */
export function readerOf(kind: string): ReadLayer | undefined {
  return readers.get(kind);
}
