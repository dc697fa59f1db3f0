import type { Code } from '../kernels/wasm/code.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';

/** Parameters of a model's functions that hold addresses, in bytes: of weights, and of scratch. */
export const [weights, scratch] = [0, 1];

/** A module's functions: what one stream's step needs, what many need, and what sequences need. */
export type FunctionName = 'prepare' | 'step' | 'streams' | 'steps' | 'sequence';

/** Vectors in memory, one a stream (or step): a pointer in a local, and the rest. */
export interface Place {
  readonly local: number;
  readonly at: number;
  /** Bytes from one stream's to the next. */
  readonly stride: number;
}

/** Where a pointer points. */
export const pointer = (index: number, stride = 0): Place => ({ local: index, at: 0, stride });

/** The place so many bytes behind another. */
export const behind = (place: Place, bytes: number): Place => ({ ...place, at: place.at + bytes });

/** Code of a place's pointer. */
export const baseOf = (place: Pick<Place, 'local'>): Code => local.get(place.local);

/** Code of a place's address. */
export const addressOf = (place: Place): Code =>
  place.at ? plus(baseOf(place), i32.const(place.at)) : baseOf(place);

/** Code of an address, and an offset that varies, if there is one. */
export const plus = (address: Code, offset: Code | undefined): Code =>
  offset === undefined ? address : i32.add(address, offset);

/** Vectors one after another in an engine's memory, in floats. */
export interface Rows {
  readonly at: number;
  /** From one vector to the next. */
  readonly stride: number;
  /** Length of a vector. */
  readonly size: number;
}
