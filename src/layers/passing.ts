import { describe, mismatch } from '../errors.js';
import { type AnyCell, internals, type Join, type Passing } from '../streams/cell.js';

/** How outputs go through these cells, by way of the taps where there are some. */
export function passingOf(cells: readonly AnyCell[]): Passing {
  return cells.find(cell => cell[internals].marks)?.[internals].marks?.passing ?? inTurn;
}

const inTurn: Passing = (cells, value, turn) => {
  for (let i = 0; i < cells.length; i++) value = turn(value, i);
  return value;
};

/** By way of the taps: a page that has none does not carry it. */
export const passingTaps: Passing = <V>(
  cells: readonly AnyCell[],
  value: V,
  turn: (value: V, i: number) => V,
  joined: (join: Join, values: readonly V[], i: number) => V,
) => {
  let taps: Map<string, V> | undefined;
  for (let i = 0; i < cells.length; i++) {
    const { name, bare, read } = cells[i][internals].marks ?? {};
    if (read) {
      const values = read.names.map(of => {
        if (!taps?.has(of)) throw unknownTap(i, of, taps);
        return taps.get(of) as V;
      });
      value = joined(read.join, values, i);
    } else if (!bare) value = turn(value, i);
    if (name === undefined) continue;
    taps ??= new Map();
    if (taps.has(name)) {
      throw mismatch(`chain[${i}].tap`, 'a name that is not taken', describe(name));
    }
    taps.set(name, value);
  }
  return value;
};

/** Put together only where it is thrown: members pass their outputs at every step. */
function unknownTap(i: number, of: string, taps: ReadonlyMap<string, unknown> | undefined) {
  const known = [...(taps?.keys() ?? [])].join(', ') || 'none';
  return mismatch(`chain[${i}].read`, `the name of an earlier tap (${known})`, describe(of));
}

/** True for a member that is no layer, but a place among them. */
export function isMarker(cell: AnyCell): boolean {
  const { bare, read } = cell[internals].marks ?? {};
  return bare === true || read !== undefined;
}
