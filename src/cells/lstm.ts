import { builtIn } from './define.js';
import { lstmPlan } from './plans.js';

/**
 * Long short-term memory with a forget gate, as PyTorch, Keras and ONNX compute it.
 * State `{ h, c }`, both `[hidden]`; gates i f g o.
 *
 * Hochreiter & Schmidhuber 1997, "Long short-term memory"; Gers, Schmidhuber & Cummins 2000,
 * "Learning to forget: continual prediction with LSTM".
 *
 * @example
 * const cell = lstmCell(10, 15);
 * const [{ h, c }, y] = cell(undefined, new Float32Array(10));
 * y.length; // → 15
 */
export const lstmCell = /* @__PURE__ */ builtIn(
  'LSTM',
  `
  i  = σ(W_i x + U_i h)
  f  = σ(W_f x + U_f h)
  g  = φ(W_g x + U_g h)
  o  = σ(W_o x + U_o h)
  c' = f * c + i * g
  h' = o * ψ(c')
  `,
  lstmPlan,
  { biasIh: { f: 1 } },
);
