/** Networks in RTNeural's JSON, and in that of GuitarML, Proteus and AIDA-X. */
export type { LoadedLayer, LoadedParams } from '../loaded-layer.js';
export { type Problem, UnreadableError } from '../unreadable.js';
export { readGuitarMl } from './read-guitar-ml.js';
export { readRtneural } from './read-rtneural.js';
