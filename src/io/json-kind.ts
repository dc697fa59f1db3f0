import { type FileKind, jsonKinds, type ReadableKind, readable } from './file-kinds.js';
import { quoted } from './json.js';

/** What JSON is, by the names of its outermost fields. */
export function jsonKind(fields: readonly string[]): FileKind | ReadableKind {
  const has = (...names: readonly string[]) => names.every(name => fields.includes(name));
  if (has('modelTopology') || has('weightsManifest')) return readable.tfjs;
  if (has('architecture', 'config', 'weights')) return readable.nam;
  if (has('model_data') || has('state_dict')) return readable.guitarml;
  const known = jsonKinds.find(kind => has(...kind.fields));
  if (known) return known;
  if (has('layers') || has('in_shape')) return readable.rtneural;
  const shown = fields.slice(0, 5).map(quoted).join(', ');
  const remedy =
    "RTNeural's has layers and in_shape, GuitarML's model_data and state_dict, " +
    "TensorFlow.js's modelTopology";
  return { what: shown ? `JSON with the fields ${shown}` : 'JSON without fields', remedy };
}
