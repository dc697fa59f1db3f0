import type { ActivationName } from './activations.js';
import type { Computation, Dimension, PlanMap, PlanNode, PlanOutput, Port } from './plan.js';

/** A map backwards: its rows' transpose, applied to ∂L/∂ of what the map gave. */
export interface TransposedMap extends PlanMap {
  readonly transposed: true;
}

/** A function that derivatives are made of. */
export type AdjointFunction = ActivationName | 'step';

/** A value of the adjoint: what a plan has, with functions by their names and transposed maps. */
export type AdjointNode =
  | Exclude<PlanNode, { op: 'affine' }>
  | {
      readonly op: 'call';
      readonly name: AdjointFunction;
      readonly of: number;
      readonly dimension: Dimension;
    }
  | {
      readonly op: 'affine';
      readonly maps: readonly TransposedMap[];
      readonly dimension: Dimension;
    };

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
 * that is ∂L/∂ of each sum of products, from which they follow for all steps at once.
 */
export interface Adjoint extends Omit<Computation, 'nodes' | 'output' | 'outputs'> {
  readonly nodes: readonly AdjointNode[];
  readonly saved: readonly Saved[];
  /** ∂L/∂ of the outputs, in their order. */
  readonly seeds: readonly Port[];
  /** ∂L/∂ of sums of products. */
  readonly deltas: readonly Slope[];
  /** ∂L/∂ of inputs, without what comes by maps of W from `deltas`. */
  readonly inputs: readonly Slope[];
  /** ∂L/∂ of learned vectors and numbers, of this step. */
  readonly learned: readonly Slope[];
}
