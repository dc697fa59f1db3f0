import { ModelBuilder } from '../code/model.js';
import { move } from '../code/rows.js';
import type { Sizes } from '../graph/parameters.js';
import type { Definition, Port } from '../graph/plan.js';
import { inputsOf, outputOffsets, outputsOf } from '../graph/ports.js';
import { type EquationSpec, lower } from '../graph/spec.js';
import { type Packing, type PortedDefinition, running } from './cell.js';
import { portsOf } from './port-members.js';
import { recordMachine } from './record-machine.js';
import type { StateShape } from './state.js';

/** A definition whose cells, of several inputs or outputs, take and answer records by name. */
export function ported(definition: Definition): PortedDefinition {
  const { plan } = definition;
  const isSeveral = inputsOf(plan).length > 1 || outputsOf(plan).length > 1;
  return isSeveral ? { ...definition, ported: portedCell } : definition;
}

function portedCell(spec: EquationSpec, shape: StateShape) {
  const { definition, sizes } = spec;
  const { plan } = definition;
  const where = lower(definition.name);
  const inputs = packing(inputsOf(plan), sizes);
  const outputs = packing(outputsOf(plan), sizes);
  const ports = portsOf(where, inputs, outputs);
  const runs = running(packedModel(spec, where, inputs, outputs), shape);
  return { ...runs, start: recordMachine(runs.start, ports, where), ports };
}

/** A cell's equations on one vector that all inputs are packed into; so is what they answer. */
function packedModel(spec: EquationSpec, where: string, inputs: Packing, outputs: Packing) {
  const { params, kind, ...cell } = spec;
  const builder = new ModelBuilder(inputs.size);
  const of = inputs.ports.map(({ at, size }) => {
    const moves = [{ from: 0, at, to: 0, count: size }];
    return builder.add({ op: 'move', moves, state: 0, of: [0], size, where }, move);
  });
  const index = builder.withParams(params);
  const node = { op: 'cell', cell, params: index, size: outputs.size, where } as const;
  return builder.model(builder.add({ ...node, of: of.length > 1 ? of : [0] }));
}

/** Where vectors of these sizes are in one. */
function packing(ports: readonly Port[], sizes: Sizes): Packing {
  const offsets = outputOffsets(ports, sizes);
  const packed = ports.map(({ name, dimension }, i) => {
    return { name, at: offsets[i], size: sizes[dimension] };
  });
  return { ports: packed, size: ports.length > 1 ? offsets[ports.length] : packed[0].size };
}
