import {
  type AnyCell,
  type Cell,
  type CellInternals,
  type CompositeSpec,
  internals,
  makeCell,
} from '../equations/cell.js';
import type { Machine } from '../equations/machine.js';
import { describe, mismatch } from '../errors.js';
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

/** A plain function `(h, x) => [h, y]` as a cell; `startingFrom` gives it an initial state. */
export function functionCell(fn: AnyPlainCell): AnyCell {
  return plainCell(fn, true);
}

/** A plain function `x => y` as a cell without state. */
export function statelessCell(fn: (x: never) => unknown): AnyCell {
  return plainCell(fn, false);
}

function plainCell(
  fn: (...args: never[]) => unknown,
  stateful: boolean,
): Cell<unknown, undefined, undefined, unknown> {
  const name = fn.name || 'function';
  const spec: CompositeSpec = { kind: 'function', fn, stateful };
  return makeCell(
    { inputSize: undefined, outputSize: undefined, hiddenSize: 0, params: {} },
    name,
    {
      spec,
      signature: 'function',
      start: state => new FunctionMachine(name, fn, stateful, state),
    },
  );
}

/** A cell that begins elsewhere: at a value, or at what a factory makes for each birth. */
export function startingFrom(cell: AnyCell, initialState: unknown): AnyCell {
  if (initialState === undefined) return cell;
  const kept: CellInternals = cell[internals];
  const own = copyValue(initialState);
  // A value that does not fit is a wrong argument: it throws here, not when a stream starts.
  if (typeof own !== 'function') kept.start(own, { finite: true });
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

class FunctionMachine implements Machine {
  readonly batch = null;
  readonly #name: string;
  readonly #fn: (...args: never[]) => unknown;
  readonly #stateful: boolean;
  #now: unknown;
  #next: unknown;

  constructor(
    name: string,
    fn: (...args: never[]) => unknown,
    stateful: boolean,
    initial: unknown,
  ) {
    this.#name = name;
    this.#fn = fn;
    this.#stateful = stateful;
    this.#now = copyValue(initial);
    this.#next = this.#now;
  }

  step(x: unknown): unknown {
    if (!this.#stateful) return (this.#fn as (x: unknown) => unknown)(x);
    const result = (this.#fn as (h: unknown, x: unknown) => unknown)(this.#next, x);
    if (!Array.isArray(result) || result.length !== 2) {
      throw mismatch(this.#name, 'a pair [h, y] to be returned', describe(result));
    }
    this.#next = result[0];
    return result[1];
  }

  commit(): void {
    this.#now = this.#next;
  }

  rollback(): void {
    this.#next = this.#now;
  }

  state(): unknown {
    return copyValue(this.#now);
  }
}
