import { gruCell } from '../../cells/gru.js';
import { lstmCell } from '../../cells/lstm.js';
import { rnnCell } from '../../cells/rnn.js';
import type { AnyCell } from '../../streams/cell.js';
import { canonicalWeights, layouts, type RecurrentKind } from '../layouts.js';
import { activationOf, slotOf } from './activations.js';
import type { Fields } from './fields.js';
import type { LayerContext } from './layer.js';
import type { Weights } from './weights.js';

/** Classes of recurrent layers, and of their cells in an RNN. */
export const recurrentKinds: Readonly<Record<string, RecurrentKind>> = {
  SimpleRNN: 'rnn',
  LSTM: 'lstm',
  GRU: 'gru',
  SimpleRNNCell: 'rnn',
  LSTMCell: 'lstm',
  GRUCell: 'gru',
};

/** Makes a recurrent cell, once its input is known. */
export type BuildCell = (inputSize: number, weights: Weights) => AnyCell;

export interface RecurrentCell {
  readonly units: number;
  /** Its states in Keras's order, of which `h` is its output; none for a stack. */
  readonly states: readonly ('h' | 'c')[];
  readonly build: BuildCell;
}

/** The equations that a recurrent layer, or a cell of an RNN, is of. */
export function readRecurrentCell(
  kind: RecurrentKind,
  config: Fields,
  context: LayerContext,
): RecurrentCell {
  const units = config.count('units');
  const bias = config.flag('use_bias', true);
  const [activation, gateActivation] = activationsOf(kind, config, context);
  // Keras 2 had no such option, and one bias; where the option came, it came with a second one.
  const after = kind === 'gru' && config.flag('reset_after', context.dialect === 'keras3');
  const build: BuildCell = (inputSize, weights) => {
    const params = claimRecurrent(config.where, kind, weights, {
      ...{ inputSize, units, bias },
      twoBiases: after,
    });
    const options = { activation, bias, params };
    if (kind === 'rnn') return rnnCell(inputSize, units, options);
    const gated = { ...options, gateActivation };
    if (kind === 'gru') {
      return gruCell(inputSize, units, { ...gated, resetGate: after ? 'after' : 'before' });
    }
    return lstmCell(inputSize, units, { ...gated, outputActivation: activation });
  };
  return { units, states: kind === 'lstm' ? ['h', 'c'] : ['h'], build };
}

/** φ and σ; a function that is no activation of a slot is told of. */
function activationsOf(kind: RecurrentKind, config: Fields, context: LayerContext) {
  const usual = context.dialect === 'keras3' ? 'sigmoid' : 'hard_sigmoid';
  const asked: [name: string, usual: string][] = [['activation', 'tanh']];
  if (kind !== 'rnn') asked.push(['recurrent_activation', usual]);
  return asked.map(([name, usual]) => {
    const own = activationOf(config, name, usual, context);
    if (own && 'layer' in own) context.problem(`${name} '${own.layer}' within a recurrent layer`);
    return slotOf(own);
  });
}

/** Claims Keras's kernel, recurrent kernel and bias, and answers them as the library's params. */
export function claimRecurrent(
  where: string,
  kind: RecurrentKind,
  weights: Weights,
  {
    inputSize,
    units,
    bias,
    twoBiases,
  }: Record<'inputSize' | 'units', number> & Record<'bias' | 'twoBiases', boolean>,
): Record<string, Float32Array> {
  const width = layouts.keras[kind].length * units;
  const stored = weights.claim(where, [
    { name: 'kernel', shape: [inputSize, width] },
    { name: 'recurrent_kernel', shape: [units, width] },
    ...(bias ? [{ name: 'bias', shape: twoBiases ? [2, width] : [width] } as const] : []),
  ] as const);
  return canonicalWeights(layouts.keras, kind, {
    kernel: stored.kernel,
    recurrent: stored.recurrent_kernel,
    bias: stored.bias?.subarray(0, width),
    recurrentBias: twoBiases ? stored.bias?.subarray(width) : undefined,
  });
}
