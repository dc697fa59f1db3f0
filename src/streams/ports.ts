import type { Definition } from '../graph/plan.js';
import { inputsOf, lengthsOf, outputsOf } from '../graph/ports.js';
import type { EquationSpec } from '../graph/spec.js';
import type { CellFace, PortedDefinition } from './equation-cell.js';
import { packedFace } from './packed-face.js';
import { portsOf } from './port-members.js';
import { recordMachine } from './record-machine.js';
import type { StateShape } from './state.js';

/** A definition whose cells have the inputs and outputs that its text declares. */
export function ported(definition: Definition): PortedDefinition {
  const { plan } = definition;
  return plan.inputs || plan.outputs ? { ...definition, ported: faceOf } : definition;
}

/**
 * The face of a cell; if it has several inputs or outputs, it takes and answers records by name.
 */
function faceOf(spec: EquationSpec, shape: StateShape, where: string): CellFace {
  const { inputs, outputs, ...face } = packedFace(spec, shape, where);
  if (inputs.ports.length === 1 && outputs.ports.length === 1) return face;
  const { plan } = spec.definition;
  const [inputSize, outputSize] = [inputsOf(plan), outputsOf(plan)].map(of =>
    lengthsOf(of, spec.sizes),
  );
  const ports = portsOf(where, inputs, outputs);
  const { runs } = face;
  const own = { ...runs, start: recordMachine(runs.start, ports, where), ports };
  return { ...face, inputSize, outputSize, runs: own };
}
