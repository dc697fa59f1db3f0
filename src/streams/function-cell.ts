import { demand } from '../errors.js';
import type { Machine } from './any-machine.js';
import { type AnyCell, internals } from './cell.js';
import { makeCell } from './make-cell.js';
import { copyValue } from './values.js';

/**
 * A plain recurrent function: the old state and an input give the new state and an output. (No
 * function has an input size; cells have, and are told apart by it.)
 */
export interface PlainCell<S, X, Y> {
  (h: S, x: X): readonly [h: S, y: Y];
  readonly inputSize?: never;
}

/** A plain recurrent function, for code that does not care for its types. */
export interface AnyPlainCell {
  (h: never, x: never): readonly [h: unknown, y: unknown];
  readonly inputSize?: never;
}

/** A function's machine, which another one may follow. */
interface Followed extends Machine {
  next(): unknown;
}

/**
 * A plain function as a cell: `(h, x) => [h, y]`, which `startingFrom` gives an initial state, or,
 * not `stateful`, `x => y`.
 */
export function functionCell(fn: (...args: never[]) => unknown, stateful = true): AnyCell {
  const name = fn.name || 'function';
  const call = fn as (...args: unknown[]) => unknown;
  const start = (initial: unknown): Machine => {
    let now = copyValue(initial);
    let next = now;
    const machine: Followed = {
      batch: null,
      step(x) {
        if (!stateful) return call(x);
        const result = call(next, x);
        const isPair = Array.isArray(result) && result.length === 2;
        demand(isPair, name, 'a pair [h, y] to be returned', result);
        next = result[0];
        return result[1];
      },
      commit() {
        now = next;
      },
      rollback() {
        next = now;
      },
      follow(other) {
        now = next = copyValue((other as Followed).next());
      },
      state: () => copyValue(now),
      release() {},
      next: () => next,
    };
    return machine;
  };
  return makeCell<unknown, undefined, undefined, unknown>(
    { inputSize: undefined, outputSize: undefined, hiddenSize: 0, params: {} },
    name,
    { spec: { kind: 'function', fn, stateful }, signature: 'function', start },
  );
}

/**
 * A cell that begins elsewhere: at a value, or at what a factory makes for each birth. `fits`: such
 * a cell has begun there before.
 */
export function startingFrom(cell: AnyCell, initialState: unknown, fits = false): AnyCell {
  if (initialState === undefined) return cell;
  const kept = cell[internals];
  const own = copyValue(initialState);
  // A value that does not fit is a wrong argument: it throws here, not when a stream starts.
  if (!fits && typeof own !== 'function') kept.start(own, { finite: true }).release();
  return makeCell(cell, String(cell), {
    ...kept,
    initialState: own,
    start(state, options) {
      const isGiven = state !== undefined || options?.restored;
      return isGiven
        ? kept.start(state, options)
        : kept.start(made(own), { ...options, finite: true });
    },
  });
}

/** What a factory makes, or the value itself. */
export function made(given: unknown): unknown {
  return typeof given === 'function' ? given() : given;
}
