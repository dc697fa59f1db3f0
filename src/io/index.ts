/** Model files, and parameters from PyTorch. */
export {
  canonicalWeights,
  type Layout,
  layouts,
  type RecurrentKind,
  type StoredWeights,
} from './layouts.js';
export { type LoadedLayer, type LoadedParams, load } from './load.js';
export { readSafetensors, type Safetensors } from './read-safetensors.js';
export { save } from './save.js';
export { fromStateDict, type StateDictOptions } from './state-dict.js';
export { writeSafetensors } from './write-safetensors.js';
