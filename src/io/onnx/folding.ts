import type { Budget } from './budget.js';
import type { Node } from './graph.js';
import type { Constant } from './tensor.js';

/** A node of constants, and how many numbers may be made of them. */
export interface Folding {
  readonly node: Node;
  readonly budget: Budget;
}

/** What a node makes of constants. */
export type Fold = (folding: Folding, inputs: readonly Constant[]) => Constant[];
