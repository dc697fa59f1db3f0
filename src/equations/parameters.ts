import { type NdArray, NdView, sizeOf } from '../arrays/ndarray.js';
import { readNumbers } from '../arrays/numbers.js';
import { checkNames, describe, mismatch, shapeText } from '../errors.js';
import type { MatrixName } from './parse.js';
import type { Dimension, Plan } from './plan.js';

/** Numbers for a parameter: flat or nested arrays, a typed array, an ndarray; a number for a scalar. */
export type ParameterInput = number | ArrayLike<number> | NestedArray | NdArray;
type NestedArray = readonly (number | NestedArray)[];

/** The sizes that turn a plan's dimensions into lengths. */
export type Sizes = Readonly<Record<Dimension, number>>;

/** A parameter's place in the canonical (PyTorch) layout, row-major. */
export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
  /** In words: `4 gates × 64, input 32`. */
  readonly meaning: string;
}

const matrixNames: Readonly<Record<MatrixName, readonly [weight: string, bias: string]>> = {
  W: ['weightIh', 'biasIh'],
  U: ['weightHh', 'biasHh'],
  V: ['weightHr', ''],
};

/** The names of a matrix and its bias; a text without state has one map, `weight` and `bias`. */
export function namesOf(plan: Plan, matrix: MatrixName): readonly [weight: string, bias: string] {
  return plan.states.length ? matrixNames[matrix] : ['weight', 'bias'];
}

/** Columns of a matrix: what it is applied to. */
export function columnsOf(plan: Plan, matrix: MatrixName): Dimension {
  return matrix === 'W' ? 'input' : matrix === 'U' ? plan.recurrent : 'hidden';
}

/** Every parameter that a plan uses, in canonical order, with its shape. */
export function parameterShapes(plan: Plan, sizes: Sizes, bias: boolean): ParameterShape[] {
  const shapes: ParameterShape[] = [];
  const biases: ParameterShape[] = [];
  for (const matrix of ['W', 'U', 'V'] as const) {
    const blocks = plan.rows[matrix];
    if (blocks.length === 0) continue;
    const [weightName, biasName] = namesOf(plan, matrix);
    const height = matrix === 'V' ? 'projection' : 'hidden';
    const column = columnsOf(plan, matrix);
    const label = plan.states.length ? height : 'output';
    const rows = blocks.length * sizes[height];
    const gates =
      blocks.length === 1 ? `${label} ${rows}` : `${blocks.length} gates × ${sizes[height]}`;
    shapes.push({
      name: weightName,
      shape: [rows, sizes[column]],
      meaning: `${gates}, ${column} ${sizes[column]}`,
    });
    const biased = blocks.filter(block => block.bias >= 0).length;
    if (!bias || biased === 0) continue;
    const meaning = biased === 1 ? `${label} ${rows}` : `${biased} gates × ${sizes[height]}`;
    biases.push({ name: biasName, shape: [biased * sizes[height]], meaning });
  }
  const vectors = plan.vectors.map(name => ({ name, shape: [sizes.hidden], meaning: 'hidden' }));
  const scalars = plan.scalars.map(name => ({ name, shape: [1], meaning: 'one number' }));
  return [...shapes, ...biases, ...vectors, ...scalars];
}

/** Copies given parameters into canonical float32 arrays; refuses by name what does not fit. */
export function readParameters(
  where: string,
  shapes: readonly ParameterShape[],
  given: Readonly<Record<string, ParameterInput>>,
): Record<string, Float32Array> {
  const names = shapes.map(({ name }) => name);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw mismatch(`${where}.params`, `an object { ${names.join(', ')} }`, describe(given));
  }
  checkNames(`${where}.params`, given, names);
  return Object.fromEntries(
    shapes.map(shape => {
      const value = given[shape.name];
      return [shape.name, readParameter(`${where}.${shape.name}`, shape, value)];
    }),
  );
}

function readParameter(where: string, wanted: ParameterShape, value: unknown): Float32Array {
  const { shape, meaning } = wanted;
  const expected = `${shapeText(shape)} (${meaning})`;
  const { values, shape: got } = readNumbers(where, value, expected);
  const flat = got.length === 1 && got[0] === sizeOf(shape);
  const same = got.length === shape.length && got.every((n, d) => n === shape[d]);
  if (!flat && !same) {
    const transposed = got.length === 2 && got[0] === shape[1] && got[1] === shape[0];
    const hint = transposed ? 'Keras stores it transposed' : undefined;
    throw mismatch(where, expected, shapeText(got), hint);
  }
  const bad = values.findIndex(v => !Number.isFinite(v));
  if (bad >= 0) {
    const index = shape.length === 1 ? [bad] : [Math.floor(bad / shape[1]), bad % shape[1]];
    throw mismatch(where, 'finite float32 numbers', `${values[bad]} at ${shapeText(index)}`);
  }
  return values;
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
