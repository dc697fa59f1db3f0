import { mismatch } from '../errors.js';
import { type EquationFormat, printLatex, printText } from '../graph/print.js';
import {
  evaluator,
  type ReferenceInput,
  type ReferenceState,
  type ReferenceStep,
} from '../graph/reference.js';
import type { PortCell } from '../streams/cell.js';
import { equationSpec } from '../streams/equation-cell.js';
import type { PortSizes } from '../streams/forms.js';

/**
 * A cell's equations as one line each: 'text' as they are written in its source, with the
 * activations that this cell has in place of the slots, or 'latex' as a paper prints them, with
 * time indices and biases (an `aligned` environment).
 *
 * Throws a RecurError for a model that is not one cell made of equations.
 *
 * @example
 * equations(rnnCell(10, 5)); // → h' = tanh(W_h x + U_h h)
 */
export function equations(cell: PortCell, format: EquationFormat = 'text'): string {
  const spec = equationSpec('equations', cell);
  if (format === 'text') return printText(spec);
  if (format === 'latex') return printLatex(spec);
  throw mismatch('equations', "'text' or 'latex'", `'${format}'`);
}

/** A value, or for several ports of these sizes one for each name. */
type ByName<Sizes, V> = [Sizes] extends [number]
  ? V
  : [Sizes] extends [PortSizes]
    ? { readonly [K in keyof Sizes]: V }
    : V;

/**
 * The float64 reference of a cell: its equations evaluated as written, line by line, on the same
 * float32 parameters, nothing rounded and nothing reordered. Slow; the measure of every backend. It
 * takes a state and an input and returns fresh arrays, records of them by name for several inputs
 * and outputs; it checks neither. Throws a RecurError for a model that is not one cell made of
 * equations.
 *
 * @example
 * const step = reference(gruCell(10, 15));
 * const { state, y } = step({ h: new Float64Array(15) }, new Float64Array(10));
 * y.length; // → 15
 */
export function reference<M extends PortCell>(
  cell: M,
): ReferenceStep<ByName<M['inputSize'], ArrayLike<number>>, ByName<M['outputSize'], Float64Array>> {
  const spec = equationSpec('reference', cell);
  const { plan, declarations } = spec.definition;
  const evaluate = evaluator(spec);
  return (state, x) => {
    const values = evaluate(state, x as ReferenceInput);
    const next = plan.states.map(({ name }) => [name, values.get(`${name}'`)]);
    const { outputs = [values.has('y') ? 'y' : 'h'] } = declarations;
    const y = outputs.map(name => [name, values.get(`${name}'`) ?? values.get(name)]);
    return {
      state: Object.fromEntries(next) as ReferenceState,
      y: (y.length > 1 ? Object.fromEntries(y) : y[0][1]) as never,
    };
  };
}
