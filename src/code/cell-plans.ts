import type { CellGraph } from '../graph/graph.js';
import type { Stage } from '../graph/plan.js';
import type { Place } from './places.js';

/** An argument's weights: `[group][column][map]`, four rows each. */
export interface Weights {
  readonly at: number;
  readonly columns: number;
  /** Bytes from one group to the next. */
  readonly pitch: number;
}

/** A stage, and where its numbers are. */
export interface StagePlan extends Stage {
  readonly rows: number;
  /** Groups of four rows. */
  readonly groups: number;
  /** Groups that are worked out together. */
  readonly block: number;
  /** Of these, groups whose products are added up together. */
  readonly tile: number;
  /** See `Product`. */
  readonly split: number;
  /** Streams that are worked out at a time, so that weights are loaded once for them. */
  readonly abreast: number;
  /** One for each of `args`. */
  readonly weights: readonly Weights[];
  /** `[group][affine]`, four rows each. */
  readonly biases: number;
  /** Offset in `CellPlan.sums`, laid out like the biases. */
  readonly sums: number;
}

/** A cell, and where its numbers are; addresses in bytes. */
export interface CellPlan {
  readonly cell: CellGraph;
  readonly fixed: ReadonlySet<number>;
  readonly stages: readonly StagePlan[];
  /** Learned vectors and scalars by name. */
  readonly params: ReadonlyMap<string, number>;
  /** Nodes that are worked out once. */
  readonly prepared: ReadonlyMap<number, number>;
  /** Nodes that one stage stores for another: offsets in `scratch`. */
  readonly stored: ReadonlyMap<number, number>;
  /** Offset of each state in a stream's block. */
  readonly states: readonly number[];
  /** Nodes that are answers, and their offsets in the output. */
  readonly outputs: readonly { readonly node: number; readonly at: number }[];
  readonly scratch: Place;
  /** The products of inputs, added up, for each step of a sequence. */
  readonly sums: Place;
}
