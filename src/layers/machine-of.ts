import { asRecurError } from '../errors.js';
import type { BirthOptions, Machine } from '../streams/any-machine.js';
import { type AnyCell, internals } from '../streams/cell.js';
import { carriedBy, children } from '../streams/children.js';
import { statesFor } from '../streams/state.js';

/** A machine of machines. */
export interface Composed extends Machine {
  readonly machines: readonly Machine[];
}

/** A machine of members' machines; `step` is what it does with them. */
export function machineOf(
  where: string,
  cells: readonly AnyCell[],
  state: unknown,
  options: BirthOptions,
  step: (machines: readonly Machine[], x: unknown) => unknown,
): Composed {
  const isInTurn = where === 'chain' && !carriedBy(cells, 'marks');
  // What goes from one cell of equations to the next is read at once and kept by nobody.
  const reuse = (i: number) =>
    isInTurn && (cells[i + 1] ? !hasFunction(cells[i + 1]) : options.reuse);
  const own = statesFor(where, cells, state, options.restored);
  const machines: Machine[] = [];
  const release = () => {
    for (const machine of machines) machine.release();
  };
  for (const [i, cell] of cells.entries()) {
    try {
      const start = () => cell[internals].start(own(i), { ...options, reuse: reuse(i) });
      machines.push(cell[internals].marks?.place?.machine ?? start());
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
