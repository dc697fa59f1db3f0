import { describe, mismatch } from '../errors.js';
import type { AnyCell } from '../streams/cell.js';
import { carried, type WithCell } from '../streams/members.js';
import { cellOf } from '../streams/model.js';

/** The cell of a model; throws a RecurError for what has none, or configuration of a stream. */
export function plainCell(
  where: string,
  model: unknown,
  hint?: string,
  expected = 'a layer or a cell',
): AnyCell {
  const cell = cellOf(model);
  if (!cell) throw mismatch(where, expected, describe(model));
  const given = (model as Partial<WithCell>)[carried] ?? [];
  if (!given.length) return cell;
  const got = `one with ${given.join(', ')}`;
  throw mismatch(where, 'a model without configuration', got, hint);
}
