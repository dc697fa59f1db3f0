import { chainOf } from '../../layers/chain.js';
import type { Combine } from '../../layers/combine.js';
import { parallelCell } from '../../layers/parallel.js';
import { rolledWires } from '../../layers/rolled-wires.js';
import { wiredRecordsCell } from '../../layers/wired-records.js';
import type { AnyCell } from '../../streams/cell.js';
import type { Member } from '../../streams/members.js';

/** Branches whose types are not known. */
export function parallelOf(combine: Combine, branches: readonly AnyCell[]): AnyCell {
  return parallelCell(combine, ...(branches as readonly [AnyCell, ...AnyCell[]]));
}

/** Members in a row: a chain, unless it is one. */
export function rowOf(members: readonly Member[]): AnyCell {
  const [first] = members;
  return members.length === 1 ? (first as AnyCell) : chainOf(members);
}

/** One vector of the numbers of inputs, each a name and a size: runs `from, at, step, count`. */
export function gatherCell(
  inputs: readonly (readonly [name: string, size: number])[],
  runs: readonly (readonly number[])[],
): AnyCell {
  const size = runs.reduce((sum, [, , , count]) => sum + count, 0);
  const ends = { outputs: ['y'], outputSizes: [size], states: [], stateSizes: [] };
  const [names, inputSizes] = [inputs.map(([name]) => name), inputs.map(([, size]) => size)];
  return wiredRecordsCell({ ...ends, inputs: names, inputSizes, wires: rolledWires(runs) }, []);
}
