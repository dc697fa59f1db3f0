import { asRecurError } from '../errors.js';
import { internals } from './cell.js';
import type { BeginBeside } from './session-config.js';
import { settler } from './settle.js';

/** An output, and those of the steps after it on a copy of the state. */
export interface Forecast<Y> {
  readonly y: Y;
  readonly ahead: Y[];
}

/** Goes so many steps on from each output, on inputs that `feedback` makes of the outputs. */
export function steppingAhead(
  steps: number,
  feedback: ((output: never, i: number) => unknown) | undefined,
): BeginBeside {
  return (cell, { backend, transferable }) => {
    const copy = cell[internals].start(undefined, { backend, transferable });
    const settle = settler(cell);
    return {
      step(machine, x): Forecast<unknown> {
        const y = machine.step(x);
        const ahead: unknown[] = [];
        try {
          copy.follow(machine);
          for (let i = 0, last = y; i < steps; i++) {
            last = copy.step(settle(feedback ? feedback(last as never, i) : last));
            ahead.push(last);
          }
        } catch (error) {
          throw asRecurError(error, 'feedback');
        }
        return { y, ahead };
      },
      release: () => copy.release(),
    };
  };
}
