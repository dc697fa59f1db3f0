import { gruCell } from '../../cells/gru.js';
import { lstmCell } from '../../cells/lstm.js';
import { rnnCell } from '../../cells/rnn.js';
import type { AnyCell } from '../../streams/cell.js';
import { canonicalWeights, layouts, type RecurrentKind } from '../layouts.js';
import { activationOf } from './activations.js';
import { type Slots, withActivations } from './cell-activations.js';
import type { Fields } from './fields.js';
import type { LayerContext } from './layer.js';
import type { Weights } from './weights.js';

/** Classes of recurrent layers, and of their cells in an RNN. */
export const recurrentKinds: Readonly<Record<string, RecurrentKind>> = {
  SimpleRNN: 'rnn',
  LSTM: 'lstm',
  GRU: 'gru',
  CuDNNLSTM: 'lstm',
  CuDNNGRU: 'gru',
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
  className: string,
  config: Fields,
  context: LayerContext,
): RecurrentCell {
  const units = config.count('units');
  const kind = recurrentKinds[className];
  const isCudnn = className.startsWith('CuDNN');
  const bias = isCudnn || config.flag('use_bias', true);
  const slots = isCudnn ? none : slotsOf(kind, config, context);
  // Keras 2 had no such option, and one bias; where the option came, it came with a second one.
  const after =
    kind === 'gru' && (isCudnn || config.flag('reset_after', context.dialect === 'keras3'));
  const build: BuildCell = (inputSize, weights) => {
    const twoBiases = after || isCudnn;
    const sizes = { inputSize, units, bias, twoBiases, isCudnn };
    const params = claimRecurrent(config.where, kind, weights, sizes);
    return withActivations(given => {
      const options = { ...given, bias, params };
      if (kind === 'rnn') return rnnCell(inputSize, units, options);
      if (kind === 'lstm') return lstmCell(inputSize, units, options);
      return gruCell(inputSize, units, { ...options, resetGate: after ? 'after' : 'before' });
    }, slots);
  };
  return { units, states: kind === 'lstm' ? ['h', 'c'] : ['h'], build };
}

/** A cell's usual ones, which are all that CuDNN has. */
const none: Slots = { σ: undefined, φ: undefined, ψ: undefined };

/** What a config says of σ, φ and ψ. */
function slotsOf(kind: RecurrentKind, config: Fields, context: LayerContext): Slots {
  const usual = context.dialect === 'keras3' ? 'sigmoid' : 'hard_sigmoid';
  const φ = activationOf(config, 'activation', 'tanh', context);
  if (kind === 'rnn') return { ...none, φ };
  const σ = activationOf(config, 'recurrent_activation', usual, context);
  return { σ, φ, ψ: kind === 'lstm' ? φ : undefined };
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
    isCudnn = false,
  }: Record<'inputSize' | 'units', number> &
    Record<'bias' | 'twoBiases', boolean> & { isCudnn?: boolean },
): Record<string, Float32Array> {
  const gates = layouts.keras[kind].length;
  const width = gates * units;
  const biasShape = isCudnn ? [2 * width] : twoBiases ? [2, width] : [width];
  const stored = weights.claim(where, [
    { name: 'kernel', shape: [inputSize, width] },
    { name: 'recurrent_kernel', shape: [units, width] },
    ...(bias ? [{ name: 'bias', shape: biasShape } as const] : []),
  ] as const);
  const matrix = (values: Float32Array) => (isCudnn ? fromCudnn(values, gates, units) : values);
  return canonicalWeights(layouts.keras, kind, {
    kernel: matrix(stored.kernel),
    recurrent: matrix(stored.recurrent_kernel),
    bias: stored.bias?.subarray(0, width),
    recurrentBias: twoBiases ? stored.bias?.subarray(width) : undefined,
  });
}

/**
 * The kernel `[rows, gates · units]` of a CuDNN layer in the layout of the layer that is not: of
 * each gate's block, the numbers in order are those of `[units, rows]`.
 */
function fromCudnn(values: Float32Array, gates: number, units: number): Float32Array {
  const width = gates * units;
  const rows = values.length / width;
  const result = new Float32Array(values.length);
  for (let gate = 0; gate < gates; gate++) {
    for (let i = 0; i < rows * units; i++) {
      const from = Math.floor(i / units) * width + gate * units + (i % units);
      result[(i % rows) * width + gate * units + Math.floor(i / rows)] = values[from];
    }
  }
  return result;
}
