import blasGemv from 'ndarray-blas-level2/gemv.js';

/** A vector that `ndarray-blas-level2` can read and write: a window of a buffer of doubles. */
export class Vector {
  readonly data: Float64Array;
  readonly shape: [number];
  readonly stride: [number] = [1];
  readonly offset: number;

  constructor(data: Float64Array, offset: number, length: number) {
    this.data = data;
    this.offset = offset;
    this.shape = [length];
  }

  get(i: number): number {
    return this.data[this.offset + i];
  }

  set(i: number, value: number): void {
    this.data[this.offset + i] = value;
  }
}

/** A matrix `[rows, columns]` of doubles, whose row views are made once, not once a step. */
export class Matrix {
  readonly shape: [number, number];
  readonly #rows: Vector[];

  constructor(rows: readonly (readonly number[])[]) {
    const columns = rows[0].length;
    this.shape = [rows.length, columns];
    const data = Float64Array.from(rows.flat());
    this.#rows = rows.map((_, i) => new Vector(data, i * columns, columns));
  }

  /** Row i; the second argument is always null here, as gemv asks for it. */
  pick(i: number, _column: null): Vector {
    return this.#rows[i];
  }
}

/** y ← y + A x, accumulated in double precision; A `[rows, columns]`, x `[columns]`, y `[rows]`. */
export function addProduct(A: Matrix, x: Vector, y: Vector): void {
  blasGemv(1, A, x, 1, y);
}
