import type { NdArray } from '../arrays/ndarray.js';
import { checkNames } from '../errors.js';
import type { LayerOf } from '../operators/layer.js';
import { recur } from '../operators/recur.js';
import type { Cell } from '../streams/cell.js';
import type { PortModel } from '../streams/members.js';
import { quoted } from './json.js';
import { plainCell } from './plain-cell.js';
import { withNext } from './rebuild.js';
import { checkTensors, TensorClaims } from './tensor-claims.js';
import { listOf, type NamedPart, namedParts, nameOf, torchParts } from './torch-parts.js';

/** How the names of a `state_dict` are read. */
export interface StateDictOptions {
  /**
   * What the names of a module begin with: one for all members of the model that have parameters,
   * or one each, in order. Members in a row with the same prefix are the layers l0, l1, … of one
   * module. Default `''`.
   */
  readonly prefix?: string | readonly string[] | undefined;
  /** What the names of tensors begin with that may be left unused; all others are refused. */
  readonly ignore?: string | readonly string[] | undefined;
}

type Params = Readonly<Record<string, NdArray>>;

/**
 * A layer like `model`, with the parameters of a PyTorch `state_dict`, which `readSafetensors`
 * reads:
 * `weight_ih_l0 [gates·hidden, input]`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, `weight_hr_l0`
 * of `RNN`, `LSTM` and `GRU`, with `_reverse` those of the second direction of a bidirectional one;
 * `weight`, `bias` of `Linear`, `Conv1d` and `LayerNorm`, also `running_mean` and `running_var` of
 * `BatchNorm1d`; `weight` of `Embedding` and `PReLU`. They are copied.
 *
 * A module of several layers is a chain of as many; one without bias, layers made with
 * `bias: false`. Initial states and plain functions in the model stay as they are.
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
export function fromStateDict<M extends PortModel>(
  model: M,
  tensors: Readonly<Record<string, NdArray>>,
  options: StateDictOptions = {},
): LayerOf<M> {
  const caller = 'fromStateDict';
  checkNames(caller, options, ['prefix', 'ignore']);
  const cell = plainCell(caller, model);
  checkTensors(caller, tensors);
  const parts = namedParts(caller, torchParts(caller, cell), options.prefix ?? '');
  const ignored = listOf(`${caller}.ignore`, options.ignore ?? []);
  const claims = new TensorClaims('state_dict', tensors);
  const params = parts.map(part => claimed(part, claims, Object.keys(tensors)));
  // BatchNorm1d counts what it was trained on.
  const counters = parts
    .filter(({ module }) => module.name === 'BatchNorm1d')
    .map(({ prefix }) => `${prefix}num_batches_tracked`);
  claims.settle([...ignored, ...counters], hintOfExtra);
  return recur(withNext(cell, params.values()) as Cell) as unknown as LayerOf<M>;
}

function claimed(part: NamedPart, claims: TensorClaims, names: readonly string[]): Params {
  const { module, shapes, prefix } = part;
  const isNorm = module.name === 'BatchNorm1d' || module.name === 'LayerNorm';
  // affine=False, elementwise_affine=False.
  const isPlain = isNorm && !claims.shapeOf(`${prefix}weight`) && !claims.shapeOf(`${prefix}bias`);
  return Object.fromEntries(
    shapes.map(shape => {
      const name = nameOf(part, shape.name);
      const [size] = shape.shape;
      if (isPlain && (shape.name === 'weight' || shape.name === 'bias')) {
        return [shape.name, filled(size, shape.name === 'weight' ? 1 : 0)];
      }
      const isShared = module.name === 'PReLU' && String(claims.shapeOf(name)) === '1';
      if (isShared) {
        const one = claims.claim(name, { shape: [1], meaning: 'one number' });
        return [shape.name, filled(size, one.data[one.offset])];
      }
      return [
        shape.name,
        claims.claim(name, shape, hintOfMissing(nameOf(part, shape.name), prefix, names)),
      ];
    }),
  );
}

function filled(size: number, value: number): NdArray {
  return { data: new Float32Array(size).fill(value), shape: [size], stride: [1], offset: 0 };
}

function hintOfMissing(name: string, prefix: string, names: readonly string[]): string {
  const own = name.slice(prefix.length);
  const other = names.find(given => given.endsWith(own));
  if (other !== undefined) return `there is ${quoted(other)}: see the option prefix`;
  if (own.startsWith('bias')) return 'without bias the layer is made with bias: false';
  const first = names.slice(0, 3).map(quoted).join(', ');
  return names.length
    ? `of ${names.length} tensors the first are ${first}`
    : 'there are no tensors';
}

function hintOfExtra(name: string): string {
  if (name.endsWith('_reverse')) return 'the module is bidirectional';
  if (/bias(_[ih]h_l\d+)?$/.test(name)) return 'with bias the layer is made with bias: true';
  if (/weight_hr_l\d+$/.test(name)) return 'the module has a projection';
  if (/_l[1-9]\d*$/.test(name)) return 'a module of several layers is a chain of as many';
  return "the option ignore names what is not this model's";
}
