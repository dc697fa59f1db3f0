import type { PlanOutput, Port } from './plan.js';
import type { EquationSpec } from './spec.js';

/** Which value of the step the adjoint reads, by the name of its input. */
export interface Saved extends Port {
  readonly node: number;
}

/** An output of the adjoint: ∂L/∂ of a value of the step. */
export interface Slope extends PlanOutput {
  /** The affine node, input or parameter of the step that it belongs to. */
  readonly of: number;
}

/**
 * A step backwards, as a cell: its states are ∂L/∂ of the step's states, its inputs are values of
 * the step and ∂L/∂ of the step's outputs, its outputs what sums up to the gradient. Of weights
 * that is ∂L/∂ of each sum of products, from which they follow for all steps at once. It reads the
 * parameters of the cell itself.
 */
export interface Adjoint {
  readonly spec: EquationSpec;
  /** Its inputs: these, and then the seeds. */
  readonly saved: readonly Saved[];
  /** ∂L/∂ of the outputs, in their order. */
  readonly seeds: readonly Port[];
  /** Its outputs: ∂L/∂ of sums of products, */
  readonly deltas: readonly Slope[];
  /** of inputs, without what comes by maps of W from `deltas`, */
  readonly inputs: readonly Slope[];
  /** and of learned vectors and numbers, of this step. */
  readonly learned: readonly Slope[];
}
