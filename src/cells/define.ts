import { check } from '../graph/check.js';
import { inputLengths } from '../graph/input-lengths.js';
import type { Declarations, Definition, Plan } from '../graph/plan.js';
import type { Reductions } from '../graph/reductions.js';
import { type CellOptions, specify } from '../graph/spec.js';
import type { Cell } from '../streams/cell.js';
import { equationCell } from '../streams/equation-cell.js';
import type { Params, SameForm } from '../streams/forms.js';
import { ported } from '../streams/ports.js';
import type { StateArray } from '../streams/state.js';

type Trim<T extends string> = T extends ` ${infer Rest}` ? Trim<Rest> : T;

/** The names that a text primes: `"h" | "c"`. */
type Primed<T extends string> = T extends `${infer Line}\n${infer Rest}`
  ? Primed<Line> | Primed<Rest>
  : Trim<T> extends `${infer Name}'${' ' | '='}${string}`
    ? Name extends `${string} ${string}`
      ? never
      : Name
    : never;

type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never;

/** The state of a cell, read out of its text: none, one array, or a record of arrays by name. */
export type StateOfText<T extends string> = string extends T
  ? StateArray | Record<string, StateArray> | undefined
  : [Primed<T>] extends [never]
    ? undefined
    : true extends IsUnion<Primed<T>>
      ? { [K in Primed<T>]: StateArray }
      : StateArray;

/** The output size as a type: what V maps to is known at run time only. */
export type OutputOfText<T extends string, H> = T extends `${string}V_${string}` ? number : H;

/** The names that inputs of a declaration have, if they are several. */
type Several<N> = true extends IsUnion<N> ? N : never;

/** How the sizes of inputs are given: a number, or `{ x: number, m: number }` for several. */
export type InputSizesOf<D extends Declarations> = [Several<keyof D['inputs']>] extends [never]
  ? number
  : { readonly [K in keyof D['inputs']]: number };

/** The size of the output, or of each of several by name. */
export type OutputSizesOf<T extends string, D extends Declarations, H> = [OutputNames<D>] extends [
  never,
]
  ? OutputOfText<T, H>
  : { readonly [K in OutputNames<D>]: number };

/** The form of the output, or of each of several by name. */
export type OutputFormsOf<D extends Declarations> = [OutputNames<D>] extends [never]
  ? SameForm
  : { readonly [K in OutputNames<D>]: SameForm };

type OutputNames<D extends Declarations> = D['outputs'] extends readonly (infer N extends string)[]
  ? Several<N>
  : never;

/** The options of a cell with these declarations. */
export type OptionsOf<D extends Declarations> = CellOptions & {
  readonly [K in keyof D['constants']]?: number;
} & {
  readonly [K in Exclude<keyof D['activations'], 'σ' | 'φ' | 'ψ'>]?: CellOptions['activation'];
};

/**
 * Makes cells of one kind: `lstmCell(10, 15, options)`, for vectors `[inputSize]` and a hidden
 * state `[size]`. Parameters are copied in, float32 in PyTorch's layout; without `params` they are
 * drawn. Throws a RecurError for sizes, options and parameters that are wrong.
 */
export type CellConstructor<T extends string = string, D extends Declarations = Declarations> = <
  const I extends number,
  const H extends number,
>(
  inputSize: I,
  size: H,
  options?: OptionsOf<D>,
) => Cell<StateOfText<T>, I, OutputOfText<T, H>, SameForm, Params>;

/**
 * `CellConstructor` of a text that declares its inputs or outputs: several inputs have a size each,
 * `maskedCell({ x: 10, m: 3 }, 15, options)`, and are taken as a record of vectors by name; several
 * outputs are answered as such a record.
 */
export type PortCellConstructor<T extends string, D extends Declarations> = <
  const I extends InputSizesOf<D>,
  const H extends number,
>(
  inputSize: I & { readonly [K in Exclude<keyof I, keyof InputSizesOf<D>>]: never },
  size: H,
  options?: OptionsOf<D>,
) => Cell<StateOfText<T>, I, OutputSizesOf<T, D, H>, OutputFormsOf<D>, Params>;

type ConstructorOf<T extends string, D extends Declarations> = D extends
  | { readonly inputs: object }
  | { readonly outputs: object }
  ? PortCellConstructor<T, D>
  : CellConstructor<T, D>;

/**
 * A cell from its equations, one a line, as a paper would print them. Returns its constructor
 * `(inputSize, size, options) => cell`.
 *
 * `W_k x` are rows k of weightIh plus biasIh, `U_k h` rows k of weightHh plus biasHh; `*` is
 * elementwise; a prime is the next step's state; the output is `y` if defined, else `h'`; σ, φ
 * and ψ are the activations that the options gateActivation, activation and outputActivation set.
 * Of inputs and outputs there may be several: `Declarations` names them. Their vectors are then
 * records by name; `W_k d` of an input of a size of its own, called n, are rows k of weightIh_n
 * plus biasIh_n.
 *
 * Throws an EquationError (a SyntaxError) that names line, column and what was expected.
 *
 * @example
 * const leakyCell = defineCell('Leaky', `
 *   n  = φ(W_n x + U_n h)
 *   h' = (1 - rate) * h + rate * n
 * `, { constants: { rate: 0.1 } });
 * String(leakyCell(3, 8, { rate: 0.25 })); // → LeakyCell(3, 8, tanh; rate=0.25)
 */
export function defineCell<const T extends string, const D extends Declarations = object>(
  name: string,
  text: T,
  declarations?: D,
): ConstructorOf<T, D> {
  const definition = check(name, text, declarations);
  const lengths = declarations?.inputs && inputLengths;
  return constructorOf<T, D>(ported(definition), lengths) as ConstructorOf<T, D>;
}

/**
 * `defineCell` for the library's own texts, whose plans are in cells/plans.ts, and the reductions
 * that they call: a program that uses them need not carry what reads a text, nor other reductions.
 */
export function builtIn<const T extends string, const D extends Declarations = object>(
  name: string,
  text: T,
  plan: Plan,
  declarations = {} as D,
  reductions?: Reductions,
): CellConstructor<T, D> {
  return constructorOf({ name, text, declarations, plan, reductions });
}

/** The constructor of cells whose vectors all have one size: `layerNormCell(15, options)`. */
export type SameSizeConstructor<D extends Declarations = Declarations> = <const N extends number>(
  size: N,
  options?: OptionsOf<D>,
) => Cell<undefined, N, N, SameForm, Params>;

/** `builtIn` for texts without states and maps, which take x element by element. */
export function sameSize<const D extends Declarations = object>(
  name: string,
  text: string,
  plan: Plan,
  declarations?: D,
  reductions?: Reductions,
): SameSizeConstructor<D> {
  const all = { ...declarations, sameSize: true } as D;
  const construct = builtIn<'', D>(name, text as '', plan, all, reductions);
  return (size, options) => construct(size, size, options);
}

function constructorOf<T extends string, D extends Declarations>(
  definition: Definition,
  lengthsOf?: typeof inputLengths,
): CellConstructor<T, D> {
  return (inputSize, size, options = {} as OptionsOf<D>) => {
    const lengths = lengthsOf?.(definition, inputSize, size) ?? inputSize;
    return equationCell(specify(definition, lengths, size, options));
  };
}
