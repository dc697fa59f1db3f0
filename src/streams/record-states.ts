import { isNdArray } from '../arrays/ndarray.js';
import { mismatch } from '../errors.js';
import type { AnyCell } from './cell.js';
import type { KeyedStates } from './slot-states.js';

/**
 * Keyed states whose inputs are packed, and whose outputs are what `answer` makes of those of
 * others.
 */
export function recordStates(
  where: string,
  states: KeyedStates,
  answer: (y: unknown) => unknown,
): KeyedStates {
  const one = (x: unknown) => {
    if (!isNdArray(x) || x.shape.length === 1) return x;
    throw mismatch(where, 'one vector an input: a key is one stream', `batches of ${x.shape[1]}`);
  };
  return {
    get cell(): AnyCell {
      return states.cell;
    },
    shape: states.shape,
    open: (...of) => states.open(...of),
    close: slot => states.close(slot),
    state: slot => states.state(slot),
    pack: slots => states.pack(slots),
    unpack: packed => states.unpack(packed),
    batch: slot => states.batch(slot),
    stepOne: (slot, x) => answer(states.stepOne(slot, one(x))),
    commitOne: slot => states.commitOne(slot),
    read: (item, x) => states.read(item, one(x)),
    step: (...of) => states.step(...of),
    output: item => answer(states.output(item)),
    commit: item => states.commit(item),
    use: cell => states.use(cell),
    end: () => states.end(),
  };
}
