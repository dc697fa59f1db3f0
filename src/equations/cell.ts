import type { NdView, Out, Vec } from '../arrays/ndarray.js';
import { checkNames, describe, mismatch } from '../errors.js';
import {
  type Activation,
  activationText,
  type ResolvedActivation,
  resolveActivation,
} from './activations.js';
import { initialise, seedOf } from './initialise.js';
import { interpret, type Program } from './interpret.js';
import { type Machine, ProgramMachine, type StartOptions, type StateArray } from './machine.js';
import {
  copyParameters,
  type ParameterInput,
  parameterShapes,
  readParameters,
  type Sizes,
} from './parameters.js';
import { type Definition, slotOptions } from './plan.js';

/** A cell's parameters by canonical name: copies, as row-major float32 ndarrays. */
export type Params = Readonly<Record<string, NdView>>;

/** Stands for "whatever array form came in" as a cell's output type. */
export interface SameForm {
  readonly sameForm: true;
}

/** The output of a cell whose output type is Y for an input of type X. */
export type Answer<Y, X> = Y extends SameForm ? Out<X> : Y;

/** The forms in which a state may be given: any vector or `[size, batch]` ndarray. */
export type StateInput<S> = S extends StateArray
  ? Vec
  : S extends undefined
    ? undefined
    : S extends readonly unknown[] | Readonly<Record<string, StateArray>>
      ? { readonly [K in keyof S]: StateInput<S[K]> }
      : S;

/** What cells and layers both show; `S` is the state, see `StateOf`. */
export interface Described<S, I, O> {
  /** Length of an input vector; undefined where a plain function takes the input. */
  readonly inputSize: I;
  /** Length of an output vector; undefined where a plain function makes the output. */
  readonly outputSize: O;
  /** Length of the hidden state; 0 without state, the sum over the members of a chain. */
  readonly hiddenSize: number;
  /** Copies of the parameters; for a chain a tuple with one entry a member. */
  readonly params: Params | readonly Params[];
  /** A fresh copy of the state where a stream begins. */
  initialState(): S;
}

/**
 * A recurrent cell: a pure function `(h, x) => [h', y]`. An undefined `h` is the initial state;
 * neither argument is altered, and what it returns is never altered afterwards.
 */
export interface Cell<S = unknown, I = number, O = number, Y = SameForm>
  extends Described<S, I, O> {
  <X extends Vec>(h: StateInput<S> | undefined, x: X): [h: S, y: Answer<Y, X>];
  readonly [internals]: CellInternals;
}

/** The state of a model: `StateOf<typeof model>`. */
export type StateOf<M> = M extends { initialState(): infer S } ? S : never;

/** What the library keeps of a cell beside its public face. */
export interface CellInternals {
  readonly spec: EquationSpec | CompositeSpec;
  /** The model as printed, but for the names of plain functions, which minifiers change. */
  readonly signature: string;
  /** A machine at the given state (`undefined`: the initial one). */
  start(state?: unknown, options?: StartOptions): Machine;
}

/** The key of `CellInternals`: one symbol for all copies of the library on a page. */
export const internals: unique symbol = Symbol.for('rxrecur.cell') as never;

/** A cell that is equations: everything that a backend, the gradient or a file needs. */
export interface EquationSpec {
  readonly kind: 'equations';
  readonly definition: Definition;
  readonly sizes: Sizes;
  readonly params: Readonly<Record<string, Float32Array>>;
  readonly activations: Readonly<Record<string, ResolvedActivation & { clipped: boolean }>>;
  readonly constants: Readonly<Record<string, number>>;
  readonly clip: number | undefined;
  readonly bias: boolean;
}

/** A chain, or a plain function. */
export type CompositeSpec =
  | { readonly kind: 'chain'; readonly members: readonly AnyCell[] }
  | {
      readonly kind: 'function';
      readonly fn: (...args: never[]) => unknown;
      readonly stateful: boolean;
    };

/** Any cell, for code that does not care for its types. */
export interface AnyCell extends Described<unknown, number | undefined, number | undefined> {
  readonly [internals]: CellInternals;
}

/** Options of a cell's constructor; constants and activations of its text by their own names. */
export interface CellOptions {
  /** φ, the candidate's (dense: the output's) activation. */
  readonly activation?: Activation | undefined;
  /** σ, the gates' activation. */
  readonly gateActivation?: Activation | undefined;
  /** ψ, the activation on the cell state. */
  readonly outputActivation?: Activation | undefined;
  /** Bounds what enters σ, φ and ψ to [−clip, clip]. */
  readonly clip?: number | undefined;
  /** False leaves every bias out. Default true. */
  readonly bias?: boolean | undefined;
  /** Parameters by canonical name, copied; without them they are initialised as Flux does. */
  readonly params?: Readonly<Record<string, ParameterInput>> | undefined;
  /** Makes the initial parameters repeatable. */
  readonly seed?: number | undefined;
  /** Length of what V maps to, for texts that use V. */
  readonly projectionSize?: number | undefined;
}

/** Sizes and options checked and filled in; `where` names the constructor in messages. */
export function specify(
  definition: Definition,
  inputSize: number,
  size: number,
  options: CellOptions & Readonly<Record<string, unknown>>,
): EquationSpec {
  const { name, plan, declarations } = definition;
  const where = lower(name);
  const optionOf = (slot: string) => slotOptions[slot]?.option ?? slot;
  const declared = declarations.activations ?? {};
  const open = plan.slots.filter(s => Object.hasOwn(slotOptions, s) || Object.hasOwn(declared, s));
  const projected = plan.rows.V.length > 0;
  checkNames(where, options, [
    ...open.map(optionOf),
    ...plan.constants,
    'clip',
    'bias',
    'params',
    'seed',
    ...(projected ? ['projectionSize'] : []),
  ]);
  const { bias = true, clip, seed, params } = options;
  if (typeof bias !== 'boolean') throw mismatch(`${where}.bias`, 'true or false', describe(bias));
  if (clip !== undefined && !(typeof clip === 'number' && clip > 0)) {
    throw mismatch(`${where}.clip`, 'a number above 0', describe(clip));
  }
  const sizes: Sizes = {
    input: checkSize(`${where}.inputSize`, inputSize),
    hidden: checkSize(`${where}.${plan.states.length ? 'hiddenSize' : 'outputSize'}`, size),
    projection: projected ? checkSize(`${where}.projectionSize`, options.projectionSize) : 0,
    scalar: 1,
  };
  const activations = plan.slots.map(slot => {
    const isOpen = open.includes(slot);
    const given = isOpen ? options[optionOf(slot)] : undefined;
    const fallback = declared[slot] ?? slotOptions[slot]?.default ?? slot;
    const resolved = resolveActivation(
      `${where}.${optionOf(slot)}`,
      (given ?? fallback) as Activation,
    );
    return [slot, { ...resolved, clipped: isOpen }];
  });
  const constants = plan.constants.map(constant => {
    const value = options[constant] ?? declarations.constants?.[constant];
    if (typeof value === 'number' && Number.isFinite(value)) return [constant, value];
    throw mismatch(`${where}.${constant}`, 'a finite number', describe(value));
  });
  const shapes = parameterShapes(plan, sizes, bias);
  return {
    kind: 'equations',
    definition,
    sizes,
    params: params
      ? readParameters(where, shapes, params)
      : initialise(plan, shapes, declarations, sizes.hidden, seedOf(where, seed)),
    activations: Object.fromEntries(activations),
    constants: Object.fromEntries(constants),
    clip,
    bias,
  };
}

function checkSize(where: string, size: unknown): number {
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 1 && size <= 2 ** 24)
    return size;
  throw mismatch(where, 'a whole number from 1 to 2²⁴', describe(size));
}

function lower(name: string): string {
  return /^[A-Z]{2}/.test(name) ? name.toLowerCase() : name.charAt(0).toLowerCase() + name.slice(1);
}

/** The cell that a specification describes. */
export function equationCell<S, I, O>(spec: EquationSpec): Cell<S, I, O> {
  const { definition, sizes } = spec;
  const { name, plan } = definition;
  let program: Program | undefined;
  const variables = plan.states.map(s => ({ name: s.name, size: sizes[s.dimension] }));
  const text = cellText(spec);
  return makeCell<S, I, O>(
    {
      inputSize: sizes.input as I,
      outputSize: sizes[plan.nodes[plan.output].dimension] as O,
      hiddenSize: plan.states.length ? sizes.hidden : 0,
      get params() {
        return copyParameters(parameterShapes(plan, sizes, spec.bias), spec.params);
      },
    },
    text,
    {
      spec,
      signature: text,
      start(state, options) {
        program ??= interpret(spec);
        return new ProgramMachine(lower(name), program, variables, state, options);
      },
    },
  );
}

/** A callable cell from its description, its text and what the library keeps of it. */
export function makeCell<S, I, O, Y = SameForm>(
  described: Omit<Described<S, I, O>, 'initialState'>,
  text: string,
  kept: CellInternals,
): Cell<S, I, O, Y> {
  const call = (h: unknown, x: unknown) => {
    const machine = kept.start(h);
    const y = machine.step(x);
    machine.commit();
    return [machine.state(), y];
  };
  Object.defineProperties(call, {
    ...Object.getOwnPropertyDescriptors(described),
    initialState: { value: () => kept.start().state() },
    toString: { value: () => text },
    name: { value: text },
    [internals]: { value: kept },
  });
  return call as unknown as Cell<S, I, O, Y>;
}

/** `LSTMCell(10, 15)`, `RNNCell(10, 5, tanh)`, `Dense(15, 5; bias=false)`, as Flux prints them. */
function cellText({ definition, sizes, activations, constants, clip, bias }: EquationSpec): string {
  const { name, plan, declarations } = definition;
  const open = plan.slots.filter(slot => activations[slot].clipped);
  const positional: (string | number)[] = [sizes.input, sizes.hidden];
  const named: string[] = [];
  for (const slot of open) {
    const { option = slot, default: builtIn = slot } = slotOptions[slot] ?? {};
    const usual = (declarations.activations?.[slot] ?? builtIn) as Activation;
    const text = activationText(activations[slot]);
    const differs = text !== activationText(resolveActivation(name, usual));
    if (open.length > 1 && differs) named.push(`${option}=${text}`);
    if (open.length === 1 && (differs || text !== 'identity')) positional.push(text);
  }
  if (declarations.variant) named.push(declarations.variant);
  for (const [constant, value] of Object.entries(constants)) {
    if (value !== declarations.constants?.[constant]) named.push(`${constant}=${value}`);
  }
  if (sizes.projection) named.push(`projectionSize=${sizes.projection}`);
  if (clip !== undefined) named.push(`clip=${clip}`);
  if (!bias) named.push('bias=false');
  const suffix = plan.states.length ? 'Cell' : '';
  return `${name}${suffix}(${positional.join(', ')}${named.length ? `; ${named.join(', ')}` : ''})`;
}
