/** Cells and `stateful`, without RxJS. */
export type { NdArray, NdView, Out, Vec } from './arrays/ndarray.js';
export * from './cells/index.js';
export type { Activation, ActivationName } from './equations/activations.js';
export type {
  AnyCell,
  Cell,
  FunctionCell,
  NoParams,
  Params,
  SameForm,
  StateInput,
  StateOf,
} from './equations/cell.js';
export { type CellConstructor, defineCell } from './equations/define.js';
export { EquationError } from './equations/equation-error.js';
export type { ParameterInput } from './equations/parameters.js';
export type { Declarations } from './equations/plan.js';
export { type EquationFormat, equations } from './equations/print.js';
export { type ReferenceState, type ReferenceStep, reference } from './equations/reference.js';
export type { CellOptions } from './equations/spec.js';
export type { Batch, StateArray } from './equations/state.js';
export { RecurError } from './errors.js';
export type { Backend } from './kernels/backends.js';
export { backend, ready } from './layers/backend.js';
export {
  type BidirectionalCell,
  backwardCell,
  bidirectionalCell,
  type Merge,
} from './layers/bidirectional.js';
export { causalConv1dCell } from './layers/causal-conv1d.js';
export { chainCell } from './layers/chain.js';
export type { Combine } from './layers/combine.js';
export { type Conv1dOptions, conv1dCell } from './layers/conv1d.js';
export type { ConvolutionOptions } from './layers/convolution.js';
export { type EmbeddingOptions, embeddingCell } from './layers/embedding.js';
export { type KeyedSnapshots, keyedSnapshots } from './layers/keyed-snapshots.js';
export {
  type MapSequencesOptions,
  type Mask,
  mapSequences,
  type SequenceInput,
  type SequenceResult,
} from './layers/map-sequences.js';
export type { ChainCell, InputOf, Member, OutputOf } from './layers/members.js';
export { contextCell, type PadMode, padCell, sliceCell } from './layers/moves.js';
export type { Padding } from './layers/padding.js';
export { type BranchedCell, parallelCell, skipCell } from './layers/parallel.js';
export {
  averagePool1dCell,
  globalAveragePool1dCell,
  globalMaxPool1dCell,
  lastCell,
  maxPool1dCell,
  type PoolingOptions,
} from './layers/pooling.js';
export type { StateObserver } from './layers/session.js';
export { Snapshot, snapshotFromBytes } from './layers/snapshot.js';
export { stackCell } from './layers/stack.js';
export {
  type SnapshotInput,
  type StatefulConfig,
  type StatefulFunction,
  type StatefulLayer,
  stateful,
} from './layers/stateful.js';
export { type Stepper, stepper } from './layers/stepper.js';
export { type Marker, read, tap } from './layers/taps.js';
export { windowCell } from './layers/window.js';
export type { ParamsOf } from './layers/with-params.js';
