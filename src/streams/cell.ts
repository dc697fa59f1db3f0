import type { NdArray, NdView, Out, Vec } from '../arrays/ndarray.js';
import type { Engine } from '../code/engine.js';
import { type Engines, engines } from '../code/engines.js';
import { type Model, ModelBuilder } from '../code/model.js';
import { describe, mismatch } from '../errors.js';
import { copyParameters, type ParameterShape, parameterShapes } from '../graph/parameters.js';
import type { Definition } from '../graph/plan.js';
import type { InputSizes } from '../graph/ports.js';
import { cellText, type EquationSpec, lower } from '../graph/spec.js';
import type { Backend } from '../kernels/backends.js';
import type { Frames } from './frames.js';
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

/** Vectors by name, where each of them is in one vector, and its length. */
export interface Packing {
  readonly ports: readonly { readonly name: string; readonly at: number; readonly size: number }[];
  readonly size: number;
}

/** A definition that says how its cells run, if they have several inputs or outputs. */
export interface PortedDefinition extends Definition {
  readonly ported?: (spec: EquationSpec, shape: StateShape, where: string) => CellFace;
}

/** What a cell of equations shows of its inputs and outputs, and how it runs. */
export interface CellFace {
  readonly inputSize: InputSizes;
  readonly outputSize: InputSizes;
  /** The sizes of its inputs, as printed. */
  readonly input: string;
  readonly runs: ReturnType<typeof running> & Pick<CellInternals, 'ports'>;
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
  /** True: its state is a tuple of states of its one member, with an entry a row. */
  readonly rows?: boolean;
  /** Shapes of the parameters that a layer of these settings has; absent: none. */
  shapes?(settings: never): readonly ParameterShape[];
  /** Calls the constructor, which checks everything: settings may come from a stranger. */
  make(settings: never, members: readonly AnyCell[], params: LayerSpec['params']): AnyCell;
}

/** What goes through the members of a layer: vectors, sequences, values of a graph, sizes. */
export interface Flow<V> {
  /** The output of the i-th member; members come in their order, once each. */
  member(i: number, input: V): V;
  /** One of several outputs; `where` names it in messages, `i` is the member that does it, if one. */
  joined(by: Join, values: readonly V[], where: string, i?: number): V;
  /** A sequence from the last step to the first. */
  reversed(value: V): V;
}

/** How outputs become one: one after another, or element by element. */
export type Join = 'concat' | 'add' | 'multiply' | 'average';

/** How several outputs become one: in a graph of steps, as values in any form, as sequences. */
export interface Joins {
  node(builder: ModelBuilder, by: Join, of: readonly number[], where: string): number;
  values(where: string, by: Join, values: readonly unknown[]): unknown;
  frames(where: string, by: Join, values: readonly Frames[]): Frames;
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

/** How inputs go through the members of a layer. */
export type Through = <V>(flow: Flow<V>, input: V) => V;

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

/** The equations of a cell; throws a RecurError for anything that is no one cell of equations. */
export function equationSpec(where: string, cell: unknown): EquationSpec {
  const kept = (cell as Partial<AnyCell> | null | undefined)?.[internals];
  if (kept?.spec.kind === 'equations') return kept.spec;
  throw mismatch(where, 'a cell made of equations', kept ? String(cell) : describe(cell));
}

/** The cell that a specification describes. */
export function equationCell<S, I, O>(spec: EquationSpec): Cell<S, I, O, SameForm, Params> {
  const { sizes } = spec;
  const definition: PortedDefinition = spec.definition;
  const { name, plan } = definition;
  const where = lower(name);
  const variables = plan.states.map(s => ({ name: s.name, size: sizes[s.dimension] }));
  const shape = { layer: where, variables };
  const { inputSize, outputSize, input, runs } = (definition.ported ?? onePort)(spec, shape, where);
  const text = cellText(spec, input);
  return makeCell<S, I, O>(
    {
      inputSize: inputSize as I,
      outputSize: outputSize as O,
      hiddenSize: plan.states.length ? sizes.hidden : 0,
      get params() {
        return copyParameters(shapesOf(spec), spec.params);
      },
    },
    text,
    { spec, signature: text, ...runs },
  );
}

/** A cell of one input and one output. */
function onePort(spec: EquationSpec, shape: StateShape, where: string): CellFace {
  const { input } = spec.sizes;
  const model = cellModel(spec, where);
  const { nodes, output } = model.graph;
  const runs = running(model, shape);
  return { inputSize: input, outputSize: nodes[output].size, input: String(input), runs };
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

/** What runs a model as one program. */
export function running(
  model: Model,
  shape: StateShape,
  begin: BeginMachine = (...of) => new EngineMachine(...of),
): Pick<CellInternals, 'start' | 'engines' | 'shape'> {
  const own = engines(model);
  return {
    engines: own,
    shape,
    start(state, { backend, ...options } = {}) {
      const engine = own.get(backend);
      try {
        return begin(engine, shape, state, options);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return begin(own.elsewhere(engine, backend), shape, state, options);
      }
    },
  };
}

/** The shapes of a cell's own parameters, not of its members'. */
export function shapesOf(spec: EquationSpec | LayerSpec): readonly ParameterShape[] {
  return 'members' in spec
    ? (spec.kind.shapes?.(spec.settings as never) ?? [])
    : parameterShapes(spec.definition.plan, spec.sizes, spec.bias);
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
      const y = machine.step(
        kept.ports?.settler()(x) ?? settled(x, described.inputSize as number | undefined),
      );
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
