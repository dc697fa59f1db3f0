/** Steps one after another, `[count][size]`. */
export interface Frames {
  readonly data: Float32Array;
  readonly count: number;
  readonly size: number;
}
