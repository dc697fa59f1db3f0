import * as core from '../core.js';
import type { EquationSpec } from '../graph/spec.js';
import { optionsOf } from '../io/load.js';
import { describeCell, save } from '../io/save.js';
import { type AnyCell, internals, type LayerSpec } from '../streams/cell.js';
import { children } from '../streams/children.js';

/** A call that makes a cell, as text, and the cell that it makes. */
export interface Call {
  readonly text: string;
  readonly cell: AnyCell;
  /** The names that its text imports. */
  readonly names: ReadonlySet<string>;
}

/** What the texts of calls read that stands before them in a module. */
export interface Surroundings {
  /** The expression for a tensor, by its name in a model file. */
  tensor(name: string): string;
  /** The name of what an expression makes. */
  constant(expression: string): string;
}

/** A value, and the text of an expression for it. */
interface Argument {
  readonly value: unknown;
  readonly text: string;
}

type Constructor = (...args: readonly unknown[]) => AnyCell;
/** What is tried: a constructor, by its name or by the call that makes it, and its arguments. */
type Attempt = readonly [made: string | Definition, args: readonly Argument[]];

/** A call that makes a constructor. */
interface Definition {
  readonly by: 'defineCell' | 'plannedCell';
  readonly args: readonly unknown[];
}

const constructors = core as unknown as Readonly<Record<string, Constructor | undefined>>;

/**
 * The call of constructors that makes a cell again, its parameters under the names of a model file;
 * undefined where the constructors of `rxrecur/core` make none that equals it. A constructor has
 * the settings of its kind as arguments, the last ones perhaps in its options: what a call makes is
 * compared with the cell, so a call is right or is not written.
 */
export function callOf(
  cell: AnyCell,
  around: Surroundings,
  prefix = '',
  outer = '',
): Call | undefined {
  const { spec, initialState } = cell[internals];
  if (spec.kind === 'function' || initialState !== undefined) return undefined;
  const own = spec.kind === 'equations' ? '' : spec.kind.name;
  const members = children(cell).map((member, i) => callOf(member, around, `${prefix}${i}.`, own));
  if (!members.every(member => member !== undefined)) return undefined;
  const params = paramsOf(cell, spec.params, prefix, around);
  const attempts =
    spec.kind === 'equations'
      ? ofCell(spec, params, outer === 'wired')
      : ofLayer(spec as LayerSpec, members, params);
  for (const [by, args] of attempts) {
    const made = attempt(by, args);
    if (!made || String(made) !== String(cell) || !isSame(save(made), save(cell))) continue;
    const isNamed = typeof by === 'string';
    const name = isNamed ? by : around.constant(`${by.by}(${by.args.map(literal).join(', ')})`);
    const imported = isNamed ? by : by.by;
    const names = new Set([imported, ...members.flatMap(member => [...member.names])]);
    return { cell: made, names, text: callText(name, args, members.length > 0) };
  }
  return undefined;
}

/** A layer of others has each on a line. */
function callText(name: string, args: readonly Argument[], onLines: boolean): string {
  const texts = args.map(({ text }) => text);
  if (!onLines) return `${name}(${texts.join(', ')})`;
  return `${name}(\n${texts.map(text => `${text.replace(/^/gm, '  ')},\n`).join('')})`;
}

function attempt(made: Attempt[0], args: readonly Argument[]): AnyCell | undefined {
  try {
    const construct =
      typeof made === 'string'
        ? constructors[made]
        : (constructors[made.by]?.(...made.args) as unknown as Constructor);
    return construct?.(...args.map(({ value }) => value));
  } catch {
    // Others may take it.
    return undefined;
  }
}

const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

function paramsOf(
  cell: AnyCell,
  params: LayerSpec['params'],
  prefix: string,
  around: Surroundings,
): Argument {
  const given = cell.params as Readonly<Record<string, unknown>>;
  const names = Object.keys(params);
  const texts = names.map(name => `${keyText(name)}: ${around.tensor(prefix + name)}`);
  const value = Object.fromEntries(names.map(name => [name, given[name]]));
  return { value, text: `{ ${texts.join(', ')} }` };
}

/** Options that say something, and the parameters, if there are any. */
function optionsArgument(options: object, params: Argument): readonly Argument[] {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const fields = given.map(([name, value]) => `${keyText(name)}: ${literal(value)}`);
  const isEmpty = params.text === '{  }';
  if (!isEmpty) fields.push(`params: ${params.text}`);
  if (!fields.length) return [];
  const value = { ...options, ...(!isEmpty && { params: params.value }) };
  return [{ value, text: `{ ${fields.join(', ')} }` }];
}

function* ofCell(spec: EquationSpec, params: Argument, isWired: boolean): Generator<Attempt> {
  const { definition } = spec;
  const { inputSize, size, name } = describeCell(spec, false);
  const [variant, of] = (definition.declarations.variant ?? '').split('=');
  const options = optionsOf(definition, describeCell(spec, false));
  const more = of === undefined ? options : { ...options, [variant]: of };
  const sizes = [argument(inputSize), argument(size)];
  for (const made of Object.keys(core).filter(name => /Cell$/.test(name))) {
    for (const lengths of [sizes, sizes.slice(1)]) {
      const usual = usualOptions(made, lengths, name);
      if (usual) yield [made, [...lengths, ...optionsArgument(unusual(more, usual), params)]];
    }
  }
  const { activation } = options as { activation?: unknown };
  for (const of of [activation, 'abs', 'relu6', 'selu', 'silu', 'square']) {
    yield ['activationCell', [argument(size), argument(of)]];
  }
  const own = definitionOf(spec, isWired);
  const usual = usualOptions(own, sizes, name);
  yield [own, [...sizes, ...optionsArgument(unusual(options, usual ?? {}), params)]];
}

/** A text of the model's own: as it has been read, but for what only `defineCell` can have. */
function definitionOf(spec: EquationSpec, isWired: boolean): Definition {
  const { name, equations, declarations, inputSize } = describeCell(spec, false);
  const { nodes, outputs = [] } = spec.definition.plan;
  const isSeveral = typeof inputSize === 'object' || outputs.length > 1;
  const isReduced = nodes.some(({ op }) => op === 'reduce');
  return isReduced || (isSeveral && !isWired)
    ? { by: 'defineCell', args: [name, equations, declarations] }
    : { by: 'plannedCell', args: [name, equations, spec.definition.plan, declarations] };
}

/** The options that a constructor's cells of this name have by default. */
function usualOptions(made: Attempt[0], lengths: readonly Argument[], name: string) {
  // They are those of every size, and small cells are made soon.
  const ones = lengths.map(({ value }) =>
    argument(Object(value) === value ? mapped(value as object, () => 1) : 1),
  );
  const usual = attempt(made, ones)?.[internals].spec;
  if (usual?.kind !== 'equations' || usual.definition.name !== name) return undefined;
  return optionsOf(usual.definition, describeCell(usual, false));
}

const mapped = (record: object, to: (value: unknown) => unknown) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value)]));

/** The options that differ from the usual ones. */
function unusual(options: object, usual: object): object {
  const chosen = Object.entries(options).filter(([name, value]) => {
    return literal(value) !== literal(Reflect.get(usual, name));
  });
  return Object.fromEntries(chosen);
}

function* ofLayer(
  { kind, settings }: LayerSpec,
  members: readonly Call[],
  params: Argument,
): Generator<Attempt> {
  const name = `${kind.name}Cell` in core ? `${kind.name}Cell` : kind.name;
  const given = members.map(({ cell, text }) => ({ value: cell, text }));
  const names = kind.settings ?? [];
  if (kind.name === 'wired') {
    const list = given.map(({ text }) => `\n${text.replace(/^/gm, '  ')},`).join('');
    const all = { value: given.map(({ value }) => value), text: `[${list}\n]` };
    for (const made of [name, 'wiredRecordsCell']) yield [made, [argument(settings), all]];
    return;
  }
  const values = names.map(setting => argument(settings[setting]));
  yield [name, [...values, ...given]];
  yield [name, [...given, ...values]];
  yield [name, [...given.slice(0, 1), ...values, ...given.slice(1)]];
  const [list] = names.map(setting => settings[setting]);
  if (Array.isArray(list)) yield [name, list.map(argument)];
  for (let count = names.length; count >= 0; count--) {
    const rest = names.slice(count).map(setting => [setting, settings[setting]] as const);
    // Some settings are 0 where an option is left out.
    for (const chosen of [rest.filter(([, value]) => value !== 0), rest]) {
      const options = optionsArgument(Object.fromEntries(chosen), params);
      yield [name, [...values.slice(0, count), ...options]];
    }
  }
}

const argument = (value: unknown): Argument => ({ value, text: literal(value) });

/** Plain data as an expression. */
function literal(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const given = Object.entries(value).filter(([, of]) => of !== undefined);
  return `{ ${given.map(([name, of]) => `${keyText(name)}: ${literal(of)}`).join(', ')} }`;
}

/** A name in an object's expression; a bare `__proto__` would be no field. */
function keyText(name: string): string {
  return /^[a-z]\w*$/i.test(name) ? name : `[${JSON.stringify(name)}]`;
}
