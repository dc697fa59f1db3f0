import { type NdArray, NdView, sizeOf } from '../arrays/ndarray.js';
import { readNumbers } from '../arrays/numbers.js';
import { checkNames, mismatch, shapeText } from '../errors.js';
import type { MapName } from './parse.js';
import type { Dimension, MatrixName, Plan, PlanNode } from './plan.js';

/**
 * Numbers for a parameter: flat or nested arrays, a typed array, an ndarray; a number for a scalar.
 */
export type ParameterInput = number | ArrayLike<number> | NestedArray | NdArray;
type NestedArray = readonly (number | NestedArray)[];

/** The sizes that turn a plan's dimensions into lengths; those of its inputs by their names too. */
export interface Sizes extends Readonly<Record<Dimension, number>> {
  readonly input: number;
  readonly hidden: number;
  readonly projection: number;
  readonly scalar: number;
}

/** A parameter's place in the canonical (PyTorch) layout, row-major. */
export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
  /** In words: `4 gates × 64, input 32`. */
  readonly meaning: string;
  /** Present if training leaves the parameter alone. */
  readonly role?: 'statistic';
}

const mapNames: Readonly<Record<string, readonly [weight: string, bias: string]>> = {
  W: ['weightIh', 'biasIh'],
  U: ['weightHh', 'biasHh'],
  V: ['weightHr', ''],
};

/**
 * The names of a matrix and its bias: `weightIh_m` for columns of the size m; a text without state
 * has maps of one kind, `weight` and `bias`.
 */
export function namesOf(plan: Plan, matrix: MatrixName): readonly string[] {
  const [letter] = matrix;
  const names = plan.states.length ? mapNames[letter] : ['weight', 'bias'];
  return names.map(name => name + matrix.slice(1));
}

/** The dimension of the vectors that a matrix is applied to. */
export function columnsOf(plan: Plan, matrix: MatrixName): Dimension {
  if (matrix === 'W') return 'input';
  return matrix === 'U' ? plan.recurrent : matrix === 'V' ? 'hidden' : matrix.slice(2);
}

/** The matrices of a plan, in the order of their parameters. */
export function matricesOf({ rows }: Pick<Plan, 'rows'>): MatrixName[] {
  return Object.keys(rows) as MatrixName[];
}

/** The matrix that has the rows of a map of the text. */
export function matrixOf(
  plan: Pick<Plan, 'rows'>,
  map: MapName,
  row: string,
): MatrixName | undefined {
  const hasRow = (matrix: MatrixName) => plan.rows[matrix].some(({ name }) => name === row);
  return matricesOf(plan).find(matrix => matrix[0] === map && hasRow(matrix));
}

/** Every parameter that a plan uses, in canonical order, with its shape. */
export function parameterShapes(plan: Plan, sizes: Sizes, bias: boolean): ParameterShape[] {
  const matrices = matricesOf(plan).filter(matrix => plan.rows[matrix].length);
  const shapeOf = (name: string, matrix: MatrixName, count: number, column?: Dimension) => {
    const height = matrix === 'V' ? 'projection' : 'hidden';
    const size = sizes[height];
    const shape = [count * size];
    let meaning =
      count > 1 ? `${count} gates × ${size}` : `${plan.states.length ? height : 'output'} ${size}`;
    if (column) {
      shape.push(sizes[column]);
      meaning += `, ${column} ${sizes[column]}`;
    }
    return { name, shape, meaning };
  };
  const weights = matrices.map(matrix => {
    const [name] = namesOf(plan, matrix);
    return shapeOf(name, matrix, plan.rows[matrix].length, columnsOf(plan, matrix));
  });
  const biases = matrices.map(matrix => {
    const [, name] = namesOf(plan, matrix);
    return shapeOf(name, matrix, plan.rows[matrix].filter(block => block.bias >= 0).length);
  });
  return [
    ...weights,
    ...biases.filter(({ shape: [rows] }) => bias && rows),
    ...[...plan.vectors, ...plan.scalars].map(name => {
      const dimension = dimensionOf(plan, name);
      const meaning = dimension === 'scalar' ? 'one number' : dimension;
      const role = plan.statistics?.includes(name) && ({ role: 'statistic' } as const);
      return { name, shape: [sizes[dimension]], meaning, ...role };
    }),
  ];
}

/** The size of a vector or a scalar that a plan learns. */
export function dimensionOf({ nodes }: Plan, learned: string): Dimension {
  const isIt = (node: PlanNode) => node.op === 'parameter' && node.name === learned;
  return (nodes.find(isIt) as PlanNode).dimension;
}

/** Copies parameters into canonical float32 arrays; refuses by name any that does not fit. */
export function readParameters(
  where: string,
  shapes: readonly ParameterShape[],
  given: Readonly<Record<string, ParameterInput>>,
): Record<string, Float32Array> {
  const names = shapes.map(({ name }) => name);
  checkNames(`${where}.params`, given, names);
  return Object.fromEntries(
    shapes.map((shape, i) => {
      const name = names[i];
      return [name, readParameter(`${where}.${name}`, shape, given[name])];
    }),
  );
}

function readParameter(
  where: string,
  { shape, meaning }: ParameterShape,
  given: unknown,
): Float32Array {
  const expected = `${shapeText(shape)} (${meaning})`;
  const { values, shape: got } = readNumbers(where, given, expected);
  if (String(got) !== String(shape) && String(got) !== String(sizeOf(shape))) {
    const transposed = String([...got].reverse()) === String(shape);
    const hint = transposed ? 'Keras stores it transposed' : undefined;
    throw mismatch(where, expected, shapeText(got), hint);
  }
  const bad = values.findIndex(value => !Number.isFinite(value));
  if (bad < 0) return values;
  const [, columns] = shape;
  const index = columns ? [Math.floor(bad / columns), bad % columns] : [bad];
  throw mismatch(where, 'finite float32 numbers', `${values[bad]} at ${shapeText(index)}`);
}

/** Parameters as ndarrays that own their data. */
export function copyParameters(
  shapes: readonly ParameterShape[],
  values: Readonly<Record<string, Float32Array>>,
): Record<string, NdView> {
  return Object.fromEntries(
    shapes.map(({ name, shape }) => [name, new NdView(values[name].slice(), shape)]),
  );
}
