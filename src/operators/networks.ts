import { activationCell } from '../cells/activation.js';
import { batchNormCell } from '../cells/batch-norm.js';
import { dropoutCell } from '../cells/dropout.js';
import { layerNormCell } from '../cells/layer-norm.js';
import { preluCell } from '../cells/prelu.js';
import { softmaxCell } from '../cells/softmax.js';
import { backwardCell, bidirectionalCell } from '../layers/bidirectional.js';
import { causalConv1dCell } from '../layers/causal-conv1d.js';
import type { Combine } from '../layers/combine.js';
import { convTranspose2dCell } from '../layers/conv-transpose2d.js';
import { conv1dCell } from '../layers/conv1d.js';
import { conv2dCell } from '../layers/conv2d.js';
import { type EachCell, eachCell } from '../layers/each.js';
import { embeddingCell } from '../layers/embedding.js';
import { contextCell, padCell, sliceCell } from '../layers/moves.js';
import { type BranchedCell, parallelCell, skipCell } from '../layers/parallel.js';
import {
  averagePool1dCell,
  globalAveragePool1dCell,
  globalMaxPool1dCell,
  lastCell,
  maxPool1dCell,
} from '../layers/pooling.js';
import { repeatVectorCell } from '../layers/repeat-vector.js';
import { stackCell } from '../layers/stack.js';
import { windowCell } from '../layers/window.js';
import type { AnyCell } from '../streams/cell.js';
import type { ChainCell, Member, PortMember, WithCell } from '../streams/members.js';
import type { LayerOf } from './layer.js';
import { recur } from './recur.js';

/** The layers of a constructor of cells: `recur` of what it makes. */
function operator<A extends readonly unknown[], C extends AnyCell>(
  cell: (...args: A) => C,
): (...args: A) => LayerOf<C> {
  return (...args) => recur(cell(...args)) as LayerOf<AnyCell> as LayerOf<C>;
}

/**
 * `recur(activationCell(…))`: an activation, element by element, as an operator.
 *
 * @example
 * from([[4, -4]]).pipe(activation(2, 'relu')).subscribe(y => console.log(String(y))); // → 4,0
 */
export const activation = /* @__PURE__ */ operator(activationCell);
/**
 * `recur(averagePool1dCell(…))`: the mean over windows of a sequence, as an operator.
 *
 * @example
 * from([[[1], [3], [2], [0]]])
 *   .pipe(recur(averagePool1d(1, 2), { chunks: true }))
 *   .subscribe(ys => console.log(String(ys))); // → 2,1
 */
export const averagePool1d = /* @__PURE__ */ operator(averagePool1dCell);
/**
 * `recur(backwardCell(…))`: a layer from the last step to the first, as an operator.
 *
 * @example
 * from([[[1, 2], [3, 4]]])
 *   .pipe(recur(backward(gru(2, 3)), { chunks: true }))
 *   .subscribe(ys => console.log(ys.length)); // → 2
 */
export const backward = /* @__PURE__ */ operator(backwardCell);
/**
 * `recur(batchNormCell(…))`: batch normalisation, as an operator.
 *
 * @example
 * from([[4, -4]])
 *   .pipe(batchNorm(2, { epsilon: 0 }))
 *   .subscribe(y => console.log(String(y))); // → 4,-4
 */
export const batchNorm = /* @__PURE__ */ operator(batchNormCell);
/**
 * `recur(bidirectionalCell(…))`: a layer that runs both ways, as an operator.
 *
 * @example
 * from([[[1, 2], [3, 4]]])
 *   .pipe(recur(bidirectional(gru(2, 3)), { chunks: true }))
 *   .subscribe(ys => console.log(ys[0].length)); // → 6
 */
export const bidirectional = /* @__PURE__ */ operator(bidirectionalCell);
/**
 * `recur(causalConv1dCell(…))`: a convolution that looks back only, as an operator.
 *
 * @example
 * from([[1], [2]]).pipe(causalConv1d(1, 4, 3)).subscribe(y => console.log(y.length)); // → 4, 4
 */
export const causalConv1d = /* @__PURE__ */ operator(causalConv1dCell);
/**
 * `recur(contextCell(…))`: a sliding context of samples, as an operator.
 *
 * @example
 * from([[1], [2]]).pipe(context(1, 2)).subscribe(y => console.log(String(y))); // → 0,0,1, 0,1,2
 */
export const context = /* @__PURE__ */ operator(contextCell);
/**
 * `recur(conv1dCell(…))`: a convolution over a sequence, as an operator.
 *
 * @example
 * from([[[1], [2], [3]]])
 *   .pipe(recur(conv1d(1, 4, 2), { chunks: true }))
 *   .subscribe(ys => console.log(ys.length)); // → 2
 */
export const conv1d = /* @__PURE__ */ operator(conv1dCell);
/**
 * `recur(conv2dCell(…))`: a convolution over frames and bands, as an operator.
 *
 * @example
 * from([[1, 2, 3], [4, 5, 6]])
 *   .pipe(conv2d(1, 4, { bands: 3, kernel: [2, 3], padding: 1 }))
 *   .subscribe(y => console.log(y.length)); // → 12, 12
 */
export const conv2d = /* @__PURE__ */ operator(conv2dCell);
/**
 * `recur(convTranspose2dCell(…))`: a transposed convolution over frames and bands, as an operator.
 *
 * @example
 * from([[1, 2, 3], [4, 5, 6]])
 *   .pipe(convTranspose2d(1, 4, { bands: 3, kernel: [2, 2], stride: [1, 2] }))
 *   .subscribe(y => console.log(y.length)); // → 24, 24
 */
export const convTranspose2d = /* @__PURE__ */ operator(convTranspose2dCell);
/**
 * `recur(dropoutCell(…))`: dropout, which does nothing when a network runs, as an operator.
 *
 * @example
 * from([[4, -4]]).pipe(dropout(2)).subscribe(y => console.log(String(y))); // → 4,-4
 */
export const dropout = /* @__PURE__ */ operator(dropoutCell);
/**
 * `recur(embeddingCell(…))`: a learned vector for each index, as an operator.
 *
 * @example
 * from([0, 2]).pipe(embedding(3, 8)).subscribe(y => console.log(y.length)); // → 8, 8
 */
export const embedding = /* @__PURE__ */ operator(embeddingCell);
/**
 * `recur(globalAveragePool1dCell(…))`: the mean of a sequence, as an operator.
 *
 * @example
 * from([[[1], [3]]])
 *   .pipe(recur(globalAveragePool1d(1), { chunks: true }))
 *   .subscribe(ys => console.log(String(ys))); // → 2
 */
export const globalAveragePool1d = /* @__PURE__ */ operator(globalAveragePool1dCell);
/**
 * `recur(globalMaxPool1dCell(…))`: the largest of a sequence, as an operator.
 *
 * @example
 * from([[[1], [3]]])
 *   .pipe(recur(globalMaxPool1d(1), { chunks: true }))
 *   .subscribe(ys => console.log(String(ys))); // → 3
 */
export const globalMaxPool1d = /* @__PURE__ */ operator(globalMaxPool1dCell);
/**
 * `recur(lastCell(…))`: the last step of a sequence, as an operator.
 *
 * @example
 * from([[[1], [3]]])
 *   .pipe(recur(last(1), { chunks: true }))
 *   .subscribe(ys => console.log(String(ys))); // → 3
 */
export const last = /* @__PURE__ */ operator(lastCell);
/**
 * `recur(repeatVectorCell(…))`: each step of a sequence so many times, as an operator.
 *
 * @example
 * // An autoencoder of windows: 8 steps become 3 numbers, and those 8 steps again.
 * const decoder = chain(repeatVector(3, 8), lstm(3, 3), dense(3, 1));
 * of([1, 2, 3, 4, 5, 6, 7, 8])
 *   .pipe(window(8, chain(lstm(1, 3), last(3), decoder)))
 *   .subscribe(y => console.log(y.length)); // → 8
 */
export const repeatVector = /* @__PURE__ */ operator(repeatVectorCell);
/**
 * `recur(layerNormCell(…))`: layer normalisation, as an operator.
 *
 * @example
 * from([[1, 5]])
 *   .pipe(layerNorm(2, { epsilon: 0 }))
 *   .subscribe(y => console.log(String(y))); // → -1,1
 */
export const layerNorm = /* @__PURE__ */ operator(layerNormCell);
/**
 * `recur(maxPool1dCell(…))`: the largest over windows of a sequence, as an operator.
 *
 * @example
 * from([[[1], [3], [2], [0]]])
 *   .pipe(recur(maxPool1d(1, 2), { chunks: true }))
 *   .subscribe(ys => console.log(String(ys))); // → 3,2
 */
export const maxPool1d = /* @__PURE__ */ operator(maxPool1dCell);
/**
 * `recur(padCell(…))`: a vector with more numbers around it, as an operator.
 *
 * @example
 * from([[1, 2]]).pipe(pad(2, 1, 0)).subscribe(y => console.log(String(y))); // → 0,1,2
 */
export const pad = /* @__PURE__ */ operator(padCell);
/**
 * `recur(preluCell(…))`: a rectifier with a learned slope, as an operator.
 *
 * @example
 * from([[4, -4]]).pipe(prelu(2)).subscribe(y => console.log(String(y))); // → 4,-1
 */
export const prelu = /* @__PURE__ */ operator(preluCell);
/**
 * `recur(sliceCell(…))`: some of the features, as an operator.
 *
 * @example
 * from([[1, 2, 3]]).pipe(slice(3, 1)).subscribe(y => console.log(String(y))); // → 2,3
 */
export const slice = /* @__PURE__ */ operator(sliceCell);
/**
 * `recur(softmaxCell(…))`: softmax over the features, as an operator.
 *
 * @example
 * from([[0, 0]]).pipe(softmax(2)).subscribe(y => console.log(String(y))); // → 0.5,0.5
 */
export const softmax = /* @__PURE__ */ operator(softmaxCell);
/**
 * `recur(windowCell(…))`: a layer that is fed whole windows, as an operator.
 *
 * @example
 * from([[1, 5, 2]])
 *   .pipe(window(3, maxPool1d(1, 3)))
 *   .subscribe(y => console.log(String(y))); // → 5
 */
export const window = /* @__PURE__ */ operator(windowCell);

/**
 * `recur(parallelCell(…))`: layers that are all fed the same input, as one operator.
 *
 * @example
 * const both = parallel('concat', gru(2, 3), dense(2, 1));
 * from([[1, 2]]).pipe(both).subscribe(y => console.log(y.length)); // → 4
 */
export function parallel<const M extends readonly [PortMember, ...PortMember[]]>(
  combine: Combine,
  ...branches: M
): LayerOf<BranchedCell<M>> {
  return recur(parallelCell(combine, ...branches) as AnyCell) as never;
}

/**
 * `recur(eachCell(…))`: one layer over the rows of a vector, a state each, as one operator.
 *
 * @example
 * from([[1, 2, 3, 4]]).pipe(each(2, gru(2, 3))).subscribe(y => console.log(y.length)); // → 6
 */
export function each<M extends AnyCell | WithCell>(count: number, layer: M): LayerOf<EachCell<M>> {
  return recur(eachCell(count, layer) as AnyCell) as never;
}

/**
 * `recur(skipCell(…))`: a layer and a way around it, as one operator.
 *
 * @example
 * from([[1, 2]]).pipe(skip(gru(2, 2), 'concat')).subscribe(y => console.log(y.length)); // → 4
 */
export function skip<const M extends Member>(
  layer: M,
  combine: Combine = 'add',
): LayerOf<BranchedCell<readonly [M]>> {
  return recur(skipCell(layer, combine) as AnyCell) as never;
}

/**
 * `recur(stackCell(…))`: a chain of so many layers, as one operator.
 *
 * @example
 * const model = stack(2, i => lstm(i ? 8 : 3, 8));
 * String(model); // → Chain(Recur(LSTMCell(3, 8)), Recur(LSTMCell(8, 8)))
 */
export function stack<M extends Member>(
  count: number,
  make: (i: number) => M,
): LayerOf<ChainCell<readonly M[]>> {
  return recur(stackCell(count, make) as AnyCell) as never;
}
