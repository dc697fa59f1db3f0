/** Cells and `stateful`, without RxJS. */
export type { NdArray, NdView, Out, Vec } from './arrays/ndarray.js';
export { type CellConstructor, defineCell } from './cells/define.js';
export { equations, reference } from './cells/equations.js';
export * from './cells/index.js';
export { plannedCell } from './cells/planned.js';
export { RecurError } from './errors.js';
export type { Activation, ActivationName } from './graph/activations.js';
export { EquationError } from './graph/equation-error.js';
export type { ParameterInput } from './graph/parameters.js';
export type { Declarations } from './graph/plan.js';
export type { EquationFormat } from './graph/print.js';
export type { ReferenceState, ReferenceStep } from './graph/reference.js';
export type { CellOptions } from './graph/spec.js';
export type { Padding } from './graph/steps.js';
export type { Backend } from './kernels/backends.js';
export {
  type BidirectionalCell,
  backwardCell,
  bidirectionalCell,
  type Merge,
} from './layers/bidirectional.js';
export { causalConv1dCell } from './layers/causal-conv1d.js';
export { chainCell } from './layers/chain.js';
export type { Combine } from './layers/combine.js';
export {
  type ConvTranspose2dOptions,
  convTranspose2dCell,
} from './layers/conv-transpose2d.js';
export { type Conv1dOptions, conv1dCell } from './layers/conv1d.js';
export { type Conv2dOptions, conv2dCell } from './layers/conv2d.js';
export type { ConvolutionOptions } from './layers/convolution.js';
export { type EachCell, eachCell } from './layers/each.js';
export { type EmbeddingOptions, embeddingCell } from './layers/embedding.js';
export { exposedCell } from './layers/exposed.js';
export {
  type MapSequencesOptions,
  type Mask,
  mapSequences,
  type SequenceInput,
  type SequenceResult,
} from './layers/map-sequences.js';
export { contextCell, type PadMode, padCell, sliceCell } from './layers/moves.js';
export { type BranchedCell, parallelCell, skipCell } from './layers/parallel.js';
export {
  averagePool1dCell,
  globalAveragePool1dCell,
  globalMaxPool1dCell,
  lastCell,
  maxPool1dCell,
  type PoolingOptions,
} from './layers/pooling.js';
export { repeatVectorCell } from './layers/repeat-vector.js';
export { stackCell } from './layers/stack.js';
export { type Marker, read, tap } from './layers/taps.js';
export { windowCell } from './layers/window.js';
export { type WiredSettings, wiredCell } from './layers/wired.js';
export { wiredRecordsCell } from './layers/wired-records.js';
export { backend, ready } from './streams/backend.js';
export type { AnyCell, Cell, FunctionCell, StateOf } from './streams/cell.js';
export type { NoParams, Params, SameForm, StateInput } from './streams/forms.js';
export { type KeyedSnapshots, keyedSnapshots } from './streams/keyed-snapshots.js';
export type { ChainCell, InputOf, Member, OutputOf } from './streams/members.js';
export type { StateObserver } from './streams/session-config.js';
export { Snapshot, snapshotFromBytes } from './streams/snapshot.js';
export type { Batch, StateArray } from './streams/state.js';
export {
  type SnapshotInput,
  type StatefulConfig,
  type StatefulFunction,
  type StatefulLayer,
  stateful,
} from './streams/stateful.js';
export { type Stepper, stepper } from './streams/stepper.js';
export type { ParamsOf } from './streams/with-params.js';
