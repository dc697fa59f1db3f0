import type { NdView, Out, Vec } from '../arrays/ndarray.js';
import type { StateArray } from './state.js';

/** A cell's parameters by canonical name: copies, as row-major float32 ndarrays. */
export type Params = Readonly<Record<string, NdView>>;

/** Stands for "whatever array form came in" as a cell's output type. */
export interface SameForm {
  readonly sameForm: true;
}

/** Lengths of several inputs or outputs, by name. */
export type PortSizes = Readonly<Record<string, number>>;

/**
 * What a cell with inputs of sizes I takes: a vector or a batch, or one for each of several inputs.
 */
export type InputFor<I> = [I] extends [PortSizes] ? { readonly [K in keyof I]: Vec } : Vec;

/**
 * The output of a cell whose output type is Y for an input of type X. The inputs of one event have
 * one form, which is that of each output: all vectors, or all batches of so many columns; the class
 * of an answer's arrays is that of the first input's array.
 */
export type Answer<Y, X> = Y extends SameForm
  ? OutFor<X>
  : Y extends Readonly<Record<string, SameForm>>
    ? { [K in keyof Y]: OutFor<X> }
    : Y;

type OutFor<X> = X extends Vec ? Out<X> : Out<X[keyof X]>;

/** The forms in which a state may be given: any vector or `[size, batch]` ndarray. */
export type StateInput<S> = S extends StateArray
  ? Vec
  : S extends undefined
    ? undefined
    : S extends readonly unknown[] | Readonly<Record<string, StateArray>>
      ? { readonly [K in keyof S]: StateInput<S[K]> }
      : S;

/** A plain function's parameters: none. */
export type NoParams = Readonly<Record<string, never>>;

/** Vectors by name, where each of them is in one vector, and its length. */
export interface Packing {
  readonly ports: readonly { readonly name: string; readonly at: number; readonly size: number }[];
  readonly size: number;
}
