import { type Cell, type CellInternals, type Described, internals } from './cell.js';
import type { Params, SameForm } from './forms.js';
import { settled } from './inputs.js';

/** A callable cell from its description, its text and what the library keeps of it. */
export function makeCell<S, I, O, Y = SameForm, P = Params>(
  described: Omit<Described<S, I, O, P>, 'initialState'>,
  text: string,
  kept: CellInternals,
): Cell<S, I, O, Y, P> {
  const call = (h: unknown, x: unknown) => {
    const machine = kept.start(h);
    try {
      const y = machine.step(
        kept.ports?.settler()(x) ?? settled(x, described.inputSize as number | undefined),
      );
      machine.commit();
      return [machine.state(), y];
    } finally {
      machine.release();
    }
  };
  const initialState = () => {
    const machine = kept.start();
    const state = machine.state();
    machine.release();
    return state;
  };
  Object.defineProperties(call, {
    ...Object.getOwnPropertyDescriptors(described),
    initialState: { value: initialState },
    toString: { value: () => text },
    name: { value: text },
    [internals]: { value: kept },
  });
  return Object.freeze(call) as unknown as Cell<S, I, O, Y, P>;
}
