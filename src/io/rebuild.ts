import type { NdArray } from '../arrays/ndarray.js';
import { readParameters } from '../graph/parameters.js';
import { lower } from '../graph/spec.js';
import { type AnyCell, internals } from '../streams/cell.js';
import { again, shapesOf } from '../streams/with-params.js';

type Params = Readonly<Record<string, NdArray>>;

/** The model again, each of its layers that has parameters with the next ones. */
export function withNext(cell: AnyCell, params: Iterator<Params>): AnyCell {
  const { spec } = cell[internals];
  if (spec.kind === 'function') return cell;
  const members = 'members' in spec ? spec.members.map(member => withNext(member, params)) : [];
  if (spec.kind === 'chain') return again(cell, members, {});
  const [name, shapes] =
    spec.kind === 'equations'
      ? [lower(spec.definition.name), shapesOf(spec)]
      : [spec.name, spec.shapes];
  if (!shapes.length) return members.length ? again(cell, members, {}) : cell;
  return again(cell, members, readParameters(name, shapes, params.next().value as Params));
}
