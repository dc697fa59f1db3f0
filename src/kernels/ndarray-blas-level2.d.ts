declare module 'ndarray-blas-level2/gemv.js' {
  interface VectorLike {
    readonly data: ArrayLike<number>;
    readonly shape: readonly number[];
    readonly stride: readonly number[];
    readonly offset: number;
  }
  interface MatrixLike {
    readonly shape: readonly number[];
    pick(i: number, j: null): VectorLike;
  }
  interface Target extends VectorLike {
    get(i: number): number;
    set(i: number, value: number): unknown;
  }
  /** y ← alpha·A·x + beta·y; checks no sizes, reads y even when beta is 0. */
  export default function gemv(
    alpha: number,
    A: MatrixLike,
    x: VectorLike,
    beta: number,
    y: Target,
  ): true;
}
