import { repeat } from '../code/repeat.js';
import type { Cell, Kind } from '../streams/cell.js';
import { integer } from './layer-cell.js';
import { sequenceCell } from './sequence-cell.js';

export const repeatVectorKind: Kind = {
  name: 'repeatVector',
  settings: ['size', 'times'],
  make: ({ size, times }: Record<'size' | 'times', number>) => repeatVectorCell(size, times),
};

/**
 * Each step of a sequence `times` times: `[steps, size]` to `[steps · times, size]`. After one
 * step, such as `last`'s, it is what Keras calls `RepeatVector`; else what it calls `UpSampling1D`.
 * It reads sequences as wholes.
 *
 * @example
 * String(stateful(repeatVectorCell(1, 2)).map([1, 3])); // → 1,1,3,3
 */
export function repeatVectorCell(size: number, times: number): Cell<undefined, number, number> {
  integer('repeatVector.size', size, 1);
  integer('repeatVector.times', times, 1);
  const operation = { op: 'repeat', times } as const;
  const settings = { size, times };
  return sequenceCell(repeatVectorKind, [size, times], settings, operation, { operator: repeat });
}
