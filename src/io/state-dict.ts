import type { NdArray } from '../arrays/ndarray.js';
import { type AnyCell, type Cell, equationCell, internals } from '../equations/cell.js';
import { parameterShapes, readParameters } from '../equations/parameters.js';
import { type EquationSpec, lower } from '../equations/spec.js';
import { checkNames, describe, mismatch } from '../errors.js';
import { cellOf, chainOf, layerText } from '../layers/chain.js';
import { startingFrom } from '../layers/function-cell.js';
import { carried, type WithCell } from '../layers/members.js';
import type { LayerOf } from '../operators/layer.js';
import { recur } from '../operators/recur.js';
import { quoted } from './json.js';
import { TensorClaims } from './tensor-claims.js';
import { moduleOf, type TorchModule, tensorName } from './torch-modules.js';

/** How the names of a `state_dict` are read. */
export interface StateDictOptions {
  /**
   * What the names of a module begin with: one for all members of the model, or one each, in
   * order. Members in a row with the same prefix are the layers l0, l1, … of one module. Default
   * `''`.
   */
  readonly prefix?: string | readonly string[] | undefined;
  /** What the names of tensors begin with that may be left unused; all others are refused. */
  readonly ignore?: string | readonly string[] | undefined;
}

/** A member of a model, if it is made of equations. */
interface Member {
  readonly where: string;
  readonly cell: AnyCell;
  readonly spec: EquationSpec;
}

type Params = Readonly<Record<string, NdArray>>;

/**
 * A layer like `model`, with the parameters of a PyTorch `state_dict`, which `readSafetensors` reads:
 * `weight_ih_l0 [gates·hidden, input]`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, `weight_hr_l0`
 * of `RNN`, `LSTM` and `GRU`, and `weight [out, in]`, `bias` of `Linear`. They are copied.
 *
 * A module of several layers is a chain of as many; one without bias, layers made with
 * `bias: false`. Initial states and plain functions in the chain stay as they are.
 *
 * Throws a RecurError, by name, for tensors that are missing, left over (but for `ignore`), of
 * another shape or not finite, and for cells that PyTorch has not, such as a GRU with the reset
 * gate before the product.
 *
 * @example
 * const tensors = {
 *   'head.weight': { data: [1, 2], shape: [1, 2], stride: [2, 1], offset: 0 },
 *   'head.bias': { data: [3], shape: [1], stride: [1], offset: 0 },
 * };
 * const model = fromStateDict(dense(2, 1), tensors, { prefix: 'head.' });
 * stateful(model)([1, 1]); // → Float32Array(1) [ 6 ]
 */
export function fromStateDict<M extends AnyCell | WithCell>(
  model: M,
  tensors: Readonly<Record<string, NdArray>>,
  options: StateDictOptions = {},
): LayerOf<M> {
  checkNames('fromStateDict', options, ['prefix', 'ignore']);
  const cell = cellOf(model);
  if (!cell) throw mismatch('fromStateDict', 'a layer or a cell', describe(model));
  const own = (model as Partial<WithCell>)[carried] ?? [];
  if (own.length) {
    throw mismatch('fromStateDict', 'a model without configuration', `one with ${own.join(', ')}`);
  }
  if (typeof tensors !== 'object' || tensors === null) {
    throw mismatch('fromStateDict', 'tensors by name', describe(tensors));
  }
  const members = membersOf(cell, '');
  const prefixes = prefixesOf(members, options.prefix ?? '');
  const ignored = listOf('ignore', options.ignore ?? []);
  const claims = new TensorClaims('state_dict', tensors);
  const modules = members.map(({ where, cell, spec }) => moduleOf(where, cell, spec));
  const layers = layersOf(members, modules, prefixes);
  const params = members.map(({ spec }, i) =>
    Object.fromEntries(
      parameterShapes(spec.definition.plan, spec.sizes, spec.bias).map(shape => {
        const name = tensorName(modules[i], shape.name, layers[i]);
        const hint = hintOfMissing(name, Object.keys(tensors));
        return [shape.name, claims.claim(prefixes[i] + name, shape, hint)];
      }),
    ),
  );
  claims.settle(ignored, hintOfExtra);
  return recur(rebuilt(cell, params.values()) as Cell) as unknown as LayerOf<M>;
}

function membersOf(cell: AnyCell, where: string): readonly Member[] {
  const { spec } = cell[internals];
  if (spec.kind === 'equations') return [{ where: where || 'fromStateDict', cell, spec }];
  if (spec.kind === 'function') return [];
  return spec.members.flatMap((member, i) => {
    return membersOf(member, `${where && `${where}.`}chain[${i}]`);
  });
}

function prefixesOf(members: readonly Member[], given: unknown): readonly string[] {
  if (typeof given === 'string') return members.map(() => given);
  const list = listOf('prefix', given);
  if (list.length === members.length) return list;
  const expected = `one, or ${members.length}: for ${members.map(({ cell }) => cell).join(', ')}`;
  throw mismatch('fromStateDict.prefix', expected, String(list.length));
}

function listOf(name: string, given: unknown): readonly string[] {
  if (typeof given === 'string') return [given];
  if (Array.isArray(given) && given.every(text => typeof text === 'string')) return given;
  throw mismatch(`fromStateDict.${name}`, 'a string or an array of strings', describe(given));
}

/** Which layer of its module each member is; refuses prefixes that give a tensor to two members. */
function layersOf(
  members: readonly Member[],
  modules: readonly TorchModule[],
  prefixes: readonly string[],
): readonly number[] {
  const layers: number[] = [];
  for (const [i, prefix] of prefixes.entries()) {
    const continues = i > 0 && prefix === prefixes[i - 1];
    if (continues ? !isOneModule(members, modules, i) : prefixes.indexOf(prefix) < i) {
      const example = modules.map(({ name }) => `'${name.toLowerCase()}.'`).join(', ');
      const got = `'${prefix}' for ${layerText(members[i].cell)} too`;
      const hint = 'layers of one module follow each other and are of one kind and size';
      throw mismatch('fromStateDict.prefix', `one a module, such as [${example}]`, got, hint);
    }
    layers.push(continues ? layers[i - 1] + 1 : 0);
  }
  return layers;
}

/** True if a member can be the next layer of its neighbour's module. */
function isOneModule(
  members: readonly Member[],
  found: readonly TorchModule[],
  i: number,
): boolean {
  const [before, own] = [members[i - 1].spec, members[i].spec];
  return (
    found[i].name !== 'Linear' &&
    found[i].computation === found[i - 1].computation &&
    own.activations.φ.name === before.activations.φ.name &&
    own.sizes.hidden === before.sizes.hidden &&
    own.sizes.projection === before.sizes.projection &&
    own.bias === before.bias
  );
}

/** The model again, each of its members of equations with the next parameters. */
function rebuilt(cell: AnyCell, params: Iterator<Params>): AnyCell {
  const { spec, initialState } = cell[internals];
  if (spec.kind === 'function') return cell;
  if (spec.kind === 'chain') {
    return startingFrom(chainOf(spec.members.map(m => rebuilt(m, params))), initialState);
  }
  if (spec.kind === 'layer') return cell;
  const { definition, sizes, bias } = spec;
  const shapes = parameterShapes(definition.plan, sizes, bias);
  const values = readParameters(lower(definition.name), shapes, params.next().value as Params);
  return startingFrom(equationCell({ ...spec, params: values }), initialState);
}

function hintOfMissing(own: string, names: readonly string[]): string {
  const other = names.find(name => name.endsWith(own));
  if (other !== undefined) return `there is ${quoted(other)}: see the option prefix`;
  if (own.startsWith('bias')) return 'without bias the layer is made with bias: false';
  const first = names.slice(0, 3).map(quoted).join(', ');
  return names.length
    ? `of ${names.length} tensors the first are ${first}`
    : 'there are no tensors';
}

function hintOfExtra(name: string): string {
  if (name.endsWith('_reverse')) return 'a bidirectional module reads the future: it is no stream';
  if (/bias(_[ih]h_l\d+)?$/.test(name)) return 'with bias the layer is made with bias: true';
  if (/weight_hr_l\d+$/.test(name)) return 'the module has a projection';
  if (/_l[1-9]\d*$/.test(name)) return 'a module of several layers is a chain of as many';
  return "the option ignore names what is not this model's";
}
