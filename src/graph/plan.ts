import type { Activation } from './activations.js';
import type { BinaryName } from './parse.js';
import type { ReductionName, Reductions } from './reductions.js';

/**
 * The name of a value's length: 'input', 'hidden', 'projection', another size that a text's inputs
 * name, or 'scalar': 1, which is broadcast.
 */
export type Dimension = string;

/** Names that a cell's text uses beyond its own: initial values, defaults, options. */
export interface Declarations {
  /**
   * Inputs, by the names that the text has for them, with the name of each one's size: `{ x:
   * 'input', m: 'input', d: 'elapsed' }`. The first one's is 'input', or 'hidden': the cell's own.
   * Inputs of one size may be combined element by element. Sizes have names, since a map is of an
   * expression, which may mix inputs: what maps of size `elapsed` learn is `weightIh_elapsed`.
   * Without: x alone.
   */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Lines that are answers; a state's name stands for its next value. Without: y, or h'. */
  readonly outputs?: readonly string[];
  /** Learned vectors, by name, with the value every element starts from. */
  readonly vectors?: Readonly<Record<string, number>>;
  /**
   * Vectors and states that have an input's size instead of the hidden one, by name: `{ average:
   * 'input' }`.
   */
  readonly sizes?: Readonly<Record<string, string>>;
  /** Learned numbers, by name, with their initial value. */
  readonly scalars?: Readonly<Record<string, number>>;
  /** Vectors and scalars that training leaves alone, such as means of the data. */
  readonly statistics?: readonly string[];
  /** Numbers that are not learned; the option of that name overrides them. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Activations called by a name of the cell's own, or other defaults for σ, φ and ψ. */
  readonly activations?: Readonly<Record<string, Activation>>;
  /** Rows of biasIh that start from something else than 0: `{ f: 1 }`. */
  readonly biasIh?: Readonly<Record<string, number>>;
  /** True: x is of hidden size too, for texts that take it element by element. */
  readonly sameSize?: boolean;
  /** Told by String(cell) after the sizes, to tell variants of one name apart. */
  readonly variant?: string;
}

/** One value of the computation; `of`, `left` and `right` are indices of earlier nodes. */
export type PlanNode = { readonly dimension: Dimension } /** An input of the cell. */ & (
  | { readonly op: 'port'; readonly name: string }
  | { readonly op: 'state'; readonly name: string }
  | { readonly op: 'number'; readonly value: number }
  | { readonly op: 'constant' | 'parameter'; readonly name: string }
  /** Σ M_row of + the biases of those rows. */
  | { readonly op: 'affine'; readonly maps: readonly PlanMap[] }
  | { readonly op: BinaryName; readonly left: number; readonly right: number }
  | { readonly op: 'apply'; readonly slot: string; readonly of: number }
  /** A number made of all elements of a vector. */
  | { readonly op: 'reduce'; readonly by: ReductionName; readonly of: number }
);

/**
 * The rows that are stacked in one parameter: W's maps of input size, `W_m`: its maps of vectors of
 * the size m; U's; V's.
 */
export type MatrixName = 'W' | 'U' | 'V' | `W_${string}`;

export interface PlanMap {
  readonly matrix: MatrixName;
  /** Index into `Plan.rows[matrix]`. */
  readonly row: number;
  readonly of: number;
}

/** The rows of one matrix that belong together: `hidden` rows (`projection` for V). */
export interface RowBlock {
  /** The subscript, which no other block of W, or U, or V has; '' for a map without one. */
  readonly name: string;
  /** Index among the blocks that have a bias; -1 without. */
  readonly bias: number;
}

/** A vector that a cell reads or answers. */
export interface Port {
  readonly name: string;
  readonly dimension: Dimension;
}

/** A vector that a cell answers, and the node that is it. */
export interface PlanOutput extends Port {
  readonly node: number;
}

/** Values, each made of earlier ones, and their roles. */
export interface Computation {
  readonly nodes: readonly PlanNode[];
  /** State variables, h first; `node` computes the next value. */
  readonly states: readonly { name: string; dimension: Dimension; node: number }[];
  /** The node that is the output; of several, the first one. */
  readonly output: number;
  /** The outputs that the text declares, in its order; see `outputsOf`. */
  readonly outputs?: readonly PlanOutput[];
}

/** A vector that a stage applies maps to, and the maps, each with the affine node it is part of. */
export interface Argument {
  readonly of: number;
  readonly maps: readonly (PlanMap & { readonly affine: number })[];
}

/**
 * A part of a step that can be worked out a few rows at a time: its products are of vectors that
 * are there in full, since earlier stages stored them; all else in it is elementwise.
 */
export interface Stage {
  readonly dimension: Dimension;
  /** Nodes that are sums of products. */
  readonly affines: readonly number[];
  /** The vectors that maps are applied to, the input first. */
  readonly args: readonly Argument[];
  /** Nodes that the stage stores: next states, the output, what later stages read. */
  readonly sinks: readonly number[];
}

/** A plan in the order in which a compiled step works it out. */
export interface Schedule {
  readonly stages: readonly Stage[];
  /** Nodes that depend on parameters alone: worked out once. */
  readonly fixed: readonly number[];
  /** Nodes that one stage stores for another. */
  readonly stored: readonly number[];
}

/** A cell as a computation: what every backend, the gradient and the documentation read. */
export interface Plan extends Computation {
  /** The inputs that the text declares, in its order; see `inputsOf`. */
  readonly inputs?: readonly Port[];
  /** By matrix, in the order of their parameters. */
  readonly rows: Readonly<Record<MatrixName, readonly RowBlock[]>>;
  /** The dimension of the vector that U is applied to. */
  readonly recurrent: Dimension;
  readonly vectors: readonly string[];
  readonly scalars: readonly string[];
  /** Those of the vectors and scalars that training leaves alone. */
  readonly statistics?: readonly string[];
  readonly constants: readonly string[];
  /** Activation slots in order of first use. */
  readonly slots: readonly string[];
  /** The order in which a compiled step works it out. */
  readonly schedule: Schedule;
}

/** A cell's text with everything that was read out of it. */
export interface Definition {
  readonly name: string;
  readonly text: string;
  readonly declarations: Declarations;
  readonly plan: Plan;
  /** The reductions that its plan calls: a page carries those of its cells. */
  readonly reductions?: Reductions | undefined;
}
