import { type AnyCell, type BirthOptions, internals } from './cell.js';
import type { Ahead } from './session.js';
import { settler } from './settle.js';

/** An output, and those of the steps after it on a copy of the state. */
export interface Forecast<Y> {
  readonly y: Y;
  readonly ahead: Y[];
}

/** What goes so many steps on from an output, on inputs that `feedback` makes of the outputs. */
export function steppingAhead(
  steps: number,
  feedback: ((output: never, i: number) => unknown) | undefined,
) {
  return (cell: AnyCell, { backend, transferable }: BirthOptions): Ahead => {
    const copy = cell[internals].start(undefined, { backend, transferable });
    const settle = settler(cell);
    return {
      of(machine, y): Forecast<unknown> {
        const ahead: unknown[] = [];
        copy.follow(machine);
        for (let i = 0, last = y; i < steps; i++) {
          const x = feedback ? feedback(last as never, i) : last;
          last = copy.step(settle(x));
          ahead.push(last);
        }
        return { y, ahead };
      },
      release: () => copy.release(),
    };
  };
}
