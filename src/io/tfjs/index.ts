/** Models of TensorFlow.js: layers models, `model.json` and its shards. */
export type { KerasOptions } from '../keras/draft.js';
export type { LoadedLayer, LoadedParams, LoadedSizes } from '../loaded-layer.js';
export { type Problem, UnreadableError } from '../unreadable.js';
export { readTfjs } from './read-tfjs.js';
