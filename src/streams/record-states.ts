import type { AnyCell } from './cell.js';
import type { KeyedStates } from './slot-states.js';

/** Keyed states whose outputs are what `answer` makes of those of others. */
export function recordStates(states: KeyedStates, answer: (y: unknown) => unknown): KeyedStates {
  return {
    get cell(): AnyCell {
      return states.cell;
    },
    shape: states.shape,
    open: (...of) => states.open(...of),
    close: slot => states.close(slot),
    state: slot => states.state(slot),
    pack: slots => states.pack(slots),
    batch: slot => states.batch(slot),
    stepOne: (slot, x) => answer(states.stepOne(slot, x)),
    commitOne: slot => states.commitOne(slot),
    read: (item, x) => states.read(item, x),
    step: (...of) => states.step(...of),
    output: item => answer(states.output(item)),
    commit: item => states.commit(item),
    use: cell => states.use(cell),
    end: () => states.end(),
  };
}
