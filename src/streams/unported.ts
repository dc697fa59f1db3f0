import { type AnyCell, internals } from './cell.js';
import { children } from './children.js';

/** Refuses a model that has several inputs or outputs, or a member that has. */
export function checkUnported(where: string, cell: AnyCell): void {
  cell[internals].ports?.checkWithin(where, where);
  for (const member of children(cell)) checkUnported(where, member);
}
