/** Models of Keras: `.keras`, `.h5` and `.weights.h5`. */
export type { LoadedLayer, LoadedParams, LoadedSizes } from '../loaded-layer.js';
export { type Problem, UnreadableError } from '../unreadable.js';
export type { KerasOptions } from './draft.js';
export { readKeras } from './read-keras.js';
export { readKerasWeights } from './read-weights.js';
