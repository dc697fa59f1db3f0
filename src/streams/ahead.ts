import { asRecurError, mismatch } from '../errors.js';
import { type AnyCell, internals } from './cell.js';
import type { BeginBeside } from './session-config.js';
import { settler } from './settle.js';

/** An output, and those of the steps after it on a copy of the state. */
export interface Forecast<Y> {
  readonly y: Y;
  readonly ahead: Y[];
}

/** Throws a RecurError for a model whose outputs can't be its next inputs. */
export function checkOwnInputs(where: string, { inputSize, outputSize }: AnyCell): void {
  if (inputSize === undefined || outputSize === undefined) return;
  const [from, to] = [inputSize, outputSize].map(sizesText);
  if (from !== to)
    throw mismatch(where, 'outputs as long as inputs', `a model from ${from} to ${to}`);
}

/** A length, or those of several inputs or outputs by name. */
export function sizesText(size: number | Readonly<Record<string, number>>): string {
  const sizes = Object.entries(size).map(([name, length]) => `${name}: ${length}`);
  return sizes.length ? `{ ${sizes.join(', ')} }` : String(size);
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
