/** What went on in one layer in one step. */
export interface LayerReading {
  /** The layer, as it prints. */
  readonly layer: string;
  /** Each name of the equations that is no state: gates, candidates; `[size]` a column. */
  readonly values: Readonly<Record<string, readonly Float64Array[]>>;
  /** The Euclidean norm of each next state, a column. */
  readonly norms: Readonly<Record<string, readonly number[]>>;
}
