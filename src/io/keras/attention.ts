import { activationCell } from '../../cells/activation.js';
import { denseCell } from '../../cells/dense.js';
import { softmaxCell } from '../../cells/softmax.js';
import { eachCell } from '../../layers/each.js';
import { sliceCell } from '../../layers/moves.js';
import { globalAveragePool1dCell } from '../../layers/pooling.js';
import { repeatVectorCell } from '../../layers/repeat-vector.js';
import { windowCell } from '../../layers/window.js';
import type { AnyCell } from '../../streams/cell.js';
import { parallelOf, rowOf } from './cells.js';
import type { LayerContext, ReadLayer } from './layer.js';
import { alike } from './merging.js';

/** Numbers between the steps of a window, each step beside each other one. */
const mostPairs = 2 ** 20;

/**
 * Attention, of scores q · k, or AdditiveAttention, of Σ tanh(q + k): each step's query is compared
 * with all keys, and the answer is the mean of the values by the softmax of the scores. Steps of
 * all are read as one vector, and the answer is read as steps again.
 *
 * Luong et al. 2015, "Effective approaches to attention-based neural machine translation"; Bahdanau
 * et al. 2015, "Neural machine translation by jointly learning to align and translate".
 */
export function readAttention(isAdditive: boolean): ReadLayer {
  return (config, context) => {
    const isScaled = config.flag('use_scale', isAdditive);
    context.needsWhole();
    return (inputs, weights) => {
      const [query, value, key = value] = alike(inputs, context);
      const steps = query.steps ?? context.refuse('an unknown number of steps');
      checkSizes(inputs.length, [query.size, value.size, key.size], steps, context);
      const wanted = [{ name: 'scale', shape: isAdditive ? [query.size] : [] }] as const;
      const scale = isScaled ? weights.claim(config.where, wanted).scale : [1];
      const width = inputs.reduce((sum, { size }) => sum + size, 0);
      const part = (begin: number, size: number) => {
        return windowCell(steps, sliceCell(width, begin, begin + size));
      };
      const values = part(query.size, value.size);
      const keys = inputs.length > 2 ? part(query.size + value.size, key.size) : values;
      const scores = scoresOf(part(0, query.size), keys, query.size, steps, isAdditive, scale);
      const { size } = value;
      const members = [
        { window: 'end' } as const,
        ...weighted(scores, values, size, steps),
        { window: steps, size },
      ];
      return { members, flow: { size, sequence: true, steps, windowed: true } };
    };
  };
}

function checkSizes(
  count: number,
  [query, value, key]: readonly number[],
  steps: number,
  { refuse }: LayerContext,
): void {
  if (count > 3) refuse(`${count} inputs`);
  if (query !== key) refuse(`keys of ${key} features for queries of ${query}`);
  const pairs = steps ** 2 * Math.max(query, value);
  if (pairs > mostPairs || steps > 256) refuse(`${steps} steps, each beside each other`);
}

/** Rows `[steps · size]`, all of them again for each of so many steps. */
function tiled(rows: AnyCell, size: number, steps: number): AnyCell {
  return rowOf([rows, windowCell(1, repeatVectorCell(steps * size, steps))]);
}

/** `[steps · steps]`: for each query, the softmax over its scores with the keys. */
function scoresOf(
  queries: AnyCell,
  keys: AnyCell,
  size: number,
  steps: number,
  isAdditive: boolean,
  scale: ArrayLike<number>,
): AnyCell {
  const repeated = rowOf([queries, windowCell(steps, repeatVectorCell(size, steps))]);
  const pairs = parallelOf(isAdditive ? 'add' : 'multiply', [repeated, tiled(keys, size, steps)]);
  const weight = Float32Array.from({ length: size }, (_, i) => scale[scale.length > 1 ? i : 0]);
  const sum = eachCell(steps ** 2, denseCell(size, 1, { bias: false, params: { weight } }));
  const bent = isAdditive ? [activationCell(steps ** 2 * size, 'tanh')] : [];
  return rowOf([pairs, ...bent, sum, eachCell(steps, softmaxCell(steps))]);
}

/** For each step, the sum of all values, each by its weight. */
function weighted(weights: AnyCell, values: AnyCell, size: number, steps: number): AnyCell[] {
  const repeated = rowOf([weights, windowCell(steps ** 2, repeatVectorCell(1, size))]);
  const products = parallelOf('multiply', [repeated, tiled(values, size, steps)]);
  const means = eachCell(steps, windowCell(steps, globalAveragePool1dCell(size)));
  const times = activationCell(steps * size, { name: 'affine', alpha: steps });
  return [products, means, times];
}
