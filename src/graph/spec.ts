import { checkNames, demand } from '../errors.js';
import {
  type Activation,
  type ActivationName,
  activationText,
  type ResolvedActivation,
  resolveActivation,
} from './activations.js';
import { initialise } from './initialise.js';
import { type ParameterInput, parameterShapes, readParameters, type Sizes } from './parameters.js';
import type { Definition } from './plan.js';
import type { InputLengths } from './ports.js';

/** The options that set the slots of the built-in texts, and those slots' defaults. */
export const slotOptions: Readonly<Record<string, { option: string; default: ActivationName }>> = {
  σ: { option: 'gateActivation', default: 'sigmoid' },
  φ: { option: 'activation', default: 'tanh' },
  ψ: { option: 'outputActivation', default: 'tanh' },
};

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

/** A cell's options as they came: constants and activations of its text among them. */
type Options = CellOptions & Readonly<Record<string, unknown>>;

/**
 * The specification of a cell: sizes and options checked and filled in, except for `inputLengths`.
 * Throws a RecurError for an option that is wrong.
 */
export function specify(
  definition: Definition,
  inputSize: number | InputLengths,
  size: number,
  options: Options,
): EquationSpec {
  const { name, plan, declarations } = definition;
  const where = lower(name);
  const slots = plan.slots.map(slot => ({ slot, ...slotOf(definition, slot) }));
  checkNames(where, options, [
    ...slots.flatMap(({ option }) => option ?? []),
    ...plan.constants,
    ...['clip', 'bias', 'params', 'seed'],
    ...(plan.rows.V.length > 0 ? ['projectionSize'] : []),
  ]);
  const { bias = true, clip, seed, params } = options;
  demand(typeof bias === 'boolean', `${where}.bias`, 'true or false', bias);
  const isClip = clip === undefined || (typeof clip === 'number' && clip > 0);
  demand(isClip, `${where}.clip`, 'a number above 0', clip);
  const sizes = sizesOf(where, definition, inputSize, size, options.projectionSize);
  const activations = slots.map(({ slot, option, usual }) => {
    const { [option ?? '']: chosen = usual } = options;
    const resolved = resolveActivation(`${where}.${option}`, chosen as Activation);
    return [slot, { ...resolved, clipped: option !== undefined }];
  });
  const constants = plan.constants.map(constant => {
    const option = ownValue(options, constant);
    const value = option === undefined ? declarations.constants?.[constant] : option;
    demand(Number.isFinite(value), `${where}.${constant}`, 'a finite number', value);
    return [constant, value as number];
  });
  const shapes = parameterShapes(plan, sizes, bias);
  if (params === undefined && seed !== undefined) {
    checkWhole(`${where}.seed`, seed, 0, 2 ** 53 - 1, '0 to 2⁵³ − 1');
  }
  return {
    kind: 'equations',
    definition,
    sizes,
    params:
      params === undefined
        ? initialise(plan, shapes, declarations, sizes.hidden, seed)
        : readParameters(where, shapes, params),
    activations: Object.fromEntries(activations),
    constants: Object.fromEntries(constants),
    clip,
    bias,
  };
}

function sizesOf(
  where: string,
  { plan, declarations }: Definition,
  inputSize: number | InputLengths,
  size: number,
  projectionSize: unknown,
): Sizes {
  const checked = (of: string, value: unknown) =>
    checkWhole(`${where}.${of}`, value, 1, 2 ** 24, '1 to 2²⁴');
  const sizes: Sizes = {
    ...(typeof inputSize === 'object' ? inputSize : { input: checked('inputSize', inputSize) }),
    hidden: checked(plan.states.length ? 'hiddenSize' : 'outputSize', size),
    projection: plan.rows.V.length > 0 ? checked('projectionSize', projectionSize) : 0,
    scalar: 1,
  };
  if (declarations.sameSize) {
    demand(size === sizes.input, `${where}.size`, `the input size ${sizes.input}`, size);
  }
  return sizes;
}

/** A whole number in a range that `expected` puts in words, or a RecurError that names it. */
export function checkWhole(
  where: string,
  value: unknown,
  least: number,
  most: number,
  expected: string,
) {
  const ok = Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
  demand(ok, where, `a whole number from ${expected}`, value);
  return value as number;
}

/** A slot's option and default; a function that the text calls by its own name has no option. */
export function slotOf({ declarations: { activations = {} } }: Definition, slot: string) {
  const own = ownValue(activations, slot);
  const known = ownValue(slotOptions, slot);
  const option = known ? known.option : own && slot;
  return { option, usual: own ?? known?.default ?? (slot as ActivationName) };
}

/** The value that a record itself has by a name, not one of all objects such as `toString`. */
const ownValue = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

/** The name of a cell's layer, for messages: `lstm`, `fastGrnn`. */
export function lower(name: string): string {
  // A step waits for this: a pattern of capitals would take as long to compile as a cell's layout.
  const isCapital = (letter = 'A') => letter !== letter.toLowerCase();
  const letters = [...name].map((letter, i, all) =>
    isCapital(all[i - 1]) ? letter.toLowerCase() : letter,
  );
  return letters.join('');
}

/** `LSTMCell(10, 15)`, `RNNCell(10, 5, tanh)`, `Dense(15, 5; bias=false)`, as Flux prints them. */
export function cellText(spec: EquationSpec, input: string): string {
  const { definition, sizes, activations, constants, clip, bias } = spec;
  const { name, plan, declarations } = definition;
  const named: string[] = [];
  const positional: unknown[] = declarations.sameSize ? [sizes.hidden] : [input, sizes.hidden];
  const open = plan.slots.filter(slot => activations[slot].clipped);
  for (const slot of open) {
    const { option, usual } = slotOf(definition, slot);
    const text = activationText(activations[slot]);
    const differs = text !== activationText(resolveActivation(name, usual));
    if (open.length > 1 && differs) named.push(`${option}=${text}`);
    if (open.length === 1 && (differs || text !== 'identity')) positional.push(text);
  }
  if (declarations.variant) named.push(declarations.variant);
  const { projection: projectionSize } = sizes;
  const usual: Readonly<Record<string, unknown>> = {
    ...declarations.constants,
    projectionSize: 0,
    bias: true,
  };
  for (const [option, value] of Object.entries({ ...constants, projectionSize, clip, bias })) {
    if (value !== usual[option]) named.push(`${option}=${value}`);
  }
  const options = named.length ? `; ${named.join(', ')}` : '';
  return `${name}${plan.states.length ? 'Cell' : ''}(${positional.join(', ')}${options})`;
}
