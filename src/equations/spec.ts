import { checkNames, describe, mismatch } from '../errors.js';
import {
  type Activation,
  activationText,
  type ResolvedActivation,
  resolveActivation,
} from './activations.js';
import { initialise, seedOf } from './initialise.js';
import { type ParameterInput, parameterShapes, readParameters, type Sizes } from './parameters.js';
import { type Definition, slotOptions } from './plan.js';

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
      (given === undefined ? fallback : given) as Activation,
    );
    return [slot, { ...resolved, clipped: isOpen }];
  });
  const constants = plan.constants.map(constant => {
    const given = options[constant];
    const value = given === undefined ? declarations.constants?.[constant] : given;
    if (typeof value === 'number' && Number.isFinite(value)) return [constant, value];
    throw mismatch(`${where}.${constant}`, 'a finite number', describe(value));
  });
  const shapes = parameterShapes(plan, sizes, bias);
  return {
    kind: 'equations',
    definition,
    sizes,
    params:
      params === undefined
        ? initialise(plan, shapes, declarations, sizes.hidden, seedOf(where, seed))
        : readParameters(where, shapes, params),
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

/** A kind's name as messages write it: `lstm`, `fastGRNN`. */
export function lower(name: string): string {
  return /^[A-Z]{2}/.test(name) ? name.toLowerCase() : name.charAt(0).toLowerCase() + name.slice(1);
}

/** `LSTMCell(10, 15)`, `RNNCell(10, 5, tanh)`, `Dense(15, 5; bias=false)`, as Flux prints them. */
export function cellText({
  definition,
  sizes,
  activations,
  constants,
  clip,
  bias,
}: EquationSpec): string {
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
