import { activationLoops } from '../kernels/activation-loops.js';
import { columnsOf, matrixOf, namesOf } from './parameters.js';
import { type BinaryName, type MapName, read } from './parse.js';
import type { MatrixName } from './plan.js';
import { inputsOf } from './ports.js';
import { isReduction, reductions } from './reductions.js';
import type { EquationSpec } from './spec.js';

/** State of the reference: each state variable by name, `[size]`, float64; of one stream. */
export type ReferenceState = Readonly<Record<string, Float64Array>>;

/** An input of the reference: a vector, or one for each of several inputs. */
export type ReferenceInput = ArrayLike<number> | Readonly<Record<string, ArrayLike<number>>>;

/**
 * One step of the reference: a state and an input `[inputSize]` give a state and an output; several
 * inputs and outputs are records by name.
 */
export type ReferenceStep<X = ArrayLike<number>, Y = Float64Array> = (
  state: ReferenceState,
  x: X,
) => { readonly state: ReferenceState; readonly y: Y };

/** Evaluates a cell's lines: every name in them, `i`, `c'`, parameters and constants. */
export function evaluator(
  spec: EquationSpec,
): (state: ReferenceState, x: ReferenceInput) => ReadonlyMap<string, Float64Array> {
  const { definition, params, constants } = spec;
  const { text, plan } = definition;
  const fixed = new Map<string, Float64Array>();
  for (const [key, value] of Object.entries(params)) fixed.set(key, Float64Array.from(value));
  for (const [key, value] of Object.entries(constants)) fixed.set(key, Float64Array.of(value));
  const inputs = inputsOf(plan);
  const vectorOf = (name: string, x: ReferenceInput) =>
    (inputs.length > 1 ? (x as Record<string, ArrayLike<number>>)[name] : x) as ArrayLike<number>;
  return (state, x) => {
    const values = new Map(fixed);
    for (const { name } of inputs) values.set(name, Float64Array.from(vectorOf(name, x)));
    for (const { name: key } of plan.states) values.set(key, state[key]);
    read<Float64Array>(text, {
      number: value => Float64Array.of(value),
      name: (key, next) => values.get(next ? `${key}'` : key) as Float64Array,
      map: (map, row, v) => product(spec, values, map, row, v),
      call: (slot, v) =>
        isReduction(slot)
          ? Float64Array.of(reductions[slot].run(v, 0, v.length))
          : activated(spec, slot, v),
      negate: v => v.map(value => -value),
      binary: combine,
      line: (key, next, value) => void values.set(next ? `${key}'` : key, value),
    });
    return values;
  };
}

/** M_row v + its biases. */
function product(
  { definition: { plan }, sizes }: EquationSpec,
  values: ReadonlyMap<string, Float64Array>,
  map: MapName,
  row: string,
  v: Float64Array,
): Float64Array {
  const matrix = matrixOf(plan, map, row) as MatrixName;
  const [weightName, biasName] = namesOf(plan, matrix);
  const weight = values.get(weightName) as Float64Array;
  const bias = values.get(biasName);
  const index = plan.rows[matrix].findIndex(({ name }) => name === row);
  const biasIndex = plan.rows[matrix][index].bias;
  const rows = sizes[matrix === 'V' ? 'projection' : 'hidden'];
  const columns = sizes[columnsOf(plan, matrix)];
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = bias && biasIndex >= 0 ? bias[biasIndex * rows + i] : 0;
    const row = (index * rows + i) * columns;
    for (let j = 0; j < columns; j++) sum += weight[row + j] * v[j];
    return sum;
  });
}

function activated(
  { activations, clip }: EquationSpec,
  slot: string,
  v: Float64Array,
): Float64Array {
  const { name, alpha, beta, clipped } = activations[slot];
  const bound = clipped && clip !== undefined ? clip : Infinity;
  const y = v.map(value => Math.max(-bound, Math.min(bound, value)));
  activationLoops[name](y, 0, y.length, alpha, beta);
  return y;
}

function combine(op: BinaryName, a: Float64Array, b: Float64Array): Float64Array {
  return Float64Array.from({ length: Math.max(a.length, b.length) }, (_, i) => {
    const left = a.length === 1 ? a[0] : a[i];
    const right = b.length === 1 ? b[0] : b[i];
    return op === 'add' ? left + right : op === 'subtract' ? left - right : left * right;
  });
}
