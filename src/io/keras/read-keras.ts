import { asRecurError, describe, mismatch } from '../../errors.js';
import type { AnyCell } from '../../streams/cell.js';
import { typedArrayName } from '../../streams/values.js';
import { type LoadedLayer, type LoadedSizes, loadedLayer } from '../loaded-layer.js';
import { misread } from '../misread.js';
import type { Dialect } from './activations.js';
import { filesIn } from './archive.js';
import type { KerasOptions } from './draft.js';
import { Fields } from './fields.js';
import { hdf5 } from './hdf5.js';
import { isHdf5 } from './hdf5-bytes.js';
import { cellOf } from './model.js';
import { checkOptions, parseModelJson } from './model-json.js';
import { Weights } from './weights.js';

/**
 * The model in a `.keras` file of Keras 3 or in an `.h5` file of Keras 2, as a layer (an RxJS
 * operator). Weights are Keras's, bit for bit.
 *
 * A model that answers once a sequence answers at each step: Keras's answer is that to the last
 * step. One that looks ahead (Bidirectional, pools, convolutions that are not causal) runs on whole
 * sequences, one that flattens on windows. Several inputs and outputs are records by their names,
 * which type arguments tell: `readKeras<{ speed: number; car: number }>(bytes)`.
 *
 * The file may come from a stranger. Throws a RecurError, and loads nothing, for a file cut short
 * or altered, and an UnreadableError, with every reason, for layers or options that cannot run
 * here.
 *
 * @example
 * readKeras(new Uint8Array(8));
 * // throws Keras: expected a .keras archive or an .h5 file, got 8 other bytes
 */
export function readKeras<I extends LoadedSizes = number, O extends LoadedSizes = number>(
  bytes: Uint8Array,
  options: KerasOptions = {},
): LoadedLayer<I, O> {
  checkOptions('readKeras', options);
  checkBytes('readKeras', bytes);
  try {
    if (isHdf5(bytes)) return loadedLayer(oldModel(bytes, options));
    if (bytes[0] === 0x50 && bytes[1] === 0x4b) return loadedLayer(newModel(bytes, options));
    const got = `${bytes.byteLength} other bytes`;
    throw mismatch('Keras', 'a .keras archive or an .h5 file', got);
  } catch (error) {
    throw misread('Keras', ['keras', 'hdf5'], bytes, asRecurError(error, 'Keras'));
  }
}

/** Refuses what are no bytes of a file. */
export function checkBytes(where: string, bytes: unknown): void {
  if (typedArrayName(bytes) === 'Uint8Array') return;
  throw mismatch(where, "a file's bytes as a Uint8Array", describe(bytes));
}

const [configName, weightsName] = ['config.json', 'model.weights.h5'];
const metadataName = 'metadata.json';

/** Keras 3: an archive of the config, the weights, and who wrote them when. */
function newModel(bytes: Uint8Array, options: KerasOptions): AnyCell {
  const files = filesIn('.keras', bytes, [configName, weightsName, metadataName]);
  const [config, weights] = [configName, weightsName].map(name => {
    const file = files.get(name);
    if (!file) throw mismatch('.keras', name, 'no such file', 'npz weights are not read');
    return file;
  });
  const model = parseModelJson(configName, config);
  const file = hdf5(weightsName, weights);
  // The last versions of Keras 2 wrote such archives too, their weights at another place.
  const group = file.has('layers') ? 'layers' : '_layer_checkpoint_dependencies';
  const tensors = file.tensors(group);
  const dialect = dialectOf(files.get(metadataName));
  return cellOf({ format: 'Keras', dialect, model, weights: Weights.of(tensors) }, options);
}

/** Which Keras wrote an archive, as its metadata say. */
function dialectOf(metadata: Uint8Array | undefined): Dialect {
  if (!metadata) return 'keras3';
  const fields = new Fields(metadataName, parseModelJson(metadataName, metadata));
  return fields.text('keras_version', '3').startsWith('2') ? 'keras2' : 'keras3';
}

/** Keras 2: the config is an attribute. */
function oldModel(bytes: Uint8Array, options: KerasOptions): AnyCell {
  const file = hdf5('.h5', bytes);
  const config = file.text('model_config');
  if (config === undefined) {
    const hint = 'readKerasWeights takes a file of weights alone';
    throw mismatch('.h5', 'a model_config', 'none', hint);
  }
  const version = file.text('keras_version') ?? '2';
  const model = parseModelJson('.h5 model_config', config);
  const tensors = file.tensors('model_weights');
  return cellOf(
    {
      format: 'Keras',
      dialect: version.startsWith('3') ? 'keras3' : 'keras2',
      model,
      weights: Weights.of(tensors),
    },
    options,
  );
}
