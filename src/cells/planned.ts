import { inputLengths } from '../graph/input-lengths.js';
import type { Declarations, Plan } from '../graph/plan.js';
import { type CellOptions, specify } from '../graph/spec.js';
import type { AnyCell } from '../streams/cell.js';
import { equationCell, type PortedDefinition } from '../streams/equation-cell.js';
import { packedFace } from '../streams/packed-face.js';

/**
 * `defineCell` for a text that has been read: `plan` is what was read out of it, and is trusted. A
 * page then need not carry what reads texts. `rxrecur convert` writes it into modules; in your own
 * code call `defineCell`. A cell of several inputs or outputs takes and answers them in one vector,
 * each from a multiple of four on, as a member of `wiredCell` does.
 *
 * @example
 * const plan = { // of y = x * x
 *   nodes: [
 *     { op: 'port', name: 'x', dimension: 'hidden' },
 *     { op: 'multiply', left: 0, right: 0, dimension: 'hidden' },
 *   ],
 *   ...{ states: [], output: 1, rows: { W: [], U: [], V: [] }, recurrent: 'hidden' },
 *   ...{ vectors: [], scalars: [], constants: [], slots: [] },
 *   schedule: {
 *     stages: [{ dimension: 'hidden', affines: [], args: [], sinks: [1] }],
 *     ...{ fixed: [], stored: [] },
 *   },
 * } as const;
 * const squareCell = plannedCell('Square', 'y = x * x', plan, { sameSize: true });
 * stateful(squareCell(2, 2))([3, 4]); // → Float32Array(2) [ 9, 16 ]
 */
export function plannedCell(
  name: string,
  text: string,
  plan: Plan,
  declarations: Declarations = {},
): (
  inputSize: number | Readonly<Record<string, number>>,
  size: number,
  options?: CellOptions & Readonly<Record<string, unknown>>,
) => AnyCell {
  const isPorted = plan.inputs !== undefined || plan.outputs !== undefined;
  const definition: PortedDefinition = {
    ...{ name, text, declarations, plan },
    ...(isPorted && { ported: packedFace }),
  };
  return (inputSize, size, options = {}) => {
    const lengths = declarations.inputs
      ? inputLengths(definition, inputSize, size)
      : (inputSize as number);
    return equationCell(specify(definition, lengths, size, options));
  };
}
