import { checkNames, demand, describe, mismatch } from '../../errors.js';
import type { AnyCell } from '../../streams/cell.js';
import { printable } from '../json.js';
import { readJsonModel } from '../json-model.js';
import { Fields, shown } from '../keras/fields.js';
import { type LoadedLayer, loadedLayer } from '../loaded-layer.js';
import { refusing } from '../refusals.js';
import { UnreadableError } from '../unreadable.js';
import { convNet, linear, lstm } from './architectures.js';
import { Circuit, type Signal } from './circuit.js';
import { checkFields, countOf } from './config.js';
import { wavenet } from './wavenet.js';
import { Weights } from './weights.js';

/** Options of `readNam`. */
export interface NamOptions {
  /**
   * From 0 to 1: of a file that holds a network in several sizes, the one for so much of a
   * processor. Default 1: the largest.
   */
  readonly size?: number | undefined;
}

/** What a file says beside its network. */
export interface NamInfo {
  readonly version: string;
  readonly architecture: string;
  /** Samples a second of the sound that it was trained on, if the file tells. */
  readonly sampleRate: number | undefined;
  /** Loudness, gain, names of the gear, and whatever else the trainer wrote; `{}` without any. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * The network in a file of Neural Amp Modeler (.nam), as a layer: LSTM, WaveNet, ConvNet or Linear,
 * and the largest of a container of several. A step is a sample. `json` is the file's bytes, its
 * text, or the parsed object.
 *
 * It begins, and a reset puts it, where silence leaves it: an LSTM at the state that is in the
 * file, a network of convolutions at the one that follows from its weights.
 *
 * Throws a RecurError for fields and weights that make no sense, naming them, and an
 * UnreadableError for an architecture that is not read.
 *
 * @example
 * const model = readNam({
 *   version: '0.5.4',
 *   architecture: 'ConvNet',
 *   config: { channels: 1, dilations: [1], batchnorm: false, activation: 'ReLU' },
 *   weights: [-1, 1, 0, 2, 0.5],
 * });
 * stateful(model).map([[1], [3]]).join(' '); // → 2.5 4.5
 */
export function readNam(json: object | string | Uint8Array, options: NamOptions = {}): LoadedLayer {
  checkNames('readNam', options, ['size']);
  const { size = 1 } = options;
  const isShare = typeof size === 'number' && size >= 0 && size <= 1;
  demand(isShare, 'readNam.size', 'a number from 0 to 1', size);
  return refusing('nam', () => loadedLayer(networkOf(opened(json), size)));
}

/**
 * What a .nam file says beside its network.
 *
 * @example
 * const file = { version: '0.5.4', architecture: 'LSTM', config: {}, weights: [] };
 * namInfo({ ...file, sample_rate: 48000 }).sampleRate; // → 48000
 */
export function namInfo(json: object | string | Uint8Array): NamInfo {
  return refusing('nam', () => {
    const file = opened(json);
    const metadata = file.has('metadata') ? file.object('metadata') : new Fields('nam', {});
    return {
      version: printable(file.text('version')),
      architecture: printable(file.text('architecture')),
      sampleRate: file.has('sample_rate') ? file.number('sample_rate', 0) : undefined,
      metadata: Object.fromEntries(metadata.names().map(name => [name, metadata.value(name)])),
    };
  });
}

const opened = (json: object | string | Uint8Array) =>
  new Fields('nam', readJsonModel('nam', 'nam', json));

const known = ['version', 'metadata', 'architecture', 'config', 'weights', 'sample_rate', 'notes'];

function checkFile(file: Fields): void {
  checkFields(file, known);
  const version = file.text('version');
  if (!/^0\.[567]\.\d{1,4}$/.test(version)) {
    throw mismatch(`${file.where}.version`, 'from 0.5.0 to 0.7', shown(version));
  }
}

/** The network of a whole file. */
function networkOf(file: Fields, size: number): AnyCell {
  checkFile(file);
  const architecture = file.text('architecture');
  if (architecture === 'SlimmableContainer') return networkOf(submodelOf(file, size), size);
  const weights = new Weights(`${file.where} weights`, file.value('weights'));
  if (architecture === 'LSTM') {
    const cell = lstm(weights, file.object('config'));
    weights.end();
    return cell;
  }
  const circuit = new Circuit(inputSizeOf(file));
  addNetwork(circuit, file, weights, circuit.input, 0);
  return circuit.network();
}

function inputSizeOf(file: Fields): number {
  return countOf(file.object('config'), 'in_channels', 1);
}

/** Adds the layers of a file to those that are there. */
function addNetwork(
  circuit: Circuit,
  file: Fields,
  weights: Weights,
  x: Signal,
  depth: number,
): Signal {
  const config = file.object('config');
  const draft = { circuit, weights };
  const architecture = file.text('architecture');
  if (!Object.hasOwn(networks, architecture)) {
    const known = namArchitectures.join(', ');
    const why = `${shown(architecture)}, of which ${known} are read`;
    throw new UnreadableError('a .nam file', [{ where: `${file.where}.architecture`, why }]);
  }
  const output = networks[architecture](draft, config, x, (where, given, input) =>
    condition(circuit, new Fields(where, given), file, input, depth + 1),
  );
  weights.end();
  return output;
}

/** Architectures whose layers read each other's outputs. */
const networks: Readonly<Record<string, typeof wavenet>> = {
  WaveNet: wavenet,
  ConvNet: convNet,
  Linear: linear,
};

/** All that are read. */
export const namArchitectures = ['LSTM', ...Object.keys(networks), 'SlimmableContainer'];

/** A network whose answer is the condition of another, of the same sound. */
function condition(
  circuit: Circuit,
  file: Fields,
  whole: Fields,
  x: Signal,
  depth: number,
): Signal {
  if (depth > 4) throw mismatch(file.where, 'at most 4 within each other', 'more');
  checkFile(file);
  const [own, outer] = [file, whole].map(part => part.value('sample_rate'));
  if (own !== outer) {
    const expected = `${describe(outer)}, as the network around it`;
    throw mismatch(`${file.where}.sample_rate`, expected, describe(own));
  }
  const inputs = inputSizeOf(file);
  if (inputs !== circuit.sizeOf(x)) {
    throw mismatch(`${file.where}.config.in_channels`, `${circuit.sizeOf(x)}`, `${inputs}`);
  }
  const weights = new Weights(`${file.where} weights`, file.value('weights'));
  return addNetwork(circuit, file, weights, x, depth);
}

/** Of networks that are each for sizes below its `max_value`, the one for a size. */
function submodelOf(file: Fields, size: number): Fields {
  const config = file.object('config');
  checkFields(config, ['submodels']);
  new Weights(`${file.where} weights`, file.list('weights')).end();
  const submodels = config.list('submodels').map((given, i) => {
    const submodel = new Fields(`${config.where}.submodels[${i}]`, given);
    checkFields(submodel, ['max_value', 'model']);
    return { most: submodel.number('max_value', Number.NaN), model: submodel };
  });
  const isOrdered = submodels.every(({ most }, i) => i === 0 || most > submodels[i - 1].most);
  const last = submodels.at(-1);
  if (!last || !isOrdered || last.most < 1) {
    const expected = 'one or more, of a rising max_value up to 1';
    throw mismatch(`${config.where}.submodels`, expected, `${submodels.length} others`);
  }
  const { model } = submodels.find(({ most }) => size < most) ?? last;
  const own = model.object('model');
  if (own.text('architecture') === 'SlimmableContainer') {
    throw mismatch(`${own.where}.architecture`, 'a network', 'a container in a container');
  }
  return own;
}
