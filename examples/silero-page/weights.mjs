// Writes the file that the page fetches: the tensors of silero_vad_16k_op15.onnx as safetensors,
// rounded to float16. The Fourier transform is not among them: network.mjs computes it.
//   node examples/silero-page/weights.mjs package/weights/silero_vad_16k_op15.onnx
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { writeSafetensors } from 'rxrecur/io';
import { onnxInitializers } from 'rxrecur/io/onnx';

const here = fileURLToPath(new URL('public', import.meta.url));
const [file, folder] = new Command('node examples/silero-page/weights.mjs')
  .description('Writes silero.safetensors, which the page fetches.')
  .argument('<file>', 'silero_vad_16k_op15.onnx; README.md says where it is')
  .argument('[folder]', 'where silero.safetensors goes', here)
  .parse().processedArgs;
const { 'model.stft.forward_basis_buffer': _, ...tensors } = onnxInitializers(readFileSync(file));
let worst = 0;
const bytes = writeSafetensors(
  tensors,
  {},
  { weights: 'float16', onRounded: rounding => (worst = rounding.worst) },
);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'silero.safetensors'), bytes);
console.log(`${bytes.length} bytes written; each weight is off by at most ${worst.toPrecision(2)}`);
