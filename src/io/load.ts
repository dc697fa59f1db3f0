import type { NdArray } from '../arrays/ndarray.js';
import { asRecurError, mismatch, RecurError } from '../errors.js';
import { check } from '../graph/check.js';
import { EquationError } from '../graph/equation-error.js';
import { inputLengths } from '../graph/input-lengths.js';
import { parameterShapes, type Sizes } from '../graph/parameters.js';
import type { Definition } from '../graph/plan.js';
import { type CellOptions, slotOf, specify } from '../graph/spec.js';
import { chainKind } from '../layers/chain.js';
import type { AnyCell, Kind } from '../streams/cell.js';
import { equationCell } from '../streams/equation-cell.js';
import { startingFrom } from '../streams/function-cell.js';
import { ported } from '../streams/ports.js';
import {
  type CellDescription,
  type Description,
  type LayerDescription,
  readDescription,
} from './description.js';
import { quoted } from './json.js';
import { type LoadedLayer, loadedLayer } from './loaded-layer.js';
import { readSafetensors } from './read-safetensors.js';
import { refusing } from './refusals.js';
import { stateOf } from './row-states.js';
import { type Claims, TensorClaims } from './tensor-claims.js';

/** Makes a cell, once everything in the file has been checked. */
type Build = () => Part;

/** What a whole model may ask for: text to be read, and numbers that a step holds at once. */
const limits = { text: 2 ** 16, work: 2 ** 26 };

/** What the members of a file have in common. */
interface LoadContext {
  readonly claims: Claims;
  /** Definitions by all that makes them: equal members share one. */
  readonly definitions: Map<string, Definition>;
  text: number;
  work: number;
}

/**
 * The model in a file's bytes, as a layer (an RxJS operator) that equals the one that was saved:
 * the same text, the same parameters and outputs bit for bit. The file holds the equations
 * themselves, so cells of your own need no registry.
 *
 * The file may come from a stranger: it is data and never runs. Throws a RecurError, and loads
 * nothing, for a file cut short or altered, for equations that make no cell, and, by name, for
 * tensors that are missing, too many, of another shape or not finite.
 *
 * @example
 * const bytes = save(chain(gru(2, 3), dense(3, 1)));
 * String(load(bytes)); // → Chain(Recur(GRUCell(2, 3)), Dense(3, 1))
 */
export function load(bytes: Uint8Array): LoadedLayer {
  return refusing('model', () => {
    const { tensors, metadata } = readSafetensors(bytes);
    return loadedLayer(modelOf(metadata, new TensorClaims('model', tensors)));
  });
}

/** The cell that metadata describe, of tensors that it claims. */
export function modelOf(metadata: Readonly<Record<string, string>>, claims: Claims): AnyCell {
  const context: LoadContext = { claims, definitions: new Map(), text: 0, work: 0 };
  const build = draftModel(readDescription(metadata), { where: 'model', prefix: '' }, context);
  claims.settle();
  return begun(build());
}

interface MemberPlace {
  /** In messages: `model.chain[1]`. */
  readonly where: string;
  /** Of its tensors: `1.`. */
  readonly prefix: string;
  /** True in a chain that begins at its members' states itself: so it stays one program. */
  readonly whole?: boolean;
}

/** A model, and where it begins, if the file says. */
interface Part {
  readonly where: string;
  readonly cell: AnyCell;
  readonly state: unknown;
}

const begun = ({ where, cell, state }: Part) => at(where, () => startingFrom(cell, state));

function draftModel(model: Description, place: MemberPlace, context: LoadContext): Build {
  return 'kind' in model ? draftLayer(model, place, context) : draftCell(model, place, context);
}

function draftLayer(
  model: LayerDescription,
  { where, prefix, ...place }: MemberPlace,
  context: LoadContext,
): Build {
  const { kind, settings, initialState } = model;
  const whole = place.whole || (kind === chainKind && initialState === true);
  const { claims } = context;
  for (const size of Object.values(settings)) {
    if (typeof size === 'number') context.work += Math.abs(size);
  }
  checkWork(where, context);
  const params = Object.fromEntries(
    (kind.shapes?.(settings as never) ?? []).map(shape => [
      shape.name,
      claims.claim(prefix + shape.name, shape),
    ]),
  );
  const rows = initialState && kind.rows ? claimRows(prefix, context) : undefined;
  const name = `${prefix}initialState.h`;
  const state =
    initialState && !rows && kind !== chainKind
      ? claims.claim(name, { shape: claims.shapeOf(name) ?? [0], meaning: 'state' })
      : undefined;
  const builds = model.members.map((member, i) => {
    const within = { where: `${where}.${kind.name}[${i}]`, prefix: `${prefix}${i}.`, whole };
    return draftModel(member, within, context);
  });
  return () =>
    at(where, () => {
      const parts = builds.map(build => build());
      const members = parts.map(part => (whole ? part.cell : begun(part)));
      const cell = kind.make(settings as never, members, params as never);
      const own = rows ? stateOf(cell.initialState(), rows) : state;
      return { where, cell, state: own ?? (whole ? stateOfParts(kind, parts) : undefined) };
    });
}

/** The state of a layer whose members begin somewhere. */
function stateOfParts({ sameState }: Kind, parts: readonly Part[]): unknown {
  const states = parts.map(({ state }) => state);
  if (states.every(state => state === undefined)) return undefined;
  return sameState ? states[0] : states;
}

/** The tensors of the states of rows, by their names without what they begin with. */
function claimRows(prefix: string, context: LoadContext): ReadonlyMap<string, NdArray> {
  const { claims } = context;
  const start = `${prefix}initialState.`;
  context.work += claims.count;
  checkWork(`model ${quoted(start)}`, context);
  return new Map(
    claims.startingWith(start).map(name => {
      const shape = claims.shapeOf(name) ?? [];
      return [name.slice(start.length), claims.claim(name, { shape, meaning: 'state' })];
    }),
  );
}

function checkWork(where: string, { work }: LoadContext): void {
  if (work <= limits.work) return;
  throw mismatch(where, `at most ${limits.work} numbers a step`, String(work));
}

function draftCell(
  cell: CellDescription,
  { where, prefix }: MemberPlace,
  context: LoadContext,
): Build {
  const { claims } = context;
  const definition = definitionOf(cell, where, context);
  const { plan } = definition;
  checkNamed(`${where}.activations`, openSlots(definition), cell.activations);
  checkNamed(`${where}.constants`, plan.constants, cell.constants);
  const { inputSize, size, projectionSize, bias } = cell;
  if ((projectionSize !== undefined) !== plan.rows.V.length > 0) {
    const expected = plan.rows.V.length ? 'the length of what V maps to' : 'none, without V';
    throw mismatch(`${where}.projectionSize`, expected, String(projectionSize ?? 'none'));
  }
  const lengths = at(where, () => inputLengths(definition, inputSize, size));
  const projection = projectionSize ?? 0;
  const sizes: Sizes = { ...lengths, hidden: size, projection, scalar: 1 };
  context.work += plan.nodes.reduce((sum, { dimension }) => sum + sizes[dimension], 0);
  checkWork(where, context);
  const params = Object.fromEntries(
    parameterShapes(plan, sizes, bias).map(shape => {
      return [shape.name, claims.claim(prefix + shape.name, shape)];
    }),
  );
  const state = cell.initialState ? claimState(definition, sizes, prefix, claims) : undefined;
  const options = { ...optionsOf(definition, cell), params };
  return () =>
    at(where, () => {
      const spec = specify(definition, lengths, size, options);
      return { where, cell: equationCell(spec), state };
    });
}

/** A cell's options but its parameters. */
export function optionsOf(definition: Definition, cell: CellDescription): CellOptions {
  const { activations, constants, bias, clip, projectionSize } = cell;
  const chosen = Object.entries(activations).map(([slot, a]) => {
    return [slotOf(definition, slot).option, a];
  });
  const projected = projectionSize === undefined ? {} : { projectionSize };
  return { ...Object.fromEntries(chosen), ...constants, bias, clip, ...projected };
}

function definitionOf(cell: CellDescription, where: string, context: LoadContext): Definition {
  const { name, equations, declarations } = cell;
  const key = JSON.stringify([name, equations, declarations]);
  const known = context.definitions.get(key);
  if (known) return known;
  context.text += equations.length;
  if (context.text > limits.text) {
    const got = `${context.text} characters`;
    throw mismatch(where, `different equations of at most ${limits.text} in all`, got);
  }
  const definition = at(where, () => ported(check(name, equations, declarations)));
  context.definitions.set(key, definition);
  return definition;
}

/** The initial state's tensors, `[size]` or `[size, batch]` each, as `recur` takes them. */
function claimState({ plan }: Definition, sizes: Sizes, prefix: string, claims: Claims): unknown {
  const states = plan.states.map(({ name, dimension }) => {
    const tensor = `${prefix}initialState.${name}`;
    const batch = claims.shapeOf(tensor)?.slice(1, 2) ?? [];
    const shape = [sizes[dimension], ...batch.map(n => Math.max(1, n))];
    return [name, claims.claim(tensor, { shape, meaning: dimension })] as const;
  });
  return states.length === 1 ? states[0][1] : Object.fromEntries(states);
}

/** The activation slots of a text that the options of its cells set. */
export function openSlots(definition: Definition): readonly string[] {
  const { slots } = definition.plan;
  return slots.filter(slot => slotOf(definition, slot).option !== undefined);
}

function checkNamed(where: string, names: readonly string[], given: object): void {
  const got = Object.keys(given);
  if (got.length === names.length && names.every(name => Object.hasOwn(given, name))) return;
  throw mismatch(where, `values of ${names.join(', ') || 'none'}`, got.join(', ') || 'none');
}

/** Runs what may refuse a member, and names the member. */
function at<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RecurError) throw asRecurError(error, where, { prefix: `${where}.` });
    const [expected, got] =
      error instanceof EquationError ? ['equations', error.message] : ['a cell', String(error)];
    throw new RecurError({ where: `${where}.equations`, expected, got, cause: error });
  }
}
