import { demand } from '../errors.js';
import type { CellOptions } from '../graph/spec.js';
import type { Cell } from '../streams/cell.js';
import type { Params, SameForm } from '../streams/forms.js';
import type { StateArray } from '../streams/state.js';
import { builtIn } from './define.js';
import { gruBeforePlan, gruPlan } from './plans.js';

const resetAfter = /* @__PURE__ */ builtIn(
  'GRU',
  `
  r  = σ(W_r x + U_r h)
  z  = σ(W_z x + U_z h)
  n  = φ(W_n x + r * (U_n h))
  h' = (1 - z) * n + z * h
  `,
  gruPlan,
);

const resetBefore = /* @__PURE__ */ builtIn(
  'GRU',
  `
  r  = σ(W_r x + U_r h)
  z  = σ(W_z x + U_z h)
  n  = φ(W_n x + U_n (r * h))
  h' = (1 - z) * n + z * h
  `,
  gruBeforePlan,
  { variant: 'resetGate=before' },
);

/** Options of a GRU. */
export interface GruOptions extends CellOptions {
  /** Whether the reset gate acts on `U_n h` ('after', the default) or on `h` ('before'). */
  readonly resetGate?: 'after' | 'before' | undefined;
}

/**
 * Gated recurrent unit. With `resetGate: 'after'`, the default, the reset gate is applied after the
 * product, as PyTorch, Keras 3 (`reset_after`) and ONNX (`linear_before_reset = 1`); with 'before',
 * as the paper, ONNX's default and Keras 2. State `h` `[hidden]`; gates r z n.
 *
 * Cho et al. 2014, "Learning phrase representations using RNN encoder–decoder for statistical
 * machine translation" (arXiv's v1: after, v3: before).
 *
 * @example
 * const cell = gruCell(10, 15, { resetGate: 'before' });
 */
export function gruCell<const I extends number, const H extends number>(
  inputSize: I,
  hiddenSize: H,
  options: GruOptions = {},
): Cell<StateArray, I, H, SameForm, Params> {
  const variants = { after: resetAfter, before: resetBefore };
  const { resetGate = 'after', ...rest } = Object(options) as GruOptions;
  const known = Object.hasOwn(variants, resetGate);
  demand(known, 'gru.resetGate', "'after' or 'before'", resetGate);
  // null goes on, to be refused with the options of every cell
  return variants[resetGate](inputSize, hiddenSize, options && rest);
}
