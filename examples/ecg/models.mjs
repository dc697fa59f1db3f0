/**
 * The two nets of the demonstration, from the PyTorch weights of train.py.
 *
 * Run as a script it writes them as model files, which `rxrecur run` takes:
 * `node examples/ecg/models.mjs [folder]`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chain, defineCell, dense, gru } from 'rxrecur';
import { fromStateDict, readSafetensors, save } from 'rxrecur/io';

/**
 * mV `[1]` in; out `[2]`, the standardised sample and the standardised difference to the sample
 * before it. W copies the sample into both rows, so that h is the sample before, twice.
 */
const frontEndCell = defineCell(
  'FrontEnd',
  `
  h' = W x
  y  = a * (h' - m * h) + b
`,
  { vectors: { a: 1, m: 0, b: 0 } },
);

/** The models: mV in; `forecast` answers mV `[3]` in 25, 50, 100 ms, `flag` a probability `[1]`. */
export function readModels() {
  const { tensors } = readSafetensors(
    readFileSync(new URL('weights.safetensors', import.meta.url)),
  );
  const params = {
    weightIh: [[1], [1]],
    a: tensors['frontend.a'],
    m: tensors['frontend.m'],
    b: tensors['frontend.b'],
  };
  const frontEnd = frontEndCell(1, 2, { params });
  const trained = (layer, prefix) => {
    // The file holds both nets: each layer takes its own tensors and leaves the others'.
    return fromStateDict(layer, tensors, { prefix, ignore: ['frontend.', 'forecast.', 'flag.'] });
  };
  return {
    forecast: chain(
      frontEnd,
      trained(gru(2, 32), 'forecast.gru.'),
      trained(dense(32, 3), 'forecast.dense.'),
    ),
    flag: chain(
      frontEnd,
      trained(gru(2, 16), 'flag.gru.'),
      trained(dense(16, 1, { activation: 'sigmoid' }), 'flag.dense.'),
    ),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? fileURLToPath(new URL('.', import.meta.url));
  for (const [name, model] of Object.entries(readModels())) {
    const file = join(folder, `${name}.safetensors`);
    writeFileSync(file, save(model));
    console.log(`${file}: ${model}`);
  }
}
