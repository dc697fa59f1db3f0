import { chainOf } from '../../layers/chain.js';
import type { Combine } from '../../layers/combine.js';
import { parallelCell } from '../../layers/parallel.js';
import type { AnyCell } from '../../streams/cell.js';
import type { Member } from '../../streams/members.js';

/** Branches whose types are not known. */
export function parallelOf(combine: Combine, branches: readonly AnyCell[]): AnyCell {
  return parallelCell(combine, ...(branches as readonly [AnyCell, ...AnyCell[]]));
}

/** Members in a row: a chain, unless it is one. */
export function rowOf(members: readonly Member[]): AnyCell {
  const [first] = members;
  return members.length === 1 ? (first as AnyCell) : chainOf(members);
}
