import { asRecurError } from '../../errors.js';
import type { LayerOf } from '../../operators/layer.js';
import type { AnyCell } from '../../streams/cell.js';
import type { WithCell } from '../../streams/members.js';
import { cellOf } from '../../streams/model.js';
import { type LoadedLayer, type LoadedSizes, loadedLayer } from '../loaded-layer.js';
import { misread } from '../misread.js';
import { plainCell } from '../plain-cell.js';
import type { KerasOptions } from './draft.js';
import { hdf5 } from './hdf5.js';
import { cellOf as kerasCell } from './model.js';
import { checkOptions, parseModelJson } from './model-json.js';
import { withWeights } from './own-model.js';
import { checkBytes } from './read-keras.js';
import { Weights } from './weights.js';

/**
 * A layer like `model`, with the weights of a `.weights.h5` file of Keras 3 (`save_weights`). Its
 * members `rnn`, `lstm`, `gru`, `dense`, `embedding`, `layerNorm`, `batchNorm` and `prelu` get
 * those of Keras's layers of the same kinds, in order; members without parameters stay as they are.
 *
 * In place of a model, a config as Keras's `model.to_json()` writes it (parsed or text) makes the
 * layer as `readKeras` does; then the weights may be Keras 2's.
 *
 * The file may come from a stranger. Throws a RecurError, by name, for weights that are missing,
 * left over, of another shape or not finite, and for members that Keras has not.
 *
 * @example
 * readKerasWeights(new Uint8Array(8), gru(1, 2));
 * // throws .weights.h5: expected an HDF5 file, got 8 other bytes
 */
export function readKerasWeights<M extends AnyCell | WithCell>(
  bytes: Uint8Array,
  model: M,
): LayerOf<M>;
export function readKerasWeights<I extends LoadedSizes = number, O extends LoadedSizes = number>(
  bytes: Uint8Array,
  config: object | string,
  options?: KerasOptions,
): LoadedLayer<I, O>;
export function readKerasWeights(
  bytes: Uint8Array,
  model: object | string,
  options: KerasOptions = {},
): unknown {
  checkOptions('readKerasWeights', options);
  checkBytes('readKerasWeights', bytes);
  const isConfig = typeof model === 'string' || (typeof model === 'object' && model !== null);
  const expected = 'a layer, a cell, or a config of Keras';
  const cell =
    isConfig && !cellOf(model)
      ? undefined
      : plainCell('readKerasWeights', model, undefined, expected);
  try {
    const { weights, isNew } = weightsIn(bytes);
    if (cell) return withWeights(cell, weights, isNew);
    const config = typeof model === 'string' ? parseModelJson('config', model) : model;
    const parts = { format: 'Keras', model: config, weights } as const;
    return loadedLayer(kerasCell({ ...parts, dialect: isNew ? 'keras3' : 'keras2' }, options));
  } catch (error) {
    throw misread('.weights.h5', 'hdf5', bytes, asRecurError(error, '.weights.h5'));
  }
}

/** Keras 3 has them below `layers`; Keras 2, below the layers' names. */
function weightsIn(bytes: Uint8Array): { weights: Weights; isNew: boolean } {
  const file = hdf5('.weights.h5', bytes);
  if (file.has('layers')) return { weights: Weights.of(file.tensors('layers')), isNew: true };
  const group = file.has('model_weights') ? 'model_weights' : '';
  return { weights: Weights.of(file.tensors(group)), isNew: false };
}
