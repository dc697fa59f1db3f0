import type { Emitter } from '../kernels/wasm/emitter.js';
import type { Code } from '../kernels/wasm/module.js';
import type { GraphPlan } from './layout.js';
import type { Place } from './places.js';
import type { Turns } from './turns.js';

/** How many steps a sequence has: known, or in a local. */
export interface Count {
  readonly fixed?: number;
  readonly code: Code;
}

/** A sequence, and how many steps it has. */
export interface Value {
  readonly place: Place;
  readonly count: Count;
}

/** Pointers to the stream's block of states: the one that is read, and the one that is written. */
export interface States {
  readonly now: Place;
  readonly next: Place;
}

/** Composes a graph of steps for all turns, on ports at some places, its answer at another. */
export type GraphCode = (
  e: Emitter,
  plan: GraphPlan,
  ports: readonly Place[],
  turns: Turns,
  answer?: Place,
) => Code;
