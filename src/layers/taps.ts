import { demand, describe, mismatch } from '../errors.js';
import {
  type AnyCell,
  type Cell,
  internals,
  type Kind,
  type LayerSpec,
  type Marks,
} from '../streams/cell.js';
import type { Through } from '../streams/flow.js';
import type { SameForm } from '../streams/forms.js';
import { makeCell } from '../streams/make-cell.js';
import type { Member, WithCell } from '../streams/members.js';
import { layerSignature, layerText, memberCell } from '../streams/model.js';
import { stateless } from '../streams/stateless.js';
import { joins } from './combine.js';
import { layerCell } from './layer-cell.js';

/** What a member of a chain is as a cell. */
export type CellOf<M> = M extends { readonly cell: infer C } ? C : M;

/** A member of a chain whose sizes the members around it have. */
export type Marker = Cell<undefined, number, number>;

/** True for a member that is no layer, but a place among them. */
export function isMarker(cell: AnyCell): boolean {
  return cell[internals].marks?.place !== undefined;
}

const place: NonNullable<Marks['place']> = {
  machine: { ...stateless, step: x => x },
  shape: { layer: 'tap', variables: [] },
};

export const tapKind: Kind = {
  name: 'tap',
  settings: ['name'],
  members: [0, 1],
  sameState: true,
  make: ({ name }: { name: string }, [layer]) => (layer ? tap(name, layer) : tap(name)),
};

export const readKind: Kind = {
  name: 'read',
  settings: ['names'],
  make({ names }: { names: readonly string[] }) {
    if (!Array.isArray(names)) throw mismatch('read', 'an array of names', typeof names);
    return read(...names);
  },
};

/**
 * Names an output inside a chain, so that a later `read` goes on from it: that of `member`, or
 * without one, what has come so far. A tap of a member is otherwise that member.
 *
 * Throws a RecurError for a name that is no text; the chain does for one that is taken.
 *
 * @example
 * const cell = chainCell(tap('x'), tap('wide', denseCell(2, 3)), read('wide', 'x'), denseCell(5,
 * 1)); cell(undefined, [1, 2])[1].length; // → 1
 */
export function tap(name: string): Marker;
export function tap<M extends AnyCell | WithCell>(name: string, member: M): CellOf<M>;
export function tap(name: string, member?: Member): unknown {
  demand(typeof name === 'string' && name !== '', 'tap', 'a name', name);
  const settings = { name };
  if (member === undefined) {
    return layerCell<Marker>(
      {
        kind: tapKind,
        text: () => `Tap(${name})`,
        settings,
        marks: { name, bare: true, place, joins, throughOf },
        inputSize: undefined,
        outputSize: undefined,
      },
      { start: alone('tap') },
    );
  }
  const cell = memberCell('tap', member, 0);
  const spec: LayerSpec = { kind: tapKind, settings, members: [cell], params: {} };
  const own = Object.getOwnPropertyDescriptors(cell) as unknown as Cell;
  return makeCell<unknown, number, number, SameForm, unknown>(
    Object.defineProperties({}, own as never) as never,
    `Tap(${name}, ${layerText(cell)})`,
    {
      ...cell[internals],
      marks: { name, joins, throughOf },
      spec,
      signature: `Tap(${name}, ${layerSignature(cell)})`,
    },
  );
}

/**
 * Goes on, inside a chain, from outputs that earlier taps named, one after another.
 *
 * Throws a RecurError without names; the chain does for a name that no earlier tap gave.
 *
 * @example
 * const cell = chainCell(tap('x'), denseCell(2, 3), tap('y'), read('y', 'x'));
 * cell(undefined, [1, 2])[1].slice(3); // → Float32Array(2) [ 1, 2 ]
 */
export function read(...names: readonly string[]): Marker {
  const areNames = names.length > 0 && names.every(name => typeof name === 'string');
  demand(areNames, 'read', 'names of taps', names);
  return layerCell<Marker>(
    {
      kind: readKind,
      text: () => `Read(${names.join(', ')})`,
      settings: { names },
      marks: { read: names, place, joins, throughOf },
      inputSize: undefined,
      outputSize: undefined,
    },
    { start: alone('read') },
  );
}

/** Through one member after another; a marker goes on from the outputs that it reads. */
function throughOf(cells: readonly AnyCell[]): Through {
  const reads = resolve(cells);
  return (flow, input) => {
    const values = [input];
    for (let i = 0; i < cells.length; i++) {
      const from = reads[i]?.map(k => values[k]);
      values.push(
        !from
          ? flow.member(i, values[i])
          : from.length > 1
            ? flow.joined('concat', from, `chain[${i}].read`, i)
            : from[0],
      );
    }
    return values[cells.length];
  };
}

/**
 * For each marker of a chain, which values it goes on from: 0 is the input, i + 1 the i-th output.
 */
function resolve(cells: readonly AnyCell[]): readonly (readonly number[] | undefined)[] {
  const taps = new Map<string, number>();
  return cells.map((cell, i) => {
    const { name, bare, read: names } = cell[internals].marks ?? {};
    const from = names?.map(of => taps.get(of) ?? unknownTap(i, of, taps));
    if (name !== undefined) {
      const isTaken = taps.has(name);
      demand(!isTaken, `chain[${i}].tap`, 'a name that is not taken', name);
      taps.set(name, bare ? i : i + 1);
    }
    return from ?? (bare ? [i] : undefined);
  });
}

function unknownTap(i: number, of: string, taps: ReadonlyMap<string, unknown>): never {
  const known = [...taps.keys()].join(', ') || 'none';
  throw mismatch(`chain[${i}].read`, `the name of an earlier tap (${known})`, describe(of));
}

/** A marker means nothing but in a chain. */
function alone(name: string) {
  return (): never => {
    throw mismatch(name, 'its place in a chain', 'a model of its own');
  };
}
