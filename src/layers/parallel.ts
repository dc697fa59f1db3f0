import { place, type Unit } from '../code/units.js';
import { asRecurError, mismatch } from '../errors.js';
import {
  type AnyCell,
  type BirthOptions,
  type Cell,
  type Frames,
  internals,
  type Kind,
  type SameForm,
  type WholeStart,
} from '../streams/cell.js';
import type { ChainParams, ChainState, Member } from '../streams/members.js';
import { layerText, memberCell } from '../streams/model.js';
import type { StateShape } from '../streams/state.js';
import { machineOf, statesFor } from './chain-machine.js';
import {
  type Combine,
  checkCombine,
  combinedSize,
  combineFrames,
  combineUnit,
  combineValues,
} from './combine.js';
import { layerCell, type Runs } from './layer-cell.js';
import { stepsAfter, wholeIn, wholeOf, wholeRuns } from './whole.js';

/** A cell of branches: its state is a tuple with one entry a branch. */
export type BranchedCell<M extends readonly unknown[]> = Cell<
  ChainState<M>,
  number,
  number,
  SameForm,
  ChainParams<M>
>;

export const parallelKind: Kind = {
  name: 'parallel',
  settings: ['combine'],
  members: [1, 1024],
  make: ({ combine }: { combine: Combine }, [first, ...others]) =>
    parallelCell(combine, first, ...others),
};

export const skipKind: Kind = {
  name: 'skip',
  settings: ['combine'],
  members: [1, 1],
  make: ({ combine }: { combine: Combine }, [layer]) => skipCell(layer, combine),
};

/**
 * Layers that are all fed the same input, and their outputs combined: 'concat' puts them one
 * after another, 'add' and 'multiply' need outputs of one size. Flux's `Parallel`. The state is a
 * tuple with one entry a branch.
 *
 * Throws a RecurError for sizes that disagree, and for a branch with configuration of its own.
 *
 * @example
 * const cell = parallelCell('concat', denseCell(2, 3), gruCell(2, 4));
 * cell(undefined, [1, 2])[1].length; // → 7
 */
export function parallelCell<const M extends readonly [Member, ...Member[]]>(
  combine: Combine,
  ...branches: M
): BranchedCell<M> {
  checkCombine('parallel', combine);
  const cells = branches.map((branch, i) => memberCell('parallel', branch, i));
  if (cells.length === 0) throw mismatch('parallel', 'at least one branch', 'none');
  const sized = cells.find(({ inputSize }) => inputSize !== undefined);
  const inputSize = sized?.inputSize;
  for (const [i, cell] of cells.entries()) {
    if (cell.inputSize === undefined || cell.inputSize === inputSize) continue;
    throw mismatch(`parallel[${i}]`, `input size ${inputSize}`, layerText(cell));
  }
  const sizes = cells.map(({ outputSize }) => outputSize);
  const outputSize = combinedSize('parallel', combine, sizes);
  return layerCell(
    {
      kind: parallelKind,
      text: (...branches) => `Parallel(${combine}, ${branches.join(', ')})`,
      settings: { combine },
      members: cells,
      inputSize,
      outputSize,
    },
    branching('parallel', combine, cells, false),
  );
}

/**
 * A layer and a way around it: its output and its input combined, in this order. Flux's
 * `SkipConnection`. The state is a tuple with that of the layer.
 *
 * Throws a RecurError where 'add' or 'multiply' meet sizes that differ.
 *
 * @example
 * const cell = skipCell(denseCell(2, 2, { params: { weight: [1, 0, 0, 1], bias: [0, 0] } }), 'add');
 * cell(undefined, [1, 2])[1]; // → Float32Array(2) [ 2, 4 ]
 */
export function skipCell<const M extends Member>(
  layer: M,
  combine: Combine = 'add',
): BranchedCell<readonly [M]> {
  checkCombine('skip', combine);
  const cell = memberCell('skip', layer, 0);
  const { inputSize, outputSize } = cell;
  return layerCell(
    {
      kind: skipKind,
      text: layer => `Skip(${layer}, ${combine})`,
      settings: { combine },
      members: [cell],
      inputSize,
      outputSize: combinedSize('skip', combine, [outputSize, inputSize]),
    },
    branching('skip', combine, [cell], true),
  );
}

/** How branches run; `around`: the input is combined too. */
function branching(
  where: string,
  combine: Combine,
  cells: readonly AnyCell[],
  around: boolean,
): Runs {
  const reading = wholeIn(cells);
  if (reading) {
    const { why = '' } = reading[internals];
    const whole = wholeBranches(where, combine, cells, around);
    const after = (steps: number) => stepsAfter(cells[0], steps);
    return wholeRuns(where, why, whole, after);
  }
  const program = programOf(where, combine, cells, around);
  if (program) return program;
  return {
    start: (state?: unknown, options: BirthOptions = {}) =>
      machineOf(
        where,
        cells,
        state,
        options,
        () => false,
        (machines, x) => {
          const ys = machines.map((machine, i) => {
            try {
              return machine.step(x);
            } catch (error) {
              throw asRecurError(error, 'a branch', { prefix: `${where}[${i}].` });
            }
          });
          return combineValues(where, combine, around ? [...ys, x] : ys);
        },
      ),
  };
}

/** The units of branches that can run as one program, and their states. */
function programOf(
  where: string,
  combine: Combine,
  cells: readonly AnyCell[],
  around: boolean,
): { units: readonly Unit[]; shape: StateShape } | undefined {
  const units: Unit[] = [];
  const members: StateShape[] = [];
  const from: number[] = [];
  const sizes: number[] = [];
  for (const [i, cell] of cells.entries()) {
    const { engines, shape, initialState } = cell[internals];
    if (!engines || !shape || initialState !== undefined) return undefined;
    from.push(place(units, engines.units, -1, `${where}[${i}].`));
    members.push(shape);
    sizes.push(cell.outputSize as number);
  }
  if (around) {
    from.push(-1);
    sizes.push(cells[0].inputSize as number);
  }
  units.push({ spec: combineUnit(combine, sizes), from, where });
  return { units, shape: { kind: where, members } };
}

function wholeBranches(
  where: string,
  combine: Combine,
  cells: readonly AnyCell[],
  around: boolean,
): WholeStart {
  return (state, options) => {
    const own = statesFor(where, cells, state, options?.restored);
    const runners = cells.map((cell, i) => wholeOf(cell)(own(i), options));
    const run = (steps: Frames) => {
      const parts = runners.map(runner => runner.run(steps));
      return combineFrames(where, combine, around ? [...parts, steps] : parts);
    };
    return {
      run,
      state: () => runners.map(runner => runner.state()),
      release() {
        for (const runner of runners) runner.release();
      },
    };
  };
}
