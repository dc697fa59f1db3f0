import { expose } from '../code/feedback.js';
import { ModelBuilder } from '../code/model.js';
import { demand } from '../errors.js';
import { allNodes, stateSizes } from '../graph/graph.js';
import type { AnyCell, Cell, Kind } from '../streams/cell.js';
import type { WithCell } from '../streams/members.js';
import { layerText, memberCell } from '../streams/model.js';
import { modelIn, shapesOf } from './compose.js';
import { layerCell } from './layer-cell.js';

export const exposedKind: Kind = {
  name: 'exposed',
  members: [1, 1],
  make: (_, [layer]) => exposedCell(layer),
};

/**
 * A layer whose state is given and answered: it takes the input and then the state, `[in + state]`,
 * and answers the output and then the next state, `[out + state]`. It keeps none itself.
 *
 * Throws a RecurError for a layer that has plain functions in it, or begins at a state of its own.
 */
export function exposedCell(layer: AnyCell | WithCell): Cell<undefined, number, number> {
  const cell = memberCell('exposed', layer, 0);
  const { inputSize, outputSize } = cell;
  const isProgram = shapesOf([cell]) && inputSize !== undefined && outputSize !== undefined;
  demand(isProgram, 'exposed', 'a layer of equations that begins at zeros', layerText(cell));
  const own = modelIn(cell);
  const sizes = [...allNodes(own.graph)].flatMap(stateSizes);
  const isPlain = own.graph.nodes.every(({ op }) => ['port', 'cell', 'move'].includes(op));
  demand(isPlain && !own.graph.sequence, 'exposed', 'a layer of single steps', layerText(cell));
  const kept = sizes.reduce((sum, size) => sum + size, 0);
  const builder = new ModelBuilder(inputSize + kept);
  const body = builder.body(own, '');
  const size = outputSize + kept;
  const node = { op: 'expose', sizes, body, of: [0], size, where: 'exposed' } as const;
  return layerCell(
    {
      kind: exposedKind,
      text: layer => `Exposed(${layer})`,
      settings: {},
      members: [cell],
      inputSize: inputSize + kept,
      outputSize: size,
      hiddenSize: 0,
    },
    { model: builder.model(builder.add(node, expose)), shape: { layer: 'exposed', variables: [] } },
  );
}
