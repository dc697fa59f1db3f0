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

/** Vectors by name, each made of runs `from, at, step, count` of the inputs. */
type Outputs = readonly (readonly [name: string, runs: readonly (readonly number[])[]])[];

/** Vectors of the numbers of inputs, each of which is a name and a size. */
export function gatherCell(
  inputs: readonly (readonly [name: string, size: number])[],
  outputs: Outputs,
): AnyCell {
  const settings = {
    inputs: inputs.map(([name]) => name),
    inputSizes: inputs.map(([, size]) => size),
    outputs: outputs.map(([name]) => name),
    outputSizes: outputs.map(([, runs]) => runs.reduce((sum, [, , , count]) => sum + count, 0)),
    wires: rolledWires(outputs.flatMap(([, runs]) => runs)),
  };
  return wiredRecordsCell({ ...settings, states: [], stateSizes: [] }, []);
}
