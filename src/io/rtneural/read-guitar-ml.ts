import { denseCell } from '../../cells/dense.js';
import { gruCell } from '../../cells/gru.js';
import { lstmCell } from '../../cells/lstm.js';
import { rnnCell } from '../../cells/rnn.js';
import { describe, mismatch } from '../../errors.js';
import { chainOf } from '../../layers/chain.js';
import type { AnyCell } from '../../streams/cell.js';
import { isPlainObject } from '../../streams/values.js';
import { quoted } from '../json.js';
import { readJsonModel } from '../json-model.js';
import { type LoadedLayer, loadedLayer } from '../loaded-layer.js';
import { nestedNumbers } from '../nested-numbers.js';
import { refusing } from '../refusals.js';
import { skipFirst } from './gains.js';

/** What `model_data` says, checked. */
interface Architecture {
  readonly unit: Unit;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly outputSize: number;
  readonly layers: number;
  /** How many inputs are added to the outputs. */
  readonly skip: number;
  readonly bias: boolean;
}

interface Unit {
  readonly gates: number;
  make(inputSize: number, hiddenSize: number, options: object): AnyCell;
}

const units: ReadonlyMap<unknown, Unit> = new Map<unknown, Unit>([
  ['LSTM', { gates: 4, make: lstmCell }],
  ['GRU', { gates: 3, make: gruCell }],
  ['RNN', { gates: 1, make: rnnCell }],
]);

/** Those of the trainer are one layer of at most 80. */
const limits = { layers: 64, size: 2 ** 16 };

/**
 * The network in the JSON that CoreAudioML, and with it GuitarML's and Proteus's trainers, write: a
 * recurrent layer `rec` and a dense one `lin`, in PyTorch's layout; `skip: 1` adds the first input
 * to the output. `json` is the file's bytes, its text, or the parsed object.
 *
 * Throws a RecurError for tensors that are missing, left over, not finite, or not of the shapes
 * that
 * `model_data` tells, naming both.
 *
 * @example
 * const zeros = (rows: number, columns: number) => Array(rows).fill(Array(columns).fill(0));
 * const model = readGuitarMl({
 *   model_data: { unit_type: 'GRU', input_size: 1, hidden_size: 2, output_size: 1, skip: 0 },
 *   state_dict: {
 *     'rec.weight_ih_l0': zeros(6, 1),
 *     'rec.weight_hh_l0': zeros(6, 2),
 *     'rec.bias_ih_l0': Array(6).fill(0),
 *     'rec.bias_hh_l0': Array(6).fill(0),
 *     'lin.weight': zeros(1, 2),
 *     'lin.bias': [0.5],
 *   },
 * });
 * String(model); // → Chain(Recur(GRUCell(1, 2)), Dense(2, 1))
 */
export function readGuitarMl(json: object | string | Uint8Array): LoadedLayer {
  return refusing('guitarml', () =>
    loadedLayer(networkOf(readJsonModel('guitarml', 'guitarml', json))),
  );
}

function networkOf(file: Readonly<Record<string, unknown>>): AnyCell {
  const { model_data: data, state_dict: tensors } = file;
  const architecture = architectureOf(data);
  if (!isPlainObject(tensors)) {
    throw mismatch('guitarml state_dict', 'tensors by name', describe(tensors));
  }
  const { inputSize, hiddenSize, outputSize, layers, skip, bias } = architecture;
  const unclaimed = new Set(Object.keys(tensors));
  const claim = (name: string, shape: readonly number[], meaning: string) => {
    const where = `guitarml ${quoted(name)}`;
    unclaimed.delete(name);
    return nestedNumbers(where, Object.hasOwn(tensors, name) ? tensors[name] : undefined, {
      shape,
      meaning,
    });
  };
  const cells = Array.from({ length: layers }, (_, layer) =>
    recurrentCell(architecture, layer, claim),
  );
  const params = {
    weight: claim('lin.weight', [outputSize, hiddenSize], `output ${outputSize}, hidden`),
    ...(bias && { bias: claim('lin.bias', [outputSize], `output ${outputSize}`) }),
  };
  for (const name of unclaimed) {
    throw mismatch(`guitarml ${quoted(name)}`, 'no such tensor', 'one', 'model_data tells of none');
  }
  const whole = chainOf([...cells, denseCell(hiddenSize, outputSize, { bias, params })]);
  return skip ? skipFirst(whole, inputSize, skip) : whole;
}

type Claim = (name: string, shape: readonly number[], meaning: string) => Float32Array;

function recurrentCell(architecture: Architecture, layer: number, claim: Claim): AnyCell {
  const { unit, inputSize, hiddenSize } = architecture;
  const columns = layer ? hiddenSize : inputSize;
  const rows = unit.gates * hiddenSize;
  const gates = `${unit.gates} gates × ${hiddenSize}`;
  return unit.make(columns, hiddenSize, {
    params: {
      weightIh: claim(`rec.weight_ih_l${layer}`, [rows, columns], `${gates}, input ${columns}`),
      weightHh: claim(`rec.weight_hh_l${layer}`, [rows, hiddenSize], `${gates}, hidden`),
      biasIh: claim(`rec.bias_ih_l${layer}`, [rows], gates),
      biasHh: claim(`rec.bias_hh_l${layer}`, [rows], gates),
    },
  });
}

function architectureOf(data: unknown): Architecture {
  const where = 'guitarml model_data';
  if (!isPlainObject(data)) throw mismatch(where, 'an object', describe(data));
  const { model = 'SimpleRNN', unit_type, bias_fl = true } = data;
  if (model !== 'SimpleRNN') throw mismatch(`${where}.model`, "'SimpleRNN'", describe(model));
  const unit = units.get(unit_type);
  if (!unit) throw mismatch(`${where}.unit_type`, 'LSTM, GRU or RNN', describe(unit_type));
  if (typeof bias_fl !== 'boolean') {
    throw mismatch(`${where}.bias_fl`, 'true or false', describe(bias_fl));
  }
  const count = (name: string, usual: number | undefined, least: number, most: number) => {
    const value = data[name] ?? usual;
    const fits = Number.isSafeInteger(value) && (value as number) >= least;
    if (fits && (value as number) <= most) return value as number;
    throw mismatch(`${where}.${name}`, `a whole number, ${least} to ${most}`, describe(value));
  };
  const inputSize = count('input_size', 1, 1, limits.size);
  const outputSize = count('output_size', 1, 1, limits.size);
  const skip = count('skip', 0, 0, inputSize);
  if (skip && skip !== outputSize) {
    throw mismatch(`${where}.skip`, `0 or ${outputSize}, the number of outputs`, `${skip}`);
  }
  const hiddenSize = count('hidden_size', undefined, 1, limits.size);
  const layers = count('num_layers', 1, 1, limits.layers);
  return { unit, inputSize, hiddenSize, outputSize, layers, skip, bias: bias_fl };
}
