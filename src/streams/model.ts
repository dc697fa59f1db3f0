import { demand, describe, mismatch } from '../errors.js';
import { type AnyCell, internals } from './cell.js';
import { functionCell } from './function-cell.js';
import { carried, type PortMember, type WithCell } from './members.js';

/** The cell of a cell or layer; undefined for a plain function. */
export function cellOf(model: unknown): AnyCell | undefined {
  const candidate = Object(model) as object;
  if (internals in candidate) return candidate as AnyCell;
  return 'cell' in candidate ? cellOf(candidate.cell) : undefined;
}

/** `cellOf` what may be no function either, nor a layer that carries configuration. */
export function cellIn(
  where: string,
  role: 'model' | 'member',
  model: unknown,
  remedy: string,
): AnyCell | undefined {
  const own = (model as Partial<WithCell> | null | undefined)?.[carried];
  if (own?.length) {
    const expected = `a ${role} without configuration of a stream`;
    throw mismatch(where, expected, `one with ${own.join(', ')}`, `give it ${remedy} instead`);
  }
  const cell = cellOf(model);
  demand(cell || typeof model === 'function', where, 'a layer, a cell or a function', model);
  return cell;
}

/** A model as a layer prints: `Recur(GRUCell(3, 5))`; chains and stateless cells as they are. */
export function layerText(cell: AnyCell, text = String(cell)): string {
  const { spec } = cell[internals];
  const isStateful = spec.kind === 'function' ? spec.stateful : cell.hiddenSize;
  return isStateful && !('members' in spec) ? `Recur(${text})` : text;
}

/** `layerText` without the names of plain functions. */
export function layerSignature(cell: AnyCell): string {
  return layerText(cell, cell[internals].signature);
}

/** The cell of a member; a stateless function is made one. */
export function memberCell(of: string, member: PortMember, i: number): AnyCell {
  const where = `${of}[${i}]`;
  const cell = cellIn(where, 'member', member, `to recur(${of}(…), config)`);
  cell?.[internals].ports?.checkWithin(of, where);
  if (cell) return cell;
  const { length } = member as (...args: never[]) => unknown;
  if (length > 1) {
    throw mismatch(
      where,
      'a layer, a cell or a stateless function x => y',
      `${describe(member)} of ${length} parameters`,
      'a plain stateful function enters as recur(fn, { initialState })',
    );
  }
  return functionCell(member as (x: never) => unknown, false);
}
