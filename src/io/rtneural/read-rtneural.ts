import { describe, mismatch } from '../../errors.js';
import { chainOf } from '../../layers/chain.js';
import type { AnyCell } from '../../streams/cell.js';
import { readJsonModel } from '../json-model.js';
import { type LoadedLayer, loadedLayer } from '../loaded-layer.js';
import { refusing } from '../refusals.js';
import { UnreadableError } from '../unreadable.js';
import { withGains } from './gains.js';
import { lastSize } from './layer-record.js';
import { isInputLayer, type RtneuralLayer, readLayer } from './layers.js';

/** Far more than any network that runs on every sample of a sound. */
const mostLayers = 1024;
/** Numbers that a step makes and keeps, which a file can ask for without having weights. */
const mostWork = 2 ** 22;

/**
 * The network in RTNeural's JSON (what its `save_model` writes of a Keras model, and what AIDA-X
 * loads), as a layer. `json` is the file's bytes, its text, or the parsed object.
 *
 * Layers: `dense`, `time-distributed-dense`, `lstm`, `gru` (reset gate after the product), `conv1d`
 * (causal), `prelu`, `batchnorm`, `activation`; activations tanh, relu, sigmoid, elu, softmax. An
 * `unknown` one at the beginning is Keras's InputLayer. Of AIDA-X also `in_skip`, `in_gain` and
 * `out_gain` in decibels.
 *
 * Throws a RecurError for weights that are not of the shapes that the file tells, naming both, and
 * an UnreadableError with all the layers that RTNeural's JSON can hold and that cannot run here.
 *
 * @example
 * const layer = { type: 'dense', activation: 'relu', shape: [null, 1], weights: [[[2]], [1]] };
 * const model = readRtneural({ in_shape: [null, 1], layers: [layer] });
 * stateful(model)([3]); // → Float32Array(1) [ 7 ]
 */
export function readRtneural(json: object | string | Uint8Array): LoadedLayer {
  return refusing('rtneural', () => {
    const model = readJsonModel('rtneural', 'rtneural', json);
    const { layers } = model;
    if (!Array.isArray(layers) || layers.length < 1 || layers.length > mostLayers) {
      throw mismatch('rtneural layers', `an array of 1 to ${mostLayers} layers`, describe(layers));
    }
    const inputSize = lastSize('rtneural in_shape', model.in_shape);
    const input = { size: inputSize, work: () => 0, build: () => [] };
    const begins = layers.length > 1 && isInputLayer(layers[0], model.in_shape);
    const read = layers.map((layer, i) =>
      begins && i === 0 ? input : readLayer(`rtneural layers[${i}]`, layer),
    );
    const problems = read.filter(layer => 'why' in layer);
    if (problems.length) throw new UnreadableError('RTNeural', problems);
    return loadedLayer(withGains(model, network(inputSize, read as readonly RtneuralLayer[])));
  });
}

function network(inputSize: number, layers: readonly RtneuralLayer[]): AnyCell {
  let size = inputSize;
  let work = size;
  const cells = layers.flatMap((layer, i) => {
    work += layer.work(size);
    if (work > mostWork) {
      throw mismatch(`rtneural layers[${i}]`, `at most ${mostWork} numbers a step`, `${work}`);
    }
    const made = layer.build(size);
    size = layer.size;
    return made;
  });
  return chainOf(cells);
}
