import { RecurError } from '../errors.js';
import type { LoadedLayer } from '../io/loaded-layer.js';
import { type ModelOptions, readModel } from './model-file.js';
import { replaceFile } from './replace-file.js';
import { unusable } from './stop.js';
import { type Target, targetOfName } from './targets.js';

/** Writes the model at `path` to `output`. Throws a Stop. */
export async function convert(
  path: string,
  output: string,
  to?: Target,
  options: ModelOptions = {},
): Promise<void> {
  const target = to ?? targetOfName(output);
  if (target === undefined) {
    throw unusable(`${output}: its ending tells no format; choose one with --to`);
  }
  const { layer } = await readModel(path, options);
  let bytes: Uint8Array;
  try {
    bytes = await writers[target](layer);
  } catch (error) {
    if (error instanceof RecurError) throw unusable(`${path}: ${error.message}`);
    throw error;
  }
  replaceFile(output, bytes);
}

/** Each is loaded when it is needed. */
const writers: Readonly<Record<Target, (layer: LoadedLayer) => Promise<Uint8Array>>> = {
  rxrecur: async layer => (await import('../io/save.js')).save(layer),
  onnx: async layer => (await import('../io/onnx/index.js')).writeOnnx(layer),
  pytorch: async layer => (await import('../io/write-state-dict.js')).writeStateDict(layer),
};
