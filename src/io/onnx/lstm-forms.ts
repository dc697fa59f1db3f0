import { builtIn } from '../../cells/define.js';
import { lstmCell } from '../../cells/lstm.js';
import { peepholeLstmCell } from '../../cells/peephole-lstm.js';
import { coupledLstmPlan, lstmCellStatePlan } from '../../cells/plans.js';
import { reorderGates } from '../layouts.js';
import { ensure, type Value } from './flow.js';
import { integerOf, type Node } from './graph.js';
import { constantIn, optionalIn } from './reading.js';

/** ONNX's LSTM with input_forget = 1. Gates i g o. */
export const coupledCell = /* @__PURE__ */ builtIn(
  'CoupledLSTM',
  `
  i  = σ(W_i x + U_i h)
  g  = φ(W_g x + U_g h)
  o  = σ(W_o x + U_o h)
  c' = (1 - i) * c + i * g
  h' = o * ψ(c')
  `,
  coupledLstmPlan,
);

/** `lstmCell` that puts out its cell state. */
export const cellStateCell = /* @__PURE__ */ builtIn(
  'LSTMCellState',
  `
  i  = σ(W_i x + U_i h)
  f  = σ(W_f x + U_f h)
  g  = φ(W_g x + U_g h)
  o  = σ(W_o x + U_o h)
  c' = f * c + i * g
  h' = o * ψ(c')
  y  = c'
  `,
  lstmCellStatePlan,
);

/** A cell that an LSTM can be. */
export type LstmForm = typeof lstmCell | typeof coupledCell | typeof peepholeLstmCell;

/** Which LSTM a node is. */
export function formOf(
  node: Node,
  inputs: readonly Value[],
  { directions, hiddenSize }: { readonly directions: number; readonly hiddenSize: number },
): LstmForm {
  const coupled = integerOf(node, 'input_forget', 0) !== 0;
  if (!optionalIn(inputs, 7)) return coupled ? coupledCell : lstmCell;
  ensure(!coupled, 'input_forget with peepholes');
  const { dims } = constantIn(inputs, 7);
  const wanted = String([directions, 3 * hiddenSize]);
  ensure(String(dims) === wanted, `P [${dims}], not [${wanted}]`);
  return peepholeLstmCell;
}

/** PyTorch's ifgo without the rows of f. */
export function coupledParams(params: Readonly<Record<string, Float32Array>>) {
  return Object.fromEntries(
    Object.entries(params).map(([name, values]) => {
      return [name, reorderGates(values, 'ifgo', 'igof').subarray(0, (values.length / 4) * 3)];
    }),
  );
}

/** P has the peepholes of i, o, f. */
export function peepholeParams(values: Float32Array) {
  const size = values.length / 3;
  const [p_i, p_o, p_f] = [0, 1, 2].map(i => values.slice(i * size, (i + 1) * size));
  return { p_i, p_o, p_f };
}
