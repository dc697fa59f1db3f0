/** Parameters of a model's functions that hold addresses, in bytes: of weights, and of scratch. */
export const [weights, scratch] = [0, 1];

/** A module's functions: what one stream's step needs, what many need, and what sequences need. */
export type FunctionName = 'prepare' | 'step' | 'streams' | 'steps' | 'sequence';

/** Vectors in memory, one a stream (or step): a pointer in a local, and the rest. */
export interface Place {
  readonly local: number;
  readonly at: number;
  /** Bytes from one stream's to the next. */
  readonly stride: number;
}

/** Vectors one after another in an engine's memory, in floats. */
export interface Rows {
  readonly at: number;
  /** From one vector to the next. */
  readonly stride: number;
  /** Length of a vector. */
  readonly size: number;
}
