/** ONNX files: networks that other frameworks exported, and networks for them. */

export type { LoadedLayer, LoadedParams } from '../loaded-layer.js';
export { type Problem, UnreadableError } from '../unreadable.js';
export type { FaultChoice } from './faults.js';
export type { OnnxOptions } from './inputs.js';
export { onnxInitializers, readOnnx } from './read-onnx.js';
export { writeOnnx } from './write-onnx.js';
