/** Model files, and parameters from PyTorch. */
export { type LoadedLayer, type LoadedParams, load } from './load.js';
export { readSafetensors, type Safetensors } from './read-safetensors.js';
export { save } from './save.js';
export { fromStateDict, type StateDictOptions } from './state-dict.js';
export { writeSafetensors } from './write-safetensors.js';
