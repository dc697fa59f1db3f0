import { NdView } from '../arrays/ndarray.js';
import { checkNames, mismatch } from '../errors.js';
import type { PortModel } from '../streams/members.js';
import { plainCell } from './plain-cell.js';
import type { RoundingOptions } from './rounding.js';
import { namedParts, nameOf, torchParts } from './torch-parts.js';
import { writeSafetensors } from './write-safetensors.js';

/** How the tensors of a `state_dict` are named. */
export interface WriteStateDictOptions {
  /**
   * What the names of a module begin with, as `fromStateDict` takes it. Default `''` for a model
   * with one layer that has parameters, and `'0.'`, `'1.'`, … for others, as `torch.nn.Sequential`
   * counts.
   */
  readonly prefix?: string | readonly string[] | undefined;
}

/**
 * The parameters of a model under the names that PyTorch's `state_dict` has for them: copies, as
 * row-major float32 ndarrays. `fromStateDict(model, tensors, { prefix })` is the way back.
 *
 * Throws a RecurError for layers that PyTorch has not, and for prefixes that give one name to two.
 *
 * @example
 * const model = chain(gru(2, 3), gru(3, 3, { bias: false }), dense(3, 1));
 * const prefix = ['encoder.', 'decoder.', 'head.'];
 * Object.keys(toStateDict(model, { prefix })).slice(-4).join(' ');
 * // → decoder.weight_ih_l0 decoder.weight_hh_l0 head.weight head.bias
 */
export function toStateDict(
  model: PortModel,
  options: WriteStateDictOptions = {},
): Record<string, NdView> {
  const caller = 'toStateDict';
  checkNames(caller, options, ['prefix']);
  const parts = torchParts(caller, plainCell(caller, model));
  const members = new Set(parts.map(({ member }) => member)).size;
  const usual = members === 1 ? '' : Array.from({ length: members }, (_, i) => `${i}.`);
  const named = namedParts(caller, parts, options.prefix ?? usual);
  const tensors: Record<string, NdView> = Object.create(null);
  for (const part of named) {
    const params = part.cell.params as Readonly<Record<string, NdView>>;
    for (const { name, shape } of part.shapes) {
      tensors[nameOf(part, name)] = new NdView(params[name].data, shape);
    }
  }
  return tensors;
}

/**
 * The same as the bytes of a safetensors file, which `safetensors.torch.load_file` reads and
 * `load_state_dict` takes; with `weights: 'float16'` its matrices are rounded to that. Throws as
 * `toStateDict` does.
 *
 * @example
 * const { tensors } = readSafetensors(writeStateDict(dense(3, 2)));
 * Object.keys(tensors).join(' '); // → weight bias
 */
export function writeStateDict(
  model: PortModel,
  { weights, onRounded, ...options }: WriteStateDictOptions & RoundingOptions = {},
): Uint8Array {
  if (weights === 'int8') {
    const hint = 'load_state_dict knows no scales; save has them';
    throw mismatch('writeStateDict.weights', "'float32' or 'float16'", "'int8'", hint);
  }
  const rounding = { weights, onRounded };
  return writeSafetensors(toStateDict(model, options), { format: 'pt' }, rounding);
}
