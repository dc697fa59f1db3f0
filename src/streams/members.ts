import type { Out, Vec } from '../arrays/ndarray.js';
import type { AnyCell, Cell, FunctionCell, PortCell, StateOf } from './cell.js';
import type { InputFor, NoParams, PortSizes, SameForm } from './forms.js';

/** The key under which an operator made by `recur` says which configuration it carries. */
export const carried: unique symbol = Symbol.for('rxrecur.carried') as never;

/** Anything that has a cell: what `recur`, and so `lstm(10, 15)`, returns. */
export interface WithCell {
  readonly cell: AnyCell;
  readonly [carried]?: readonly string[];
}

/** Says that cells are functions, by which a function that is written in place of one is typed. */
interface CallableCell extends PortCell {
  (h: never, x: never): readonly [h: unknown, y: unknown];
}

/** What `recur` and `stateful` take beside plain functions. */
export type Model = CallableCell | PortModel;

// biome-ignore lint/suspicious/noExplicitAny: a stateless function of the user's own types
type Stateless = (x: any) => any;

/** What layers are made of: cells, layers and stateless functions. */
export type Member = AnyCell | WithCell | Stateless;

/** A cell or a layer, be its inputs and outputs one or several. */
export type PortModel = PortCell | { readonly cell: PortCell };

/** What chains and branches are made of: those of several inputs or outputs too. */
export type PortMember = Member | PortModel;

/**
 * What a model takes: any vector, a record of vectors by the names of its inputs, or what the
 * function takes that comes first.
 */
export type InputOf<M> =
  M extends Cell<infer _S, infer I extends number | PortSizes, infer _O, infer _Y, infer _P>
    ? InputFor<I>
    : M extends FunctionCell<infer _S, infer X, infer _Y, infer _O, infer _P>
      ? X
      : M extends { readonly cell: infer C }
        ? InputOf<C>
        : Vec;

/**
 * What a model answers: SameForm, by name of several outputs, or what a function of the user's own
 * makes of it.
 */
export type OutputOf<M> =
  M extends Cell<infer _S, infer _I extends number | PortSizes, infer _O, infer Y, infer _P>
    ? Y
    : M extends FunctionCell<infer _S, infer _X, infer Y, infer _O, infer _P>
      ? Y
      : M extends { readonly cell: infer C }
        ? OutputOf<C>
        : never;

type SizeOf<M, K extends 'inputSize' | 'outputSize'> = M extends {
  readonly [P in K]: infer N extends number | PortSizes;
}
  ? N
  : undefined;

/** The members, or an error type at the first one whose input size is not what comes before it. */
export type Fitting<M extends readonly unknown[], Before = undefined> = M extends readonly [
  infer First,
  ...infer Rest,
]
  ? [Agree<Before, SizeOf<First, 'inputSize'>>] extends [true]
    ? readonly [First, ...Fitting<Rest, SizeOf<First, 'outputSize'>>]
    : readonly [{ readonly inputSize: Before }, ...Rest]
  : M;

/** False only for two different literals, and for inputs that no outputs are. */
type Agree<A, B> = A extends PortSizes
  ? B extends PortSizes
    ? AgreeByName<A, B>
    : B extends number
      ? [Choices<A, B>] extends [never]
        ? false
        : true
      : true
  : A extends number
    ? B extends number
      ? number extends A
        ? true
        : number extends B
          ? true
          : A extends B
            ? true
            : false
      : B extends PortSizes
        ? false
        : true
    : true;

/** True for the same names, each of one size. */
type AgreeByName<A extends PortSizes, B extends PortSizes> = [keyof A, keyof B] extends [
  keyof B,
  keyof A,
]
  ? false extends { [K in keyof A]: Agree<A[K], B[K & keyof B]> }[keyof A]
    ? false
    : true
  : false;

/** The names of outputs that may be an input of a size. */
type Choices<A extends PortSizes, B> = {
  [K in keyof A]: Agree<A[K], B> extends true ? K : never;
}[keyof A];

type LastOf<M extends readonly unknown[]> = M extends readonly [...unknown[], infer L] ? L : never;

/** A chain's state: a tuple with one entry a member, undefined for a stateless one. */
export type ChainState<M extends readonly unknown[]> = {
  [K in keyof M]: M[K] extends { initialState(): unknown } ? StateOf<M[K]> : undefined;
};

/** A chain's parameters: a tuple with one entry a member, empty for a plain function. */
export type ChainParams<M extends readonly unknown[]> = {
  readonly [K in keyof M]: M[K] extends { readonly params: infer P } ? P : NoParams;
};

/** What comes out of members one after another, when Y goes into the first. */
type Through<M extends readonly unknown[], Y = SameForm> = M extends readonly [
  infer First,
  ...infer Rest,
]
  ? Through<Rest, After<First, Y>>
  : Y;

type After<F, Y> = F extends { initialState(): unknown }
  ? [OutputOf<F>] extends [SameForm]
    ? FormOf<Y>
    : OutputOf<F> extends Readonly<Record<string, SameForm>>
      ? { readonly [K in keyof OutputOf<F>]: FormOf<Y> }
      : OutputOf<F>
  : F extends (x: never) => infer R
    ? R
    : never;

/** The form in which a cell of equations answers Y. */
type FormOf<Y> = 0 extends 1 & (Y | Y[keyof Y])
  ? Float32Array
  : Y extends SameForm | Readonly<Record<string, SameForm>>
    ? SameForm
    : Y extends Vec
      ? Out<Y>
      : Out<Y[keyof Y]>;

type FirstInput<F> = F extends { initialState(): unknown }
  ? InputOf<F>
  : F extends (x: infer X) => unknown
    ? X
    : never;

/** The cell of `chainCell(...members)`. */
export type ChainCell<M extends readonly unknown[]> =
  SizeOf<M[0], 'inputSize'> extends number | PortSizes
    ? Cell<
        ChainState<M>,
        SizeOf<M[0], 'inputSize'>,
        SizeOf<LastOf<M>, 'outputSize'>,
        Through<M>,
        ChainParams<M>
      >
    : FunctionCell<
        ChainState<M>,
        FirstInput<M[0]>,
        Through<M>,
        SizeOf<LastOf<M>, 'outputSize'>,
        ChainParams<M>
      >;

/** The inputs that branches share. */
export type SharedInputs<M extends readonly unknown[]> =
  SizeOf<M[0], 'inputSize'> extends infer I extends PortSizes ? I : number;
