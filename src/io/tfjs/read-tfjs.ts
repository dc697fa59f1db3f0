import { asRecurError, describe, mismatch } from '../../errors.js';
import { typedArrayName } from '../../streams/values.js';
import { checkFields, parsedAs } from '../json-model.js';
import type { KerasOptions } from '../keras/draft.js';
import { Fields, shown } from '../keras/fields.js';
import { cellOf } from '../keras/model.js';
import { checkOptions, parseModelJson } from '../keras/model-json.js';
import { Weights } from '../keras/weights.js';
import { type LoadedLayer, type LoadedSizes, loadedLayer } from '../loaded-layer.js';
import { bytesOf, tensorsOf } from './manifest.js';

/**
 * The model of a TensorFlow.js layers model, as a layer (an RxJS operator): what
 * `model.save(…)` of tfjs or `tensorflowjs_converter` wrote. `modelJson` is `model.json`, parsed,
 * as text or as bytes; `shards`, the bytes of the files that it names, in the order of its
 * `weightsManifest`, each or all in one. Weights become float32; those quantised to uint8 or uint16
 * are what tfjs makes of them. A GRU may have `reset_after`, which tfjs itself refuses. What
 * `model.save` hands to a handler (tfjs's `ModelArtifacts`: `weightSpecs`, `weightData`) is read
 * without shards. Numbers of an optimizer (`includeOptimizer`) are passed over.
 *
 * The files may come from strangers. Throws a RecurError for what is no such model, and an
 * UnreadableError, with every reason, for one with layers or options that cannot run here.
 *
 * @example
 * const kernel = { name: 'dense/kernel', shape: [1, 1], dtype: 'float32' };
 * const model = readTfjs(
 *   {
 *     modelTopology: {
 *       class_name: 'Sequential',
 *       config: {
 *         layers: [
 *           {
 *             class_name: 'Dense',
 *             config: { name: 'dense', units: 1, use_bias: false, batch_input_shape: [null, 1] },
 *           },
 *         ],
 *       },
 *     },
 *     weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: [kernel] }],
 *   },
 *   new Uint8Array(Float32Array.of(3).buffer),
 * );
 * stateful(model)([2]); // → Float32Array(1) [ 6 ]
 */
export function readTfjs<I extends LoadedSizes = number, O extends LoadedSizes = number>(
  modelJson: object | string | Uint8Array,
  shards?: Uint8Array | readonly Uint8Array[] | undefined,
  options: KerasOptions = {},
): LoadedLayer<I, O> {
  checkOptions('readTfjs', options);
  try {
    const file = new Fields('model.json', parsed(modelJson));
    const format = file.text('format', 'layers-model');
    if (format !== 'layers-model') {
      throw mismatch('model.json.format', "'layers-model'", shown(format));
    }
    const topology = file.object('modelTopology');
    const model = topology.value('model_config') ?? file.value('modelTopology');
    const version = topology.text('keras_version', '2');
    const tensors = shards
      ? tensorsOf(file.list('weightsManifest'), shards)
      : tensorsInMemory(file, shards);
    const dialect = version.startsWith('3') ? 'keras3' : 'keras2';
    const parts = { format: 'tfjs', dialect, model, weights: Weights.of(tensors) } as const;
    return loadedLayer(cellOf(parts, options));
  } catch (error) {
    throw asRecurError(error, 'model.json');
  }
}

/** The tensors of a model in memory, which has them beside its topology. */
function tensorsInMemory(file: Fields, shards: unknown) {
  if (!file.has('weightSpecs')) {
    const hint = 'or a model with weightSpecs';
    throw mismatch('shards', 'bytes as Uint8Arrays', describe(shards), hint);
  }
  const data = bytesOf(file.value('weightData'));
  const paths = data.map((_, i) => String(i));
  return tensorsOf([{ paths, weights: file.list('weightSpecs') }], data);
}

function parsed(modelJson: object | string | Uint8Array): unknown {
  const isText = typeof modelJson === 'string' || typedArrayName(modelJson) === 'Uint8Array';
  const text = modelJson as string | Uint8Array;
  const value = isText
    ? parsedAs('model.json', 'tfjs', text, () => parseModelJson('model.json', text))
    : modelJson;
  checkFields('model.json', 'tfjs', value);
  return value;
}
