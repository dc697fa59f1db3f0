/** Model files, and parameters from and to PyTorch. */
export { AmbiguousOrderError } from './ambiguous-order.js';
export {
  canonicalWeights,
  type Layout,
  layouts,
  type RecurrentKind,
  type StoredWeights,
} from './layouts.js';
export { load } from './load.js';
export type { LoadedLayer, LoadedParams } from './loaded-layer.js';
export { readSafetensors, type Safetensors } from './read-safetensors.js';
export { type ReadStateDictOptions, readStateDict } from './read-state-dict.js';
export type { Rounding, RoundingOptions } from './rounding.js';
export { save } from './save.js';
export { fromStateDict, type StateDictOptions } from './state-dict.js';
export type { StateDictKind, StateDictModule } from './torch-draft.js';
export { type Problem, UnreadableError } from './unreadable.js';
export { writeSafetensors } from './write-safetensors.js';
export { toStateDict, type WriteStateDictOptions, writeStateDict } from './write-state-dict.js';
