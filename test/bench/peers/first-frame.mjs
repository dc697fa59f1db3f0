// Silero VAD from its file to its first answer, in a process of its own: first-frame.mjs bundles
// and starts it, in the folder of the file. Prints milliseconds as JSON.
import { readFileSync } from 'node:fs';
import { stepper } from '../../../dist/core.js';
import { readSafetensors } from '../../../dist/io/read-safetensors.js';
import { chunkSize, silero } from '../../../examples/silero/network.mjs';

const begin = performance.now();
const { tensors } = readSafetensors(new Uint8Array(readFileSync('silero.safetensors')));
const read = performance.now();
const cell = silero(tensors);
const made = performance.now();
const [p] = stepper(cell)(new Float32Array(chunkSize));
const stepped = performance.now();
if (!(p > 0 && p < 1)) throw new Error(`no probability: ${p}`);
console.log(
  JSON.stringify({
    weights: read - begin,
    network: made - read,
    frame: stepped - made,
    whole: stepped - begin,
    start: begin,
  }),
);
