import type { AnyCell, Kind } from '../streams/cell.js';
import { portsOf } from '../streams/port-members.js';
import { recordMachine } from '../streams/record-machine.js';
import { type Ported, type WiredSettings, wiredKind, wiredOf } from './wired.js';

export const wiredRecordsKind: Kind = {
  ...wiredKind,
  make: (settings: WiredSettings, members) => wiredRecordsCell(settings, members),
};

/**
 * `wiredCell` of any number of inputs and outputs: several inputs are taken as a record of vectors
 * by name, and several outputs are answered as one.
 *
 * @example
 * const ends = { inputs: ['a', 'b'], inputSizes: [2, 1], outputs: ['y'], outputSizes: [3] };
 * const settings = { ...ends, states: [], stateSizes: [], wires: [1, 0, 1, 1, 0, 0, 1, 2] };
 * const events = { a: [1, 2], b: [3] } as never;
 * stateful(wiredRecordsCell(settings, []))(events); // → Float32Array(3) [ 3, 1, 2 ]
 */
export function wiredRecordsCell(settings: WiredSettings, members: readonly AnyCell[]): AnyCell {
  return wiredOf(settings, members, wiredRecordsKind, ported);
}

/** Runs that take and answer records, where there are several inputs or outputs. */
const ported: Ported = (runs, before, after) => {
  if (before.ports.length === 1 && after.ports.length === 1) return runs;
  const ports = portsOf('wired', before, after);
  return Object.assign({ ...runs, start: recordMachine(runs.start, ports, 'wired') }, { ports });
};
