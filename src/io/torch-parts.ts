import { describe, mismatch } from '../errors.js';
import type { ParameterShape } from '../graph/parameters.js';
import { type AnyCell, internals, shapesOf } from '../streams/cell.js';
import { children } from '../streams/children.js';
import { layerText } from '../streams/model.js';
import { isRecurrent, moduleOf, type TorchModule, tensorName } from './torch-modules.js';

/** A layer with parameters, or one direction of it, as a module of PyTorch. */
export interface TorchPart {
  readonly where: string;
  readonly cell: AnyCell;
  readonly module: TorchModule;
  readonly shapes: readonly ParameterShape[];
  /** True for what runs backwards: its tensors end with `_reverse`. */
  readonly reverse: boolean;
  /** Which member of the model it is: both directions of one are the same. */
  readonly member: number;
}

/** A part, and how its tensors begin and which layer of its module it is. */
export interface NamedPart extends TorchPart {
  readonly prefix: string;
  readonly layer: number;
}

/** The parts of a model in the order in which they run; layers without parameters are none. */
export function torchParts(caller: string, model: AnyCell): readonly TorchPart[] {
  const parts: TorchPart[] = [];
  let members = 0;
  const visit = (cell: AnyCell, where: string, reverse: boolean, member?: number): void => {
    const { spec } = cell[internals];
    if (spec.kind === 'function') return;
    const inner = children(cell);
    if (inner.length && 'members' in spec) {
      const { name } = spec.kind;
      const isBoth = name === 'bidirectional';
      const own = isBoth ? members++ : member;
      for (const [i, one] of inner.entries()) {
        const within = isBoth ? where : `${where && `${where}.`}${name}`;
        visit(one, `${within}[${i}]`, isBoth ? i === 1 : reverse, own);
      }
      return;
    }
    const shapes = shapesOf(spec);
    if (shapes.length === 0) return;
    const at = where || caller;
    const module = moduleOf(at, cell);
    parts.push({ where: at, cell, module, shapes, reverse, member: member ?? members++ });
  };
  visit(model, '', false);
  return parts;
}

/** The parts with their names; throws a RecurError for prefixes that give a tensor to two. */
export function namedParts(
  caller: string,
  parts: readonly TorchPart[],
  given: unknown,
): readonly NamedPart[] {
  const heads = parts.filter((part, i) => parts[i - 1]?.member !== part.member);
  const prefixes = prefixesOf(caller, heads, given);
  const layers = layersOf(caller, heads, parts, prefixes);
  return parts.map(part => {
    const at = heads.findIndex(({ member }) => member === part.member);
    return { ...part, prefix: prefixes[at], layer: layers[at] };
  });
}

/** A parameter's whole name in the `state_dict`. */
export function nameOf({ module, prefix, layer, reverse }: NamedPart, parameter: string): string {
  return prefix + tensorName(module, parameter, layer, reverse);
}

function prefixesOf(
  caller: string,
  heads: readonly TorchPart[],
  given: unknown,
): readonly string[] {
  if (typeof given === 'string') return heads.map(() => given);
  const list = listOf(`${caller}.prefix`, given);
  if (list.length === heads.length) return list;
  const expected = `one, or ${heads.length}: for ${heads.map(({ cell }) => cell).join(', ')}`;
  throw mismatch(`${caller}.prefix`, expected, String(list.length));
}

export function listOf(where: string, given: unknown): readonly string[] {
  if (typeof given === 'string') return [given];
  if (Array.isArray(given) && given.every(text => typeof text === 'string')) return given;
  throw mismatch(where, 'a string or an array of strings', describe(given));
}

/** Which layer of its module each member is. */
function layersOf(
  caller: string,
  heads: readonly TorchPart[],
  parts: readonly TorchPart[],
  prefixes: readonly string[],
): readonly number[] {
  const layers: number[] = [];
  for (const [i, prefix] of prefixes.entries()) {
    const continues = i > 0 && prefix === prefixes[i - 1];
    const fits = continues
      ? isOneModule(heads[i - 1], heads[i], parts)
      : prefixes.indexOf(prefix) === i;
    if (!fits) {
      const example = heads.map(({ module }) => `'${module.name.toLowerCase()}.'`).join(', ');
      const got = `'${prefix}' for ${layerText(heads[i].cell)} too`;
      const hint = 'layers of one module follow each other and are of one kind and size';
      throw mismatch(`${caller}.prefix`, `one a module, such as [${example}]`, got, hint);
    }
    layers.push(continues ? layers[i - 1] + 1 : 0);
  }
  return layers;
}

/** True if a member can be the next layer of its neighbour's module. */
function isOneModule(before: TorchPart, own: TorchPart, parts: readonly TorchPart[]): boolean {
  const [first, second] = [before, own].map(({ cell }) => cell[internals].spec);
  const directions = ({ member }: TorchPart) => parts.filter(p => p.member === member).length;
  if (first.kind !== 'equations' || second.kind !== 'equations') return false;
  return (
    isRecurrent(own.module.name) &&
    own.module.name === before.module.name &&
    directions(own) === directions(before) &&
    second.activations.φ.name === first.activations.φ.name &&
    second.sizes.hidden === first.sizes.hidden &&
    second.sizes.projection === first.sizes.projection &&
    second.bias === first.bias
  );
}
