import { type EquationSpec, lower } from '../graph/spec.js';
import { type AnyCell, type CellInternals, internals, type LayerSpec } from './cell.js';
import { equationCell } from './equation-cell.js';
import { startingFrom } from './function-cell.js';

/** The members of a layer; none of a cell of equations and of a plain function. */
export function children(cell: AnyCell): readonly AnyCell[] {
  const { spec } = cell[internals];
  return 'members' in spec ? spec.members : [];
}

/** What one of the cells carries for all, if one does. */
export function carriedBy<K extends keyof CellInternals>(cells: readonly AnyCell[], key: K) {
  return cells.find(cell => cell[internals][key])?.[internals][key];
}

/** True for a cell that keeps anything; a tuple of members that keep nothing is no state. */
export function hasState(cell: AnyCell): boolean {
  const members = children(cell);
  if (cell[internals].marks?.place) return false;
  return cell.initialState() !== undefined && (!members.length || members.some(hasState));
}

/** What messages call a layer: its constructor's name. */
export function nameOf(spec: EquationSpec | LayerSpec): string {
  return spec.kind === 'equations' ? lower(spec.definition.name) : spec.kind.name;
}

/** A cell again, of other members and with other parameters, which fit; it begins where it did. */
export function rebuild(
  cell: AnyCell,
  members: readonly AnyCell[],
  params: Readonly<Record<string, Float32Array>> = {},
): AnyCell {
  const { spec, initialState } = cell[internals];
  if (spec.kind === 'function') return cell;
  const anew: AnyCell =
    spec.kind === 'equations'
      ? equationCell({ ...spec, params })
      : spec.kind.make(spec.settings as never, members, params);
  return startingFrom(anew, initialState, true);
}

/** Refuses a model that has several inputs or outputs, or a member that has. */
export function checkUnported(where: string, cell: AnyCell): void {
  cell[internals].ports?.checkWithin(where, where);
  for (const member of children(cell)) checkUnported(where, member);
}
