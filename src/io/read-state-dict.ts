import { isInside, isNdArray, type NdArray } from '../arrays/ndarray.js';
import { checkNames, demand, describe, mismatch } from '../errors.js';
import { chainOf } from '../layers/chain.js';
import { isPlainObject } from '../streams/values.js';
import { quoted } from './json.js';
import { type LoadedLayer, loadedLayer } from './loaded-layer.js';
import { refusing } from './refusals.js';
import { checkTensors, TensorClaims } from './tensor-claims.js';
import type { StateDictModule, TorchModule } from './torch-draft.js';
import { groupsOf } from './torch-groups.js';
import { draftOf } from './torch-inference.js';
import { inOrder } from './torch-order.js';
import { listOf } from './torch-parts.js';

/** What the names and shapes of a `state_dict` do not tell. */
export interface ReadStateDictOptions {
  /**
   * Modules by what their names begin with: `{ 'rnn.': {}, 'head.': { activation: 'sigmoid' } }`.
   * If all are there, they run in this order.
   */
  readonly modules?: Readonly<Record<string, StateDictModule>> | undefined;
  /** What the names of tensors begin with that are not read. */
  readonly ignore?: string | readonly string[] | undefined;
  /**
   * Is told the order, as the prefixes of the modules, if it is assumed: several fit, and one has
   * the recurrent layers first.
   */
  readonly onAssumedOrder?: ((prefixes: readonly string[]) => void) | undefined;
}

/** Modules of a file; far more than any network has that is a chain. */
const mostModules = 512;

/**
 * The network of a PyTorch `state_dict`, as far as names and shapes tell it, as a layer: a chain of
 * the modules. `weight_ih_l0` of 4 · hidden rows is an LSTM, of 3 a GRU, of 1 an RNN; with
 * `weight_hr_l0`, an LSTM with a projection, with `_reverse`, a bidirectional one; `weight` of two
 * dimensions with `bias` is `Linear`. They run in the order of their numbers (`Sequential`), or in
 * the only one in which their sizes fit. If several fit, as in a forecaster whose inputs are as
 * many as its outputs, recurrent layers are assumed to come before `Linear` ones, where that leaves
 * one order; else an AmbiguousOrderError has the candidates.
 *
 * What else there is, the option `modules` tells: which is an `Embedding`, a `LayerNorm`, a
 * `PReLU`, a `Conv1d` or, padded on the left alone, a `CausalConv1d`, the activations, the order.
 * What a file never tells, such as dropout, which does nothing when it runs, or code in `forward`,
 * is left to you: `fromStateDict` takes a model.
 *
 * Throws a RecurError, by name, where names and shapes fit several networks or none.
 *
 * @example
 * const model = chain(lstm(2, 3), dense(3, 1));
 * const tensors = toStateDict(model, { prefix: ['rnn.', 'head.'] });
 * String(readStateDict(tensors)); // → Chain(Recur(LSTMCell(2, 3)), Dense(3, 1))
 */
export function readStateDict(
  tensors: Readonly<Record<string, NdArray>>,
  options: ReadStateDictOptions = {},
): LoadedLayer {
  let assumed: readonly string[] | undefined;
  const layer = refusing('state_dict', () => {
    checkOptions(options);
    const modules = checkedModules(options.modules ?? {});
    const ignored = listOf('readStateDict.ignore', options.ignore ?? []);
    checkTensors('readStateDict', tensors);
    const names = Object.keys(tensors).filter(
      name => !ignored.some(start => name.startsWith(start)),
    );
    const groups = groupsOf(names);
    if (groups.length < 1 || groups.length > mostModules) {
      throw mismatch('state_dict', `1 to ${mostModules} modules`, String(groups.length));
    }
    const claims = new TensorClaims('state_dict', tensors);
    const drafts = groups.map(group => draftOf(group, claims, modules.get(group.prefix) ?? {}));
    const found = inOrder(drafts, [...modules.keys()]);
    checkInside(names, tensors);
    const cells = found.order.flatMap(draft => draft.build(claims));
    claims.settle([...ignored, ...countersOf(drafts)]);
    if (found.assumed) assumed = found.order.map(({ prefix }) => prefix);
    return loadedLayer(cells.length === 1 ? cells[0] : chainOf(cells));
  });
  if (assumed) options.onAssumedOrder?.(assumed);
  return layer;
}

function checkOptions(options: ReadStateDictOptions): void {
  checkNames('readStateDict', options, ['modules', 'ignore', 'onAssumedOrder']);
  const { onAssumedOrder: given } = options;
  const fits = given === undefined || typeof given === 'function';
  demand(fits, 'readStateDict.onAssumedOrder', 'a function', given);
}

/** BatchNorm1d counts what it was trained on. */
function countersOf(drafts: readonly TorchModule[]): readonly string[] {
  return drafts.map(({ prefix }) => `${prefix}num_batches_tracked`);
}

function checkedModules(given: unknown): ReadonlyMap<string, StateDictModule> {
  const at = 'readStateDict.modules';
  if (!isPlainObject(given)) throw mismatch(at, 'modules by prefix', describe(given));
  for (const [prefix, module] of Object.entries(given)) {
    checkNames(`${at} ${quoted(prefix)}`, module, known);
  }
  return new Map(Object.entries(given) as [string, StateDictModule][]);
}

const known = ['kind', 'activation', 'epsilon', 'dilation', 'groups', 'stride', 'padding'];

/** Refuses shapes that lie before anything of their size is made. */
function checkInside(names: readonly string[], tensors: Readonly<Record<string, NdArray>>): void {
  for (const name of names) {
    if (name.endsWith('num_batches_tracked')) continue;
    const tensor = tensors[name];
    if (isNdArray(tensor) && isInside(tensor)) continue;
    throw mismatch(`state_dict ${quoted(name)}`, 'an ndarray within its data', describe(tensor));
  }
}
