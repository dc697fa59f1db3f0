import { type AnyCell, internals, type Join } from '../equations/cell.js';
import { demand } from '../errors.js';

/**
 * What goes through the members of a chain in turn, by way of the taps: outputs, sizes, units.
 * `turn` is a member's, `joined` makes one of those that are read.
 */
export function passing<V>(
  cells: readonly AnyCell[],
  value: V,
  turn: (value: V, i: number) => V,
  joined: (join: Join, values: readonly V[], i: number) => V,
): V {
  let taps: Map<string, V> | undefined;
  for (let i = 0; i < cells.length; i++) {
    const { name, bare, read } = cells[i][internals].marks ?? {};
    if (read) {
      const known = [...(taps?.keys() ?? [])].join(', ') || 'none';
      const values = read.names.map(of => {
        demand(taps?.has(of), `chain[${i}].read`, `the name of an earlier tap (${known})`, of);
        return taps?.get(of) as V;
      });
      value = joined(read.join, values, i);
    } else if (!bare) value = turn(value, i);
    if (name === undefined) continue;
    taps ??= new Map();
    demand(!taps.has(name), `chain[${i}].tap`, 'a name that is not taken', name);
    taps.set(name, value);
  }
  return value;
}

/** True for a member that is no layer, but a place among them. */
export function isMarker(cell: AnyCell): boolean {
  const { bare, read } = cell[internals].marks ?? {};
  return bare === true || read !== undefined;
}
