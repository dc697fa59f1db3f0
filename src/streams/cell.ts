import type { NdArray } from '../arrays/ndarray.js';
import type { Engine } from '../code/engine.js';
import type { Engines } from '../code/engines.js';
import { type Model, ModelBuilder } from '../code/model.js';
import { type ParameterShape, parameterShapes } from '../graph/parameters.js';
import type { EquationSpec } from '../graph/spec.js';
import type { BirthOptions, Machine, StartOptions } from './any-machine.js';
import type { Joins, Through } from './flow.js';
import type {
  Answer,
  InputFor,
  NoParams,
  Packing,
  Params,
  PortSizes,
  SameForm,
  StateInput,
} from './forms.js';
import type { StateShape } from './state.js';

/** What cells and layers both show; `S` is the state, see `StateOf`. */
export interface Described<S, I, O, P = Params> {
  /**
   * Length of an input vector, by name of several; undefined where a plain function takes the
   * input.
   */
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
 * `[inputSize, batch]` to `y` `[outputSize]` or `[outputSize, batch]`, float32. Several inputs are
 * a record by name, and so are several outputs. An undefined `h` is the initial state; neither
 * argument is altered, and what it returns is never altered afterwards. Throws a RecurError for an
 * invalid state or input. `Cell` alone is any one cell made of equations.
 */
// biome-ignore lint/suspicious/noExplicitAny: a state goes in as well as out, so unknown is no top
export interface Cell<S = any, I = number, O = number, Y = SameForm, P = Params>
  extends Described<S, I, O, P> {
  <X extends InputFor<I>>(h: StateInput<S> | undefined, x: X): [h: S, y: Answer<Y, X>];
  readonly [internals]: CellInternals;
}

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

/** What the library keeps of a cell beside its public face. */
export interface CellInternals {
  readonly spec: EquationSpec | CompositeSpec;
  /** The model as printed, but for the names of plain functions, which minifiers change. */
  readonly signature: string;
  /** Where it begins, if that was given: a value, or a factory that is called at each birth. */
  readonly initialState?: unknown;
  /** A machine at the given state (`undefined`: the initial one). */
  start(state?: unknown, options?: BirthOptions): Machine;
  /** What runs it as one program, and its states; undefined where a plain function takes part. */
  readonly engines?: Engines | undefined;
  readonly shape?: StateShape | undefined;
  readonly marks?: Marks | undefined;
  /** Why a single step tells it nothing: what of it looks ahead. It reads sequences as wholes. */
  readonly why?: string | undefined;
  /** Of one that does: how a layer runs that it is a member of. */
  readonly compose?: ((own: Composition) => Runs) | undefined;
  /** Of several inputs or outputs. Its machines take records that were packed into one vector. */
  readonly ports?: CellPorts | undefined;
}

/**
 * What only a cell of several inputs or outputs needs. It is carried by such cells, so that a page
 * without them need not hold it; see streams/ports.ts.
 */
export interface CellPorts {
  readonly inputs: Packing;
  readonly outputs: Packing;
  /** What makes one vector, or batch, of each record; `once`: of use until the next one. */
  settler(once?: boolean): (x: unknown) => unknown;
  /** A chunk as a list of such vectors, or as one ndarray. */
  chunk(steps: unknown): readonly unknown[] | NdArray;
  /** A record of answers of one vector, or ndarray. */
  answer(y: unknown, copies?: boolean): unknown;
  /** States whose outputs are records. */
  keyed<K>(states: K, copies?: boolean): K;
  /** Members of a layer, each as a cell of one input and one output that fit each other. */
  joined(of: string, cells: readonly AnyCell[]): JoinedMembers;
  /** Refuses to be a member of a layer that can't have one of several inputs or outputs. */
  checkWithin(of: string, where: string): void;
}

/** Members of a layer that fit each other, and what makes of how they run how the layer does. */
export interface JoinedMembers {
  readonly members: readonly AnyCell[];
  readonly sizes: { readonly inputSize: never; readonly outputSize: never };
  runs<R>(runs: R): R;
}

/** The key of `CellInternals`: one symbol for all copies of the library on a page. */
export const internals: unique symbol = Symbol.for('rxrecur.cell') as never;

/** A layer of some kind, or a plain function. */
export type CompositeSpec =
  | LayerSpec
  | {
      readonly kind: 'function';
      readonly fn: (...args: never[]) => unknown;
      readonly stateful: boolean;
    };

/** All that makes a layer: its kind makes it again of this. */
export interface LayerSpec {
  readonly kind: Kind;
  readonly settings: Settings;
  readonly members: readonly AnyCell[];
  readonly params: Readonly<Record<string, Float32Array>>;
  /** What of its settings its text does not tell; where that differs, a state does not fit. */
  readonly unprinted?: (() => string) | undefined;
  /** Of a layer of members: how inputs go through them. */
  readonly through?: Through | undefined;
}

/** Numbers, names and flags. */
export type Settings = Readonly<Record<string, unknown>>;

/** A kind of layer, declared beside its constructor: every walk of a model reads it. */
export interface Kind {
  /**
   * Its constructor's name but for `Cell`: `causalConv1d`. Kinds are told apart by it, since a page
   * may have several copies of the library.
   */
  readonly name: string;
  /** The names of its settings, all of which a file has. Default none. */
  readonly settings?: readonly string[];
  /** How many members it has. Default none. */
  readonly members?: readonly [least: number, most: number];
  /** True: it has the state and the parameters of its member, not a tuple of them. */
  readonly sameState?: boolean;
  /** True: its state is no tuple with an entry a member: it has one a row, or names of its own. */
  readonly rows?: boolean;
  /** Shapes of the parameters that a layer of these settings has; absent: none. */
  shapes?(settings: never): readonly ParameterShape[];
  /** Calls the constructor, which checks everything: settings may come from a stranger. */
  make(settings: never, members: readonly AnyCell[], params: LayerSpec['params']): AnyCell;
}

/** A layer of members, and how its input goes through them. */
export interface Composition {
  /** Its name in messages. */
  readonly where: string;
  readonly members: readonly AnyCell[];
  readonly through: Through;
  readonly inputSize: number | undefined;
  /** Where outputs are joined. */
  readonly joins?: Joins | undefined;
}

/** How a layer runs: as one program, or by a machine of its own. */
export type Runs = Pick<CellInternals, 'why' | 'compose'> &
  (
    | { readonly model: Model; readonly shape: StateShape; readonly begin?: BeginMachine }
    | Pick<CellInternals, 'start'>
  );

/** Begins a machine of a program at a state. */
export type BeginMachine = (
  engine: Engine,
  shape: StateShape,
  state: unknown,
  options: StartOptions,
) => Machine;

/** A place in a chain that is no layer: it names an output, or goes on from named ones. */
export interface Marks {
  readonly name?: string;
  /** True: there is no layer; what has come so far goes on. */
  readonly bare?: boolean;
  readonly read?: readonly string[];
  /** Where there is no layer: what stands for one among machines and states. */
  readonly place?: { readonly machine: Machine; readonly shape: StateShape };
  readonly joins: Joins;
  /** How inputs go through the cells of a chain that has such places. */
  readonly throughOf: (cells: readonly AnyCell[]) => Through;
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

/** The shapes of a cell's own parameters, not of its members'. */
export function shapesOf(spec: EquationSpec | LayerSpec): readonly ParameterShape[] {
  return 'members' in spec
    ? (spec.kind.shapes?.(spec.settings as never) ?? [])
    : parameterShapes(spec.definition.plan, spec.sizes, spec.bias);
}

/** The equations of a cell of one input and one output as a model of one node. */
export function cellModel(spec: EquationSpec, where: string): Model {
  const { params, kind, ...cell } = spec;
  const { definition, sizes } = spec;
  const { nodes, output } = definition.plan;
  const builder = new ModelBuilder(sizes.input);
  const own = { op: 'cell', cell, params: builder.withParams(params), of: [0], where } as const;
  return builder.model(builder.add({ ...own, size: sizes[nodes[output].dimension] }));
}
