import { type AnyCell, internals, type Join } from '../equations/cell.js';

/** The name that a member of a chain gives to its output. */
export function tapOf(cell: AnyCell): { readonly name: string } | undefined {
  const { spec } = cell[internals];
  return spec.kind === 'layer' && spec.name === 'tap'
    ? { name: spec.settings.name as string }
    : undefined;
}

/** True for a tap without a layer: it names what has come so far. */
export function isBareTap(cell: AnyCell): boolean {
  const { spec } = cell[internals];
  return spec.kind === 'layer' && spec.name === 'tap' && !spec.members.length;
}

/** The names of the outputs with which a chain goes on from here. */
export function readOf(cell: AnyCell): readonly string[] | undefined {
  const { spec } = cell[internals];
  return joinOf(cell) && spec.kind === 'layer' ? (spec.settings.names as string[]) : undefined;
}

/** How the outputs that a member reads become one. */
export function joinOf(cell: AnyCell): Join | undefined {
  const { spec } = cell[internals];
  return spec.kind === 'layer' ? spec.join : undefined;
}
