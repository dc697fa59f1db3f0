import { type Model, ModelBuilder } from '../code/model.js';
import { asRecurError } from '../errors.js';
import type { BirthOptions, Machine } from '../streams/any-machine.js';
import { type AnyCell, type Composition, internals, type Runs } from '../streams/cell.js';
import { carriedBy } from '../streams/children.js';
import type { Flow } from '../streams/flow.js';
import { settler } from '../streams/settle.js';
import type { StateShape } from '../streams/state.js';
import { machineOf } from './machine-of.js';

/**
 * How a layer of members runs: as one program, or, where users' functions are, member by member.
 */
export function composed(own: Composition): Runs {
  const { where, members, inputSize } = own;
  // A member that reads sequences as wholes makes the layer such a one, and knows how.
  const sequences = carriedBy(members, 'compose')?.(own);
  if (sequences) return sequences;
  const shapes = shapesOf(members);
  if (!shapes || inputSize === undefined) return { start: startTogether(own) };
  return { model: modelOf(own, inputSize), shape: { kind: where, members: shapes } };
}

/** The states of members, if all can be parts of a program. */
export function shapesOf(members: readonly AnyCell[]): readonly StateShape[] | undefined {
  const shapes = members.map((member): StateShape | undefined => {
    const { engines, shape, initialState, marks } = member[internals];
    return engines && initialState === undefined ? shape : marks?.place?.shape;
  });
  return shapes.includes(undefined) ? undefined : (shapes as StateShape[]);
}

/** The model of a member that is a part of a program. */
export function modelIn(member: AnyCell): Model {
  return (member[internals].engines as { readonly model: Model }).model;
}

/** Members as one graph. */
function modelOf({ where, members, through, joins }: Composition, size: number): Model {
  const builder = new ModelBuilder(size);
  const flow: Flow<number> = {
    member: (i, input) => builder.inline(modelIn(members[i]), [input], `${where}[${i}].`),
    joined: (by, of, at) => joins?.node(builder, by, of, at) ?? of[0],
  };
  return builder.model(through(flow, 0));
}

/** Starts members of which some are no programs, or begin elsewhere. */
export function startTogether({ where, members, through, joins }: Composition) {
  const settlers = members.map(member => settler(member));
  const stepping = (machines: readonly Machine[]): Flow<unknown> => ({
    // A function before it may have made anything.
    member: (i, x) => inMember(where, i, () => machines[i].step(i ? settlers[i](x) : x)),
    joined: (by, values, at) => joins?.values(at, by, values),
  });
  return (state?: unknown, options: BirthOptions = {}) =>
    machineOf(where, members, state, options, (machines, x) => through(stepping(machines), x));
}

/** What a member does, which its errors name. */
export function inMember<T>(where: string, i: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw asRecurError(error, 'a member', { prefix: `${where}[${i}].` });
  }
}
