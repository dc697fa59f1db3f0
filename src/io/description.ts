import { describe, mismatch } from '../errors.js';
import type { Activation } from '../graph/activations.js';
import { isActivationName } from '../graph/activations.js';
import type { Declarations } from '../graph/plan.js';
import type { InputSizes } from '../graph/ports.js';
import { chainKind } from '../layers/chain.js';
import type { Kind, Settings } from '../streams/cell.js';
import { decode } from '../streams/encoding.js';
import { isPlainObject } from '../streams/values.js';
import { checkSize, fields, isShortText, limits, named, sized } from './description-fields.js';
import { parseJson, quoted } from './json.js';
import { layerKinds } from './layer-kinds.js';

export const modelFormat = 'rxrecur/model';
export const modelVersion = '1';

/** A cell as a model file tells of it: all but its tensors. */
export interface CellDescription {
  readonly name: string;
  /** Its text, a line an equation. */
  readonly equations: string;
  readonly declarations: Declarations;
  /** By name for several inputs. */
  readonly inputSize: InputSizes;
  readonly size: number;
  /** Length of what V maps to, where the text uses V. */
  readonly projectionSize?: number;
  /** What every activation that can be chosen is. */
  readonly activations: Readonly<Record<string, Activation>>;
  /** What every constant is. */
  readonly constants: Readonly<Record<string, number>>;
  readonly clip?: number;
  readonly bias: boolean;
  /** True: the tensors `initialState.h` … say where it begins. */
  readonly initialState?: boolean;
}

/** A layer of a kind, as its file tells of it; a chain is one. */
export interface LayerDescription {
  readonly kind: Kind;
  readonly settings: Settings;
  readonly members: readonly Description[];
  /** True: the tensor `initialState.h` says where it begins; of a chain, those of its members. */
  readonly initialState?: boolean;
}

/** A model as its file tells of it. */
export type Description = CellDescription | LayerDescription;

/** The description in a file's metadata; throws a RecurError for anything that is not one. */
export function readDescription(metadata: Readonly<Record<string, string>>): Description {
  const { format, version, model } = metadata;
  if (format !== modelFormat) {
    const got = format === undefined ? 'one without format' : `one of format ${quoted(format)}`;
    const hint = 'fromStateDict takes the tensors of a PyTorch state_dict';
    throw mismatch('model', `a file of format '${modelFormat}' in its metadata`, got, hint);
  }
  if (version !== modelVersion) {
    const got = version === undefined ? 'none' : quoted(version);
    throw mismatch(
      'model.version',
      `'${modelVersion}'`,
      got,
      'a newer library may have written it',
    );
  }
  if (model === undefined) throw mismatch('model', 'its description in the metadata', 'none');
  const value = decode(parseJson('model', model), 'model');
  return readMember('model', value, { members: 0 });
}

function readMember(
  where: string,
  value: unknown,
  total: { members: number },
  depth = 0,
): Description {
  if (!isPlainObject(value)) throw mismatch(where, 'a cell or a chain', describe(value));
  if (depth > limits.depth) throw mismatch(where, `at most ${limits.depth} levels`, 'more');
  if (Object.hasOwn(value, 'layer')) return readLayer(where, value, total, depth);
  if (!Object.hasOwn(value, 'chain')) return readCell(where, value);
  const { chain, initialState } = fields(where, value, ['chain'], ['initialState']);
  const members = readMembers(`${where}.chain`, chain, total, depth);
  return { kind: chainKind, settings: {}, members, initialState: flag(where, initialState) };
}

function readMembers(
  where: string,
  members: unknown,
  total: { members: number },
  depth: number,
): readonly Description[] {
  if (!Array.isArray(members)) throw mismatch(where, 'an array', describe(members));
  total.members += members.length;
  if (total.members > limits.members) {
    const whole = where.replace(/[.].*/, '');
    throw mismatch(whole, `at most ${limits.members} members`, `${total.members}`);
  }
  return members.map((member, i) => readMember(`${where}[${i}]`, member, total, depth + 1));
}

function readLayer(
  where: string,
  value: object,
  total: { members: number },
  depth: number,
): LayerDescription {
  const names = ['layer', 'settings', 'members'];
  const { layer, settings, members, initialState } = fields(where, value, names, ['initialState']);
  const kind = layerKinds.get(layer as string);
  if (!kind) {
    const got = typeof layer === 'string' ? quoted(layer) : describe(layer);
    throw mismatch(where, `one of ${[...layerKinds.keys()].join(', ')}`, got);
  }
  const given = fields(`${where}.settings`, settings, kind.settings ?? []);
  for (const [name, setting] of Object.entries(given)) readSetting(`${where}.${name}`, setting);
  const parts = readMembers(`${where}.${layer}`, members, total, depth);
  const [least, most] = kind.members ?? [0, 0];
  if (parts.length < least || parts.length > most) {
    const expected = least === most ? `${least} members` : `${least} to ${most} members`;
    throw mismatch(`${where}.${layer}`, expected, String(parts.length));
  }
  return { kind, settings: given, members: parts, initialState: flag(where, initialState) };
}

/** Whether an initial state is in the file. */
function flag(where: string, given: unknown = false): boolean {
  if (typeof given === 'boolean') return given;
  throw mismatch(`${where}.initialState`, 'true or false', describe(given));
}

/** A number, a name, a flag, a few of them, or an activation. */
function readSetting(where: string, value: unknown): void {
  if (isList(value)) return;
  if (Array.isArray(value)) {
    if (value.length > limits.names) {
      throw mismatch(where, `at most ${limits.names}`, String(value.length));
    }
    for (const item of value) readSetting(where, item);
  } else if (isPlainObject(value)) {
    fields(where, value, ['name'], ['alpha', 'beta']);
    for (const item of Object.values(value)) readSetting(where, item);
  } else if (typeof value === 'string') {
    if (!isShortText(value)) throw mismatch(where, `text of 1 to ${limits.name}`, describe(value));
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw mismatch(where, 'a finite number', String(value));
  } else if (typeof value !== 'boolean') {
    throw mismatch(where, 'a number, a name or a flag', describe(value));
  }
}

/** A list of numbers, or of such lists, which may be as long as the file. */
const isList = (value: unknown) =>
  Array.isArray(value) &&
  value.every(item => (Array.isArray(item) ? item.every(Number.isFinite) : Number.isFinite(item)));

function readCell(where: string, value: unknown): CellDescription {
  const optional = ['projectionSize', 'clip', 'initialState'];
  const cell = fields(where, value, cellFields, optional);
  const { name, equations, declarations, bias, clip, initialState } = cell;
  if (!isShortText(name)) {
    throw mismatch(`${where}.name`, `printable text of 1 to ${limits.name}`, describe(name));
  }
  if (typeof equations !== 'string' || equations.length > limits.text) {
    throw mismatch(`${where}.equations`, `text of at most ${limits.text}`, sized(equations));
  }
  for (const size of ['size', 'projectionSize']) {
    if (Object.hasOwn(cell, size)) checkSize(`${where}.${size}`, cell[size]);
  }
  const { inputSize } = cell;
  const sizes = isPlainObject(inputSize)
    ? named(`${where}.inputSize`, inputSize)
    : [['', inputSize]];
  for (const [, size] of sizes) checkSize(`${where}.inputSize`, size);
  for (const [key, flag] of Object.entries({ bias, initialState: initialState ?? false })) {
    if (typeof flag === 'boolean') continue;
    throw mismatch(`${where}.${key}`, 'true or false', describe(flag));
  }
  if (clip !== undefined && typeof clip !== 'number') {
    throw mismatch(`${where}.clip`, 'a number', describe(clip));
  }
  readDeclarations(`${where}.declarations`, declarations);
  readActivations(`${where}.activations`, cell.activations);
  readNumbers(`${where}.constants`, cell.constants);
  return cell as unknown as CellDescription;
}

const cellFields = [
  'name',
  'equations',
  'declarations',
  'inputSize',
  'size',
  'activations',
  'constants',
  'bias',
];

function readDeclarations(where: string, value: unknown): void {
  const groups = ['vectors', 'scalars', 'constants', 'biasIh'];
  const names = ['inputs', 'outputs', 'sizes', 'statistics'];
  const others = ['activations', 'sameSize', 'variant'];
  const declarations = fields(where, value, [], [...groups, ...names, ...others]);
  for (const group of groups) {
    if (Object.hasOwn(declarations, group)) readNumbers(`${where}.${group}`, declarations[group]);
  }
  for (const group of names) {
    if (Object.hasOwn(declarations, group)) readNames(`${where}.${group}`, declarations[group]);
  }
  if (Object.hasOwn(declarations, 'activations')) {
    readActivations(`${where}.activations`, declarations.activations);
  }
  const { variant } = declarations;
  if (variant !== undefined && !isShortText(variant)) {
    throw mismatch(`${where}.variant`, `printable text of 1 to ${limits.name}`, describe(variant));
  }
}

function readNumbers(where: string, value: unknown): void {
  for (const [name, number] of named(where, value)) {
    if (typeof number === 'number' && Number.isFinite(number)) continue;
    throw mismatch(`${where} ${quoted(name)}`, 'a finite number', describe(number));
  }
}

/** Names in a list, or by name. */
function readNames(where: string, value: unknown): void {
  const names = Array.isArray(value) ? { ...value } : value;
  for (const [key, name] of named(where, names)) {
    if (isShortText(name)) continue;
    throw mismatch(`${where} ${quoted(key)}`, `text of 1 to ${limits.name}`, describe(name));
  }
}

function readActivations(where: string, value: unknown): void {
  for (const [slot, activation] of named(where, value)) {
    const at = `${where} ${quoted(slot)}`;
    const asked = typeof activation === 'string' ? { name: activation } : activation;
    const { name } = fields(at, asked, ['name'], ['alpha', 'beta']);
    if (!isActivationName(name)) throw mismatch(at, 'the name of an activation', describe(name));
  }
}
