import type { NdArray } from '../arrays/ndarray.js';
import { type AnyCell, equationCell, internals } from '../equations/cell.js';
import { parameterShapes, readParameters } from '../equations/parameters.js';
import { type EquationSpec, lower } from '../equations/spec.js';
import { chainOf } from '../layers/chain.js';
import { startingFrom } from '../layers/function-cell.js';

type Params = Readonly<Record<string, NdArray>>;

/** The model again, each of its layers that has parameters with the next ones. */
export function withParams(cell: AnyCell, params: Iterator<Params>): AnyCell {
  const { spec, initialState } = cell[internals];
  const again = (members: readonly AnyCell[]) => members.map(member => withParams(member, params));
  if (spec.kind === 'function') return cell;
  if (spec.kind === 'chain') return startingFrom(chainOf(again(spec.members)), initialState);
  if (spec.kind === 'equations') {
    const own = equationsWith(spec, params);
    return own ? startingFrom(own, initialState) : cell;
  }
  const { members, shapes } = spec;
  if (!spec.again) return cell;
  const inner = again(members);
  const own = shapes.length ? readParameters(spec.name, shapes, params.next().value as Params) : {};
  return startingFrom(spec.again(inner, own), initialState);
}

function equationsWith(spec: EquationSpec, params: Iterator<Params>): AnyCell | undefined {
  const { definition, sizes, bias } = spec;
  const shapes = parameterShapes(definition.plan, sizes, bias);
  if (shapes.length === 0) return undefined;
  const values = readParameters(lower(definition.name), shapes, params.next().value as Params);
  return equationCell({ ...spec, params: values });
}
