import { demand } from '../errors.js';
import { type ParameterInput, type ParameterShape, readParameters } from '../graph/parameters.js';
import { enginesIn } from './backend.js';
import { type AnyCell, internals, shapesOf } from './cell.js';
import { children, nameOf, rebuild } from './children.js';
import type { Params } from './forms.js';
import { layerText } from './model.js';
import { isPlainObject } from './values.js';

/**
 * A set of parameters for a model, in the form of its `params`: for a cell a record by name, for a
 * chain a tuple with one entry a member. Names and members that are left out keep their values.
 */
export type ParamsOf<M> = M extends { readonly params: infer P }
  ? ParamsInput<P> | UntypedParams
  : never;

/** `params` of a model whose type is not known, as one from a file. */
type UntypedParams = Params | readonly UntypedParams[];

type ParamsInput<P> = P extends readonly unknown[]
  ? number extends P['length']
    ? readonly unknown[]
    : { readonly [K in keyof P]?: ParamsInput<P[K]> | undefined }
  : P extends Params
    ? { readonly [K in keyof P]?: ParameterInput | undefined }
    : unknown;

/**
 * The model again with other parameters, and the initial state that it was given; itself if no
 * parameter is. Throws a RecurError that names a parameter that does not fit, or that there is not.
 */
export function withParams(cell: AnyCell, given: unknown, where: string): AnyCell {
  const { spec } = cell[internals];
  if (spec.kind === 'function') {
    const isEmpty = typeof given === 'object' && given && !Object.keys(given).length;
    demand(isEmpty, where, 'no parameters: a plain function has none', given);
    return cell;
  }
  const members = children(cell);
  if (spec.kind === 'equations' || !members.length) {
    const params = updated(`${where}.${nameOf(spec)}`, shapesOf(spec), spec.params, given);
    return params ? rebuild(cell, [], params) : cell;
  }
  const { sameState } = spec.kind;
  const tuple = sameState ? [given] : given;
  const { length } = members;
  const isTuple = Array.isArray(tuple) && tuple.length <= length;
  demand(isTuple, where, `a tuple of ${length}, as the params of ${layerText(cell)} are`, given);
  const next = members.map((member, i) =>
    tuple[i] === undefined
      ? member
      : withParams(member, tuple[i], sameState ? where : `${where}[${i}]`),
  );
  if (next.every((member, i) => member === members[i])) return cell;
  return rebuild(cell, next);
}

/** Parameters of which some are given anew; undefined if none is. */
function updated(
  where: string,
  shapes: readonly ParameterShape[],
  old: Readonly<Record<string, Float32Array>>,
  given: unknown,
): Readonly<Record<string, Float32Array>> | undefined {
  demand(isPlainObject(given), where, 'parameters by name', given);
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  if (!named.length) return undefined;
  const known = shapes.filter(({ name }) => named.some(([own]) => own === name));
  // A name that there is not is refused with those that there are.
  const own = known.length === named.length ? known : shapes;
  return { ...old, ...readParameters(where, own, Object.fromEntries(named) as never) };
}

/** `withParams` for a set that came to a stream. */
export function withWeights(cell: AnyCell, given: unknown): AnyCell {
  demand(given !== undefined, 'weights', 'parameters', given);
  return withParams(cell, given, 'weights');
}

/**
 * Gives back the weights of a cell that no stream runs any more, but for those that others share.
 */
export function retire(cell: AnyCell, ...others: readonly AnyCell[]): void {
  const shared = new Set(others.flatMap(enginesIn));
  for (const engines of enginesIn(cell)) if (!shared.has(engines)) engines.release();
}
