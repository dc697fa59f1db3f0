import type { Vec } from '../arrays/ndarray.js';
import { asRecurError, demand, mismatch } from '../errors.js';
import type { Machine } from './any-machine.js';
import { internals } from './cell.js';
import type { Answer } from './forms.js';
import type { InputOf, Model, OutputOf } from './members.js';
import { cellIn } from './model.js';
import { settler } from './settle.js';

/** A layer or cell that keeps its state: vectors in, vectors out, in the form that came in. */
export interface Stepper<Y, In = Vec> {
  <X extends In>(x: X): Answer<Y, X>;
  /** Back to the initial state. */
  reset(): void;
}

/** As for `stateful`: room is given back when the stepper is gone. */
const abandoned = /* @__PURE__ */ new FinalizationRegistry<{ machine: Machine }>(({ machine }) =>
  machine.release(),
);

/**
 * What is left of `stateful` without snapshots, sequences and configuration: `step(x)` and
 * `step.reset()`, the same numbers, and some 3 kB less in a page that counts them.
 *
 * Throws a RecurError for what is no layer or cell, and for an invalid datum, the state intact.
 *
 * @example
 * const step = stepper(gruCell(3, 2));
 * step([0.1, 0.2, 0.3]).length; // → 2
 * step.reset();
 */
export function stepper<M extends Model>(model: M): Stepper<OutputOf<M>, InputOf<M>> {
  const cell = cellIn('stepper', 'model', model, 'the cell');
  demand(cell, 'stepper', 'a layer or a cell', model);
  const { start } = cell[internals];
  const settle = settler(cell);
  const held = { machine: start() };
  let busy = false;
  let stepping: Machine | undefined;
  const step = (x: unknown) => {
    if (busy) throw mismatch(String(cell), 'one step at a time', 'a step inside a step');
    busy = true;
    let machine: Machine | undefined;
    try {
      const input = settle(x);
      // Only now: a reset that reading fired has put another machine there.
      ({ machine } = held);
      stepping = machine;
      const y = machine.step(input);
      machine.commit();
      return y;
    } catch (error) {
      machine?.rollback();
      throw asRecurError(error, String(cell));
    } finally {
      busy = false;
      stepping = undefined;
      if (machine !== held.machine) machine?.release();
    }
  };
  abandoned.register(step, held);
  const reset = () => {
    const machine = start();
    // What is stepping ends its step first.
    if (held.machine !== stepping) held.machine.release();
    held.machine = machine;
  };
  return Object.assign(step, { reset }) as never;
}
