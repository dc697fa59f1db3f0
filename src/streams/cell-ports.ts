import { ModelBuilder } from '../code/model.js';
import { move } from '../code/rows.js';
import { inputsOf, lengthsOf, outputOffsets, outputsOf } from '../graph/ports.js';
import type { EquationSpec } from '../graph/spec.js';
import type { CellPorts } from './cell.js';

/** The ports of a cell whose text may declare its inputs and outputs. */
export function declaredPorts(spec: EquationSpec, where: string): CellPorts {
  const { params, kind, ...cell } = spec;
  const { definition, sizes } = spec;
  const { plan } = definition;
  const [inputs, outputs] = [inputsOf(plan), outputsOf(plan)];
  const [inputSize, outputSize] = [inputs, outputs].map(ports => lengthsOf(ports, sizes));
  const sized = Object.entries(inputSize).map(([port, length]) => `${port}: ${length}`);
  const input = sized.length ? `{${sized.join(', ')}}` : String(inputSize);
  const builder = new ModelBuilder();
  const of = inputs.map(({ name, dimension }) => builder.port(name, sizes[dimension]));
  const own = { op: 'cell', cell, params: builder.withParams(params), of, where } as const;
  const shown = { inputSize, outputSize, input };
  if (outputs.length === 1) {
    const size = sizes[outputs[0].dimension];
    return { ...shown, model: builder.model(builder.add({ ...own, size })) };
  }
  // Several outputs are taken out of what the equations answer.
  const offsets = outputOffsets(outputs, sizes);
  const places = outputs.map(({ node }, k) => ({ node, at: offsets[k] }));
  const size = offsets[outputs.length];
  const node = builder.add({ ...own, cell: { ...cell, outputs: places }, size });
  const named = outputs.map(({ name, dimension }, k) => {
    const count = sizes[dimension];
    const moves = [{ from: 0, at: offsets[k], to: 0, count }];
    const taken = { op: 'move', moves, state: 0, of: [node], size: count, where } as const;
    return { name, node: builder.add(taken, move) };
  });
  const model = builder.model(named[0].node);
  return { ...shown, model: { ...model, graph: { ...model.graph, outputs: named } } };
}
