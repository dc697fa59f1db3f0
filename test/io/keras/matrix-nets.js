import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';

const file = new URL('../../golden/keras/matrix.zip', import.meta.url);
const text = bytes => new TextDecoder().decode(bytes);

/**
 * The nets of the matrix, with the forms in which each is there: their names, and how to read them
 * with readers that are given.
 */
export function nets() {
  const files = unzipSync(new Uint8Array(readFileSync(file)));
  return JSON.parse(text(files['answers.json'])).map(net => {
    const own = ending => files[`${net.number}.${ending}`];
    const options = net.name.startsWith('Masking') ? { masking: 'ignore' } : {};
    const forms = {
      '.keras': ['keras', ({ readKeras }, bytes) => readKeras(bytes, options)],
      '.h5': ['h5', ({ readKeras }, bytes) => readKeras(bytes, options)],
      'config, .weights.h5': [
        'weights.h5',
        ({ readKerasWeights }, bytes) => readKerasWeights(bytes, text(own('config.json')), options),
      ],
      'model.json': [
        'bin',
        ({ readTfjs }, bytes) => readTfjs(text(own('model.json')), bytes, options),
      ],
    };
    const found = Object.entries(forms).flatMap(([form, [ending, read]]) => {
      return own(ending) ? [{ form, read: readers => read(readers, own(ending)) }] : [];
    });
    return { ...net, forms: found };
  });
}

/** How far a model's answers are from the net's, relative to the largest above 1. */
export function distance(model, { input, output }, stateful) {
  const all = output.flat();
  const numbers = stateful(model)
    .map(eventsOf(model, input))
    .flatMap(y => (y instanceof Float32Array ? [...y] : Object.values(y).flatMap(one => [...one])));
  // A stream answers at each step: the last answer is Keras's.
  const ys = numbers.slice(-all.length);
  if (ys.length !== all.length) return Number.POSITIVE_INFINITY;
  const largest = Math.max(1, ...all.map(Math.abs));
  return Math.max(...ys.map((y, i) => Math.abs(y - all[i]))) / largest;
}

/** Steps as the model takes them, or windows where it takes all at once; of several, by name. */
function eventsOf({ inputSize }, input) {
  if (typeof inputSize === 'number') return vectorsOf(inputSize, input);
  const all = Object.values(inputSize).map((size, i) => vectorsOf(size, input[i]));
  const names = Object.keys(inputSize);
  return Array.from({ length: Math.max(...all.map(({ length }) => length)) }, (_, t) => {
    // A vector beside steps is the same at each.
    return Object.fromEntries(names.map((name, i) => [name, all[i][all[i].length > 1 ? t : 0]]));
  });
}

function vectorsOf(inputSize, input) {
  const all = input.flat(9);
  return Array.from({ length: all.length / inputSize }, (_, i) => {
    return all.slice(i * inputSize, (i + 1) * inputSize);
  });
}
