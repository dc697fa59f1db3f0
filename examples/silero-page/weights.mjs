// Writes what the page fetches: the tensors of silero_vad_16k_op15.onnx as safetensors.
//   node examples/silero-page/weights.mjs package/weights/silero_vad_16k_op15.onnx
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSafetensors } from 'rxrecur/io';
import { onnxInitializers } from 'rxrecur/io/onnx';

const here = fileURLToPath(new URL('public', import.meta.url));
const [file, folder = here] = process.argv.slice(2);
const bytes = writeSafetensors(onnxInitializers(readFileSync(file)));
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'silero.safetensors'), bytes);
console.log(`${bytes.length} bytes written`);
