/**
 * The two nets of the demonstration, from the PyTorch weights of train.py.
 *
 * Run as a script it writes them as model files: `node examples/ecg/models.mjs --help`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { readSafetensors, save } from 'rxrecur/io';
import { modelsOf } from './nets.mjs';

/** The models `forecast` and `flag`, as nets.mjs tells. */
export function readModels() {
  const file = readFileSync(new URL('weights.safetensors', import.meta.url));
  return modelsOf(readSafetensors(file).tensors);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder] = new Command('node examples/ecg/models.mjs')
    .description('Writes forecast.safetensors and flag.safetensors, which `rxrecur run` takes.')
    .argument('[folder]', 'where they go', fileURLToPath(new URL('.', import.meta.url)))
    .parse().processedArgs;
  for (const [name, model] of Object.entries(readModels())) {
    const file = join(folder, `${name}.safetensors`);
    writeFileSync(file, save(model));
    console.log(`${file}: ${model}`);
  }
}
