import { ModelBuilder } from '../code/model.js';
import { move } from '../code/rows.js';
import type { Sizes } from '../graph/parameters.js';
import type { Port } from '../graph/plan.js';
import { inputsOf, lengthsOf, outputOffsets, outputsOf } from '../graph/ports.js';
import type { EquationSpec } from '../graph/spec.js';
import { type CellFace, running } from './equation-cell.js';
import type { Packing } from './forms.js';
import type { StateShape } from './state.js';

/** A cell whose inputs come packed into one vector, and so does what it answers. */
export interface PackedFace extends CellFace {
  readonly inputs: Packing;
  readonly outputs: Packing;
}

/** The face of a cell with the inputs and outputs that its text declares, which are packed. */
export function packedFace(spec: EquationSpec, shape: StateShape, where: string): PackedFace {
  const { definition, sizes } = spec;
  const { plan } = definition;
  const [read, answered] = [inputsOf(plan), outputsOf(plan)];
  const lengths = lengthsOf(read, sizes);
  const sized = Object.entries(lengths).map(([name, length]) => `${name}: ${length}`);
  const input = sized.length ? `{${sized.join(', ')}}` : String(lengths);
  const [inputs, outputs] = [packing(read, sizes), packing(answered, sizes)];
  const runs = running(packedModel(spec, where, inputs, outputs), shape);
  return { inputs, outputs, inputSize: inputs.size, outputSize: outputs.size, input, runs };
}

/** A cell's equations on one vector that all inputs are packed into; so is what they answer. */
function packedModel(spec: EquationSpec, where: string, inputs: Packing, outputs: Packing) {
  const { params, kind, ...graph } = spec;
  const builder = new ModelBuilder(inputs.size);
  const of =
    inputs.ports.length > 1
      ? inputs.ports.map(({ at, size }) => {
          const moves = [{ from: 0, at, to: 0, count: size }];
          return builder.add({ op: 'move', moves, state: 0, of: [0], size, where }, move);
        })
      : [0];
  const answers = outputsOf(spec.definition.plan);
  const places = answers.map(({ node }, k) => ({ node, at: outputs.ports[k].at }));
  const cell = { ...graph, outputs: places };
  const own = { op: 'cell', cell, params: builder.withParams(params), where } as const;
  return builder.model(builder.add({ ...own, of, size: outputs.size }));
}

/** Where vectors of these sizes are in one. */
function packing(ports: readonly Port[], sizes: Sizes): Packing {
  const offsets = outputOffsets(ports, sizes);
  const packed = ports.map(({ name, dimension }, i) => {
    return { name, at: offsets[i], size: sizes[dimension] };
  });
  return { ports: packed, size: ports.length > 1 ? offsets[ports.length] : packed[0].size };
}
