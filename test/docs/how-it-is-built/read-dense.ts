import { denseCell } from '../../../src/cells/dense.js';
import { checkSize, fields } from '../../../src/io/description-fields.js';
import { readObject } from '../../../src/io/json.js';
import { type LoadedLayer, loadedLayer } from '../../../src/io/loaded-layer.js';
import { nestedNumbers } from '../../../src/io/nested-numbers.js';
import { refusing } from '../../../src/io/refusals.js';

/** A dense layer in the JSON `{ inputs, outputs, weights: [[…], …] }`; `json`: its bytes. */
export function readDense(json: Uint8Array): LoadedLayer {
  return refusing('dense', () => {
    const file = fields('dense', readObject('dense', json), ['inputs', 'outputs', 'weights']);
    for (const name of ['inputs', 'outputs']) checkSize(`dense.${name}`, file[name]);
    const [inputs, outputs] = [file.inputs, file.outputs] as [number, number];
    const form = { shape: [outputs, inputs], meaning: 'output, input' };
    const weight = nestedNumbers('dense.weights', file.weights, form);
    return loadedLayer(denseCell(inputs, outputs, { bias: false, params: { weight } }));
  });
}
