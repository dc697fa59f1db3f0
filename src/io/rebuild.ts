import { type ParameterInput, readParameters } from '../graph/parameters.js';
import { type AnyCell, internals, shapesOf } from '../streams/cell.js';
import { children, nameOf, rebuild } from '../streams/children.js';

type Params = Readonly<Record<string, ParameterInput>>;

/** The model again, each of its layers that has parameters with the next ones. */
export function withNext(cell: AnyCell, params: Iterator<Params>): AnyCell {
  const { spec } = cell[internals];
  if (spec.kind === 'function') return cell;
  const members = children(cell).map(member => withNext(member, params));
  const shapes = shapesOf(spec);
  if (!shapes.length) return members.length ? rebuild(cell, members) : cell;
  return rebuild(cell, members, readParameters(nameOf(spec), shapes, params.next().value));
}
