import { ModelBuilder } from '../../../src/code/model.js';
import { move } from '../../../src/code/rows.js';
import { integer, layerCell, printed } from '../../../src/layers/layer-cell.js';
import type { Cell, Kind } from '../../../src/streams/cell.js';

export const repeatKind: Kind = {
  name: 'repeat',
  settings: ['size', 'times'],
  make: ({ size, times }: Record<'size' | 'times', number>) => repeatCell(size, times),
};

/** A vector so many times, one after another: `[size]` to `[size · times]`. */
export function repeatCell(size: number, times: number): Cell<undefined, number, number> {
  const name = 'repeat';
  const outputSize = integer(`${name}.size`, size, 1) * integer(`${name}.times`, times, 1);
  const moves = Array.from({ length: times }, (_, k) => {
    return { from: 0, at: 0, to: k * size, count: size };
  });
  const builder = new ModelBuilder(size);
  const node = { op: 'move', moves, state: 0, of: [0], size: outputSize, where: name } as const;
  const model = builder.model(builder.add(node, move));
  const settings = { size, times };
  const text = () => printed(name, [size, times]);
  return layerCell(
    { kind: repeatKind, text, settings, inputSize: size, outputSize },
    { model, shape: { layer: name, variables: [] } },
  );
}
