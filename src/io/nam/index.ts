/** Networks in the files of Neural Amp Modeler (.nam). */
export type { LoadedLayer, LoadedParams } from '../loaded-layer.js';
export { type Problem, UnreadableError } from '../unreadable.js';
export { type NamInfo, type NamOptions, namInfo, readNam } from './read-nam.js';
