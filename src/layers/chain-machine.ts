import { asRecurError, demand } from '../errors.js';
import { type AnyCell, type BirthOptions, internals } from '../streams/cell.js';
import { children } from '../streams/children.js';
import { settled } from '../streams/inputs.js';
import type { Machine } from '../streams/machine.js';
import { isMarker, passingOf } from './passing.js';

/** A machine of machines. */
interface Composed extends Machine {
  readonly machines: readonly Machine[];
}

/** Starts a chain of which some members are no units, or begin elsewhere. */
export function startChain(cells: readonly AnyCell[]) {
  return (state?: unknown, options: BirthOptions = {}): Machine => {
    const sizes = cells.map(({ inputSize }) => inputSize);
    const passing = passingOf(cells);
    const tapped = cells.some(cell => cell[internals].marks);
    // What goes from one cell of equations to the next is read at once and kept by nobody.
    const reuse = (i: number) =>
      cells[i + 1] ? !hasFunction(cells[i + 1]) && !tapped : options.reuse;
    return machineOf('chain', cells, state, options, reuse, (machines, x) => {
      let i = 0;
      const turn = (value: unknown, own: number) => {
        i = own;
        // A function before it may have made anything.
        return machines[i].step(i ? settled(value, sizes[i]) : value);
      };
      try {
        return passing(cells, x, turn, (join, outputs) => join.values(outputs));
      } catch (error) {
        throw asRecurError(error, 'a member', { prefix: `chain[${i}].` });
      }
    });
  };
}

/** A place that a marker has among the machines of a chain. */
const still: Machine = {
  batch: null,
  step: x => x,
  commit() {},
  rollback() {},
  follow() {},
  state: () => undefined,
  release() {},
};

/** A machine of members' machines; `step` is what it does with them. */
export function machineOf(
  where: string,
  cells: readonly AnyCell[],
  state: unknown,
  options: BirthOptions,
  reuse: (i: number) => boolean | undefined,
  step: (machines: readonly Machine[], x: unknown) => unknown,
): Machine {
  const own = statesFor(where, cells, state, options.restored);
  const machines: Machine[] = [];
  const release = () => {
    for (const machine of machines) machine.release();
  };
  for (const [i, cell] of cells.entries()) {
    try {
      const start = () => cell[internals].start(own(i), { ...options, reuse: reuse(i) });
      machines.push(isMarker(cell) ? still : start());
    } catch (error) {
      release();
      throw asRecurError(error, 'a member', { prefix: `${where}[${i}].` });
    }
  }
  const composed: Composed = {
    get batch() {
      return machines.find(({ batch }) => batch !== null)?.batch ?? null;
    },
    step: x => step(machines, x),
    commit() {
      for (const machine of machines) machine.commit();
    },
    rollback() {
      for (const machine of machines) machine.rollback();
    },
    follow(other) {
      for (const [i, m] of machines.entries()) m.follow((other as Composed).machines[i]);
    },
    state: () => machines.map(machine => machine.state()),
    release,
    machines,
  };
  return composed;
}

/** True for a model with a user's function, which may keep what it is given. */
export function hasFunction(cell: AnyCell): boolean {
  return cell[internals].spec.kind === 'function' || children(cell).some(hasFunction);
}

/** The state that a tuple of members' states has for each. */
export function statesFor(
  where: string,
  cells: readonly AnyCell[],
  state: unknown,
  restored = false,
) {
  const isGiven = state !== undefined || restored;
  const isTuple = Array.isArray(state) && state.length === cells.length;
  demand(isTuple || !isGiven, `${where}.initialState`, `a tuple of ${cells.length}`, state);
  return (i: number): unknown => (state as unknown[] | undefined)?.[i];
}
