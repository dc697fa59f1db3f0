import type { NdView, Out, Vec } from '../arrays/ndarray.js';
import type { Engine } from '../code/engine.js';
import { type Engines, engines } from '../code/engines.js';
import type { Unit, UnitSpec } from '../code/units.js';
import { describe, mismatch } from '../errors.js';
import { copyParameters, type ParameterShape, parameterShapes } from '../graph/parameters.js';
import { inputsOf, lengthsOf, outputsOf } from '../graph/ports.js';
import { cellText, type EquationSpec, lower } from '../graph/spec.js';
import type { Backend } from '../kernels/backends.js';
import { settled } from './inputs.js';
import { EngineMachine, type Machine, type StartOptions } from './machine.js';
import type { StateArray, StateShape } from './state.js';

/** A cell's parameters by canonical name: copies, as row-major float32 ndarrays. */
export type Params = Readonly<Record<string, NdView>>;

/** Stands for "whatever array form came in" as a cell's output type. */
export interface SameForm {
  readonly sameForm: true;
}

/** Lengths of several inputs or outputs, by name. */
export type PortSizes = Readonly<Record<string, number>>;

/** What a cell with inputs of sizes I takes: a vector or a batch, or one for each of several inputs. */
export type InputFor<I> = [I] extends [PortSizes] ? { readonly [K in keyof I]: Vec } : Vec;

/**
 * The output of a cell whose output type is Y for an input of type X. The inputs of one event have one
 * form, which is that of each output: all vectors, or all batches of so many columns; the class of an
 * answer's arrays is that of the first input's array.
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

/** What cells and layers both show; `S` is the state, see `StateOf`. */
export interface Described<S, I, O, P = Params> {
  /** Length of an input vector, by name of several; undefined where a plain function takes the input. */
  readonly inputSize: I;
  /** Length of an output vector, by name of several; undefined where a plain function makes it. */
  readonly outputSize: O;
  /** Length of the hidden state; 0 without state, the sum over the members of a chain. */
  readonly hiddenSize: number;
  /** Copies of the parameters; for a chain a tuple with one entry a member. */
  readonly params: P;
  /** A fresh copy of the state where a stream begins. */
  initialState(): S;
}

/**
 * A recurrent cell: a pure function `(h, x) => [h', y]`, from `x` `[inputSize]` or
 * `[inputSize, batch]` to `y` `[outputSize]` or `[outputSize, batch]`, float32. Several inputs are a
 * record by name, and so are several outputs. An undefined `h` is the initial state; neither argument is altered, and what it returns is never altered afterwards. Throws
 * a RecurError for an invalid state or input. `Cell` alone is any one cell made of equations.
 */
// biome-ignore lint/suspicious/noExplicitAny: a state goes in as well as out, so unknown is no top
export interface Cell<S = any, I = number, O = number, Y = SameForm, P = Params>
  extends Described<S, I, O, P> {
  <X extends InputFor<I>>(h: StateInput<S> | undefined, x: X): [h: S, y: Answer<Y, X>];
  readonly [internals]: CellInternals;
}

/** A plain function's parameters: none. */
export type NoParams = Readonly<Record<string, never>>;

/**
 * A cell that a function of the user's own begins: it takes and answers whatever that does. An
 * undefined `h` is the initial state.
 */
export interface FunctionCell<S, X, Y, O = undefined, P = NoParams>
  extends Described<S, undefined, O, P> {
  (h: StateInput<S> | undefined, x: X): [h: S, y: Y];
  readonly [internals]: CellInternals;
}

/** The state of a model: `StateOf<typeof model>`. */
export type StateOf<M> = M extends { initialState(): infer S } ? S : never;

/** How a machine starts. */
export interface BirthOptions extends StartOptions {
  /** Pins the backend. */
  readonly backend?: Backend | undefined;
}

/** What the library keeps of a cell beside its public face. */
export interface CellInternals {
  readonly spec: EquationSpec | CompositeSpec;
  /** The model as printed, but for the names of plain functions, which minifiers change. */
  readonly signature: string;
  /** Where it begins, if that was given: a value, or a factory that is called at each birth. */
  readonly initialState?: unknown;
  /** A machine at the given state (`undefined`: the initial one). */
  start(state?: unknown, options?: BirthOptions): Machine;
  /** What runs it, and its states; undefined where a plain function takes part. */
  readonly engines?: Engines | undefined;
  readonly shape?: StateShape | undefined;
  /** What runs the arithmetic of a layer that is more than that: a convolution over sequences. */
  readonly inner?: Engines | undefined;
  readonly marks?: Marks | undefined;
  /** Of a layer that reads sequences as wholes: a single step tells it nothing. */
  readonly whole?: WholeStart | undefined;
  /** How a chain runs that it is a member of. */
  readonly compose?: ((cells: readonly AnyCell[]) => WholeRuns) | undefined;
  /** How many steps it makes of so many; as many where it is absent. */
  readonly stepsAfter?: ((steps: number) => number) | undefined;
  /** Why it reads wholes: what of it looks ahead. */
  readonly why?: string | undefined;
}

/** Steps one after another, `[count][size]`. */
export interface Frames {
  readonly data: Float32Array;
  readonly count: number;
  readonly size: number;
}

/** Runs sequences, each from the initial state on; `release` gives back its room. */
export interface WholeRunner {
  run(steps: Frames): Frames;
  /** Where each sequence begins, in the public form. */
  state(): unknown;
  release(): void;
}

/** What a layer that reads sequences as wholes runs by. */
export type WholeRuns = Pick<
  CellInternals,
  'start' | 'whole' | 'why' | 'stepsAfter' | 'compose' | 'inner'
>;

/** Makes a runner whose sequences begin at a state. */
export type WholeStart = (state?: unknown, options?: BirthOptions) => WholeRunner;

/** The key of `CellInternals`: one symbol for all copies of the library on a page. */
export const internals: unique symbol = Symbol.for('rxrecur.cell') as never;

/** A chain, a plain function, or a layer of another kind. */
export type CompositeSpec =
  | LayerSpec
  | {
      readonly kind: 'chain';
      readonly members: readonly AnyCell[];
      readonly again: (members: readonly AnyCell[]) => AnyCell;
    }
  | {
      readonly kind: 'function';
      readonly fn: (...args: never[]) => unknown;
      readonly stateful: boolean;
    };

/** A layer that is no equations: what made it, so that a file can make it again. */
export interface LayerSpec {
  readonly kind: 'layer';
  /** Its constructor's name but for `Cell`: `causalConv1d`. */
  readonly name: string;
  /** Numbers, names and flags. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly members: readonly AnyCell[];
  readonly shapes: readonly ParameterShape[];
  readonly params: Readonly<Record<string, Float32Array>>;
  /** Makes the layer of other members, or with other parameters; absent if it has neither. */
  readonly again?: LayerAgain | undefined;
}

/** Makes a layer again, of other members and with other parameters. */
export type LayerAgain = (
  members: readonly AnyCell[],
  params: Readonly<Record<string, Float32Array>>,
) => AnyCell;

/** What a member of a chain says of the outputs: which name its own has, or which ones it reads. */
export interface Marks {
  readonly name?: string;
  /** True: there is no layer; what has come so far goes on. */
  readonly bare?: boolean;
  readonly read?: { readonly names: readonly string[]; readonly join: Join };
  /** How outputs go through a chain that has such a member. */
  readonly passing: Passing;
}

/**
 * What goes through the members of a chain in turn: outputs, sizes, units. `turn` is a member's,
 * `joined` makes one of those that are read.
 */
export type Passing = <V>(
  cells: readonly AnyCell[],
  value: V,
  turn: (value: V, i: number) => V,
  joined: (join: Join, values: readonly V[], i: number) => V,
) => V;

/** How outputs become one: as a unit, in any form, as frames. */
export interface Join {
  unit(sizes: readonly number[]): UnitSpec;
  values(outputs: readonly unknown[]): unknown;
  frames(outputs: readonly Frames[]): Frames;
}

/** Any cell, be its inputs and outputs one or several. */
export interface PortCell
  extends Described<
    unknown,
    number | PortSizes | undefined,
    number | PortSizes | undefined,
    unknown
  > {
  readonly [internals]: CellInternals;
}

/** Any cell of one input and one output, for code that does not care for its types. */
export interface AnyCell
  extends Described<unknown, number | undefined, number | undefined, unknown> {
  readonly [internals]: CellInternals;
}

/** The equations of a cell; throws a RecurError for anything that is no one cell of equations. */
export function equationSpec(where: string, cell: unknown): EquationSpec {
  const kept = (cell as Partial<AnyCell> | null | undefined)?.[internals];
  if (kept?.spec.kind === 'equations') return kept.spec;
  throw mismatch(where, 'a cell made of equations', kept ? String(cell) : describe(cell));
}

/** The cell that a specification describes. */
export function equationCell<S, I, O>(spec: EquationSpec): Cell<S, I, O, SameForm, Params> {
  const { definition, sizes } = spec;
  const { name, plan } = definition;
  const text = cellText(spec);
  const variables = plan.states.map(s => ({ name: s.name, size: sizes[s.dimension] }));
  return makeCell<S, I, O>(
    {
      inputSize: lengthsOf(inputsOf(plan), sizes) as I,
      outputSize: lengthsOf(outputsOf(plan), sizes) as O,
      hiddenSize: plan.states.length ? sizes.hidden : 0,
      get params() {
        return copyParameters(parameterShapes(plan, sizes, spec.bias), spec.params);
      },
    },
    text,
    { spec, signature: text, ...running(unitsOf(spec), { layer: lower(name), variables }) },
  );
}

const unitsOf = (spec: EquationSpec): Unit[] => [
  { spec, from: [-1], where: lower(spec.definition.name) },
];

/** What runs units as one program. */
export function running(
  units: readonly Unit[],
  shape: StateShape,
): Pick<CellInternals, 'start' | 'engines' | 'shape'> {
  const own = engines(units);
  return {
    engines: own,
    shape,
    start(state, { backend, ...options } = {}) {
      const begin = (engine: Engine) => new EngineMachine(engine, shape, state, options);
      const engine = own.get(backend);
      try {
        return begin(engine);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return begin(own.elsewhere(engine, backend));
      }
    },
  };
}

/** A callable cell from its description, its text and what the library keeps of it. */
export function makeCell<S, I, O, Y = SameForm, P = Params>(
  described: Omit<Described<S, I, O, P>, 'initialState'>,
  text: string,
  kept: CellInternals,
): Cell<S, I, O, Y, P> {
  const call = (h: unknown, x: unknown) => {
    const machine = kept.start(h);
    try {
      const y = machine.step(settled(x, described.inputSize as number | undefined));
      machine.commit();
      return [machine.state(), y];
    } finally {
      machine.release();
    }
  };
  const initialState = () => {
    const machine = kept.start();
    const state = machine.state();
    machine.release();
    return state;
  };
  Object.defineProperties(call, {
    ...Object.getOwnPropertyDescriptors(described),
    initialState: { value: initialState },
    toString: { value: () => text },
    name: { value: text },
    [internals]: { value: kept },
  });
  return Object.freeze(call) as unknown as Cell<S, I, O, Y, P>;
}
