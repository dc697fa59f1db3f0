import {
  type AnyCell,
  type BirthOptions,
  internals,
  makeCell,
  type SameForm,
} from '../equations/cell.js';
import type { Machine } from '../equations/machine.js';
import type { Batch } from '../equations/state.js';
import { asRecurError, describe, mismatch } from '../errors.js';
import { statelessCell } from './function-cell.js';
import { type ChainCell, carried, type Fitting, type Member, type WithCell } from './members.js';

/** The cell of a cell or layer; undefined for a plain function. */
export function cellOf(model: unknown): AnyCell | undefined {
  if (typeof model !== 'function' && typeof model !== 'object') return undefined;
  if (model === null) return undefined;
  if (internals in model) return model as AnyCell;
  return 'cell' in model ? cellOf(model.cell) : undefined;
}

/** A model as a layer prints: `Recur(GRUCell(3, 5))`; chains and stateless cells as they are. */
export function layerText(cell: AnyCell): string {
  const { spec } = cell[internals];
  const recurrent =
    spec.kind === 'equations'
      ? spec.definition.plan.states.length > 0
      : spec.kind === 'function' && spec.stateful;
  return recurrent ? `Recur(${cell})` : String(cell);
}

/** `layerText` without the names of plain functions. */
export function layerSignature(cell: AnyCell): string {
  const { spec, signature } = cell[internals];
  return spec.kind === 'chain' ? signature : layerText(cell).replace(String(cell), () => signature);
}

/**
 * Cells in a row, each fed with the output before it, as one cell; its state is a tuple with one
 * entry a member. Members are cells, layers and stateless functions `x => y`.
 *
 * Throws a RecurError for sizes that disagree, and for a layer that carries its own reset, select,
 * project, state or other configuration of a stream: give that to the whole chain.
 *
 * @example
 * const cell = chainCell(lstmCell(10, 15), denseCell(15, 5));
 * const [[{ h, c }], y] = cell(undefined, new Float32Array(10));
 * y.length; // → 5
 */
export function chainCell<const M extends readonly [Member, ...Member[]]>(
  ...members: M & Fitting<M>
): ChainCell<M> {
  return chainOf(members);
}

/** `chainCell` for members whose types are not known; C is what the caller knows of the result. */
export function chainOf<C extends AnyCell>(members: readonly Member[]): C {
  const cells = members.map(memberCell);
  if (cells.length === 0) throw mismatch('chain', 'at least one member', 'none');
  for (const [i, cell] of cells.entries()) {
    const before = i ? cells[i - 1].outputSize : undefined;
    if (before === undefined || cell.inputSize === undefined || before === cell.inputSize) continue;
    const expected = `input size ${before}, the output size of ${layerText(cells[i - 1])}`;
    throw mismatch(`chain[${i}]`, expected, `${layerText(cell)}`);
  }
  const describedMembers = (describeOne: (cell: AnyCell) => string) =>
    `Chain(${cells.map(describeOne).join(', ')})`;
  const chained: AnyCell = makeCell<
    unknown,
    number | undefined,
    number | undefined,
    SameForm,
    unknown
  >(
    {
      inputSize: cells[0].inputSize,
      outputSize: cells[cells.length - 1].outputSize,
      hiddenSize: cells.reduce((sum, { hiddenSize }) => sum + hiddenSize, 0),
      get params() {
        return cells.map(({ params }) => params);
      },
    },
    describedMembers(layerText),
    {
      spec: { kind: 'chain', members: cells },
      signature: describedMembers(layerSignature),
      start: (state, options) => new ChainMachine(cells, state, options),
    },
  );
  return chained as C;
}

function memberCell(member: Member, i: number): AnyCell {
  const where = `chain[${i}]`;
  const own = (member as Partial<WithCell>)?.[carried] ?? [];
  if (own.length) {
    throw mismatch(
      where,
      'a member without configuration of a stream',
      `one with ${own.join(', ')}`,
      'give it to recur(chain(…), config) instead',
    );
  }
  const cell = cellOf(member);
  if (cell) return cell;
  if (typeof member !== 'function')
    throw mismatch(where, 'a layer, a cell or a function', describe(member));
  if (member.length > 1) {
    throw mismatch(
      where,
      'a layer, a cell or a stateless function x => y',
      `${describe(member)} of ${member.length} parameters`,
      'a plain stateful function enters as recur(fn, { initialState })',
    );
  }
  return statelessCell(member);
}

class ChainMachine implements Machine {
  readonly #machines: readonly Machine[];

  constructor(cells: readonly AnyCell[], state: unknown, options: BirthOptions = {}) {
    const isGiven = state !== undefined || options.restored;
    if (isGiven && (!Array.isArray(state) || state.length !== cells.length)) {
      throw mismatch('chain.initialState', `a tuple of ${cells.length}`, describe(state));
    }
    this.#machines = cells.map((cell, i) => {
      const next = cells[i + 1];
      // What goes from one cell of equations to the next is read at once and kept by nobody.
      const reuse = next === undefined ? options.reuse : !beginsWithFunction(next);
      const own = { ...options, reuse };
      return guarded(i, () => cell[internals].start((state as unknown[])?.[i], own));
    });
  }

  get batch(): Batch {
    for (const { batch } of this.#machines) if (batch !== null) return batch;
    return null;
  }

  step(x: unknown): unknown {
    let value = x;
    for (let i = 0; i < this.#machines.length; i++) {
      try {
        value = this.#machines[i].step(value);
      } catch (error) {
        throw asRecurError(error, 'a member', { prefix: `chain[${i}].` });
      }
    }
    return value;
  }

  commit(): void {
    for (let i = 0; i < this.#machines.length; i++) this.#machines[i].commit();
  }

  rollback(): void {
    for (let i = 0; i < this.#machines.length; i++) this.#machines[i].rollback();
  }

  state(): unknown {
    return this.#machines.map(machine => machine.state());
  }
}

/** True where a user's function, which may keep what it is given, reads the input. */
function beginsWithFunction(cell: AnyCell): boolean {
  const { spec } = cell[internals];
  return spec.kind === 'chain' ? beginsWithFunction(spec.members[0]) : spec.kind === 'function';
}

function guarded<T>(i: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw asRecurError(error, 'a member', { prefix: `chain[${i}].` });
  }
}
