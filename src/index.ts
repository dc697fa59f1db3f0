export * from './core.js';
export { type ForecastConfig, forecast } from './operators/forecast.js';
export { type FrameConfig, frame, type Samples } from './operators/frame.js';
export type {
  Evicted,
  Invalid,
  Keyed,
  Keys,
  RecurByConfig,
  Restored,
  SnapshotStore,
} from './operators/keyed-config.js';
export type { EventOperator, FunctionLayer, Layer, LayerOf } from './operators/layer.js';
export {
  chain,
  dense,
  fastGrnn,
  fastRnn,
  gru,
  indRnn,
  janet,
  type LayerConstructor,
  lem,
  liGru,
  lstm,
  mgu,
  minGru,
  peepholeLstm,
  rnn,
  star,
  ugrnn,
} from './operators/layers.js';
export {
  activation,
  averagePool1d,
  backward,
  batchNorm,
  bidirectional,
  causalConv1d,
  context,
  conv1d,
  conv2d,
  convTranspose2d,
  dropout,
  each,
  embedding,
  globalAveragePool1d,
  globalMaxPool1d,
  last,
  layerNorm,
  maxPool1d,
  pad,
  parallel,
  prelu,
  repeatVector,
  skip,
  slice,
  softmax,
  stack,
  window,
} from './operators/networks.js';
export { overlapAdd } from './operators/overlap-add.js';
export { recur } from './operators/recur.js';
export { type KeyedOperator, recurBy } from './operators/recur-by.js';
export type { RecurConfig, Reset, WeightsConfig } from './operators/recur-config.js';
export {
  type Reading,
  type TelemetryConfig,
  type TelemetryOperator,
  telemetry,
} from './operators/telemetry.js';
export type { Forecast } from './streams/ahead.js';
export type { LayerReading } from './streams/layer-reading.js';
