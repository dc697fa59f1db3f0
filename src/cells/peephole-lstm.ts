import { builtIn } from './define.js';
import { peepholeLstmPlan } from './plans.js';

/**
 * LSTM whose gates see the cell state through the vectors p_i, p_f, p_o `[hidden]`, as ONNX's
 * `LSTM` with input `P`: the output gate sees the new cell state. State `{ h, c }`; gates i f g o.
 *
 * Gers & Schmidhuber 2000, "Recurrent nets that time and count".
 *
 * @example
 * const cell = peepholeLstmCell(10, 15, { seed: 1 });
 */
export const peepholeLstmCell = /* @__PURE__ */ builtIn(
  'PeepholeLSTM',
  `
  i  = σ(W_i x + U_i h + p_i * c)
  f  = σ(W_f x + U_f h + p_f * c)
  g  = φ(W_g x + U_g h)
  c' = f * c + i * g
  o  = σ(W_o x + U_o h + p_o * c')
  h' = o * ψ(c')
  `,
  peepholeLstmPlan,
  { vectors: { p_i: 0, p_f: 0, p_o: 0 }, biasIh: { f: 1 } },
);
