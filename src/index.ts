export * from './core.js';
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
  type EventOperator,
  type FunctionLayer,
  type Layer,
  type LayerOf,
  type RecurConfig,
  type Reset,
  recur,
} from './operators/recur.js';
