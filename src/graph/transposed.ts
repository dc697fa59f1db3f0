import type { Filled } from './expressions.js';
import { columnsOf, matricesOf, namesOf, type Sizes } from './parameters.js';
import type { MatrixName, Plan, RowBlock } from './plan.js';
import type { EquationSpec } from './spec.js';

/** The name of the size of what a matrix gives: its transpose is applied to that. */
const heightName = (matrix: MatrixName) => `of_${matrix}`;

/** The matrix that has the transposed blocks of another one. */
export function transposedName(matrix: MatrixName): MatrixName {
  return `W_${heightName(matrix)}`;
}

/** The transposed blocks of each matrix, in order; without biases. */
export function transposedRows(rows: Plan['rows']): Partial<Record<MatrixName, RowBlock[]>> {
  const transposed = matricesOf({ rows }).map(matrix => [
    transposedName(matrix),
    rows[matrix].map(({ name }) => ({ name, bias: -1 })),
  ]);
  return Object.fromEntries(transposed);
}

/** The sizes of what matrices give, by the names that their transposes know them by. */
export function transposedSizes({
  definition: { plan },
  sizes,
}: EquationSpec): Record<string, number> {
  const heights = matricesOf(plan).map(matrix => [heightName(matrix), heightOf(matrix, sizes)]);
  return Object.fromEntries(heights);
}

const heightOf = (matrix: MatrixName, sizes: Sizes) =>
  sizes[matrix === 'V' ? 'projection' : 'hidden'];

/** The parameters of an adjoint, from those of its cell: blocks of matrices are transposed. */
export function adjointParams(
  { definition: { plan }, sizes, params }: EquationSpec,
  filled: ReadonlyMap<string, Filled>,
): Record<string, Float32Array> {
  const own: Record<string, Float32Array> = {};
  for (const name of [...plan.vectors, ...plan.scalars]) own[name] = params[name];
  for (const [name, { value, dimension }] of filled) {
    own[name] = new Float32Array(sizes[dimension]).fill(value);
  }
  for (const matrix of matricesOf(plan)) {
    const [weight] = namesOf(plan, matrix);
    const [transposed] = namesOf(plan, transposedName(matrix));
    if (!plan.rows[matrix].length) continue;
    const [height, width] = [heightOf(matrix, sizes), sizes[columnsOf(plan, matrix)]];
    own[transposed] = blocksTransposed(params[weight], height, width);
  }
  return own;
}

/** Blocks `[height, width]`, one after another, as `[width, height]`. */
function blocksTransposed(from: Float32Array, height: number, width: number): Float32Array {
  const to = from.slice();
  for (let block = 0; block < from.length; block += height * width) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) to[block + j * height + i] = from[block + i * width + j];
    }
  }
  return to;
}
