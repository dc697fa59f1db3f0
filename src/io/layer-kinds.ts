import { backwardKind, bidirectionalKind } from '../layers/bidirectional.js';
import { causalConv1dKind } from '../layers/causal-conv1d.js';
import { convTranspose2dKind } from '../layers/conv-transpose2d.js';
import { conv1dKind } from '../layers/conv1d.js';
import { conv2dKind } from '../layers/conv2d.js';
import { eachKind } from '../layers/each.js';
import { embeddingKind } from '../layers/embedding.js';
import { exposedKind } from '../layers/exposed.js';
import { contextKind, padKind, sliceKind } from '../layers/moves.js';
import { parallelKind, skipKind } from '../layers/parallel.js';
import {
  averagePool1dKind,
  globalAveragePool1dKind,
  globalMaxPool1dKind,
  lastKind,
  maxPool1dKind,
} from '../layers/pooling.js';
import { repeatVectorKind } from '../layers/repeat-vector.js';
import { readKind, tapKind } from '../layers/taps.js';
import { windowKind } from '../layers/window.js';
import { wiredRecordsKind } from '../layers/wired-records.js';

/** The kinds of layers that a model file may have by name, beside cells of equations and chains. */
export const layerKinds = new Map(
  [
    ...[parallelKind, skipKind, tapKind, readKind, bidirectionalKind, backwardKind, windowKind],
    ...[eachKind, repeatVectorKind, exposedKind, wiredRecordsKind],
    ...[sliceKind, padKind, contextKind, embeddingKind, causalConv1dKind, conv1dKind],
    ...[conv2dKind, convTranspose2dKind],
    ...[maxPool1dKind, averagePool1dKind, globalMaxPool1dKind, globalAveragePool1dKind, lastKind],
  ].map(kind => [kind.name, kind]),
);
