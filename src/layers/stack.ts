import type { AnyCell } from '../streams/cell.js';
import type { ChainCell, Member } from '../streams/members.js';
import { chainOf } from './chain.js';
import { integer } from './layer-cell.js';

/**
 * A chain of `count` layers: `make` is called with 0, 1, 2 … for each. PyTorch's `num_layers`.
 *
 * @example
 * const cell = stackCell(3, i => lstmCell(i ? 8 : 2, 8));
 * cell(undefined, [1, 2])[1].length; // → 8
 */
export function stackCell<M extends Member>(
  count: number,
  make: (i: number) => M,
): ChainCell<readonly M[]> {
  integer('stack', count, 1, 1024);
  return chainOf<AnyCell>(Array.from({ length: count }, (_, i) => make(i))) as never;
}
