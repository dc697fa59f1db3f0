// Reads mutated files: node test/fuzz/run.mjs [reader] [count] [first]. A fault prints the file's
// number, with which `run.mjs reader 1 number` repeats it. The library is bundled from its source.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Command, InvalidArgumentError } from 'commander';
import { build } from 'vite';

function whole(text) {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A whole number, please.');
}

const command = new Command('node test/fuzz/run.mjs')
  .description(
    'Gives mutated files to the readers: each is accepted or refused, quickly and without a fault. ' +
      'A fault prints the number of its file; `run.mjs READER 1 NUMBER` repeats it.',
  )
  .argument('[reader]', 'the name of one reader', 'all')
  .argument('[count]', 'files for each reader', whole, 2000)
  .argument('[first]', 'the number of the first file', whole, 0)
  .option('--quick', '50 files for each reader')
  .parse();
const [wanted, given, first] = command.processedArgs;
const count = command.opts().quick ? 50 : given;

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
// Readers name their files from here.
process.chdir(root);
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** All modules of this folder, bundled and imported. */
async function modules() {
  const names = readdirSync(here).flatMap(file => /^(.+)(?<!\.test)\.ts$/.exec(file)?.[1] ?? []);
  const outDir = mkdtempSync(join(root, 'node_modules', '.fuzz-'));
  try {
    await build({
      root,
      configFile: false,
      logLevel: 'error',
      build: {
        ssr: true,
        outDir,
        minify: false,
        rollupOptions: {
          input: Object.fromEntries(names.map(name => [name, join(here, `${name}.ts`)])),
          output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
        },
      },
    });
    const loaded = names.map(async name => [name, await import(join(outDir, `${name}.mjs`))]);
    return Object.fromEntries(await Promise.all(loaded));
  } finally {
    rmSync(outDir, { recursive: true });
  }
}

const { reader, readers, ...others } = await modules();
const found = Object.values(others).flatMap(module => readers.readersIn(module));
const chosen = found.filter(({ name }) => wanted === 'all' || name === wanted);
if (chosen.length === 0) {
  command.error(`no reader ${wanted}: expected all or one of ${found.map(r => r.name).join(', ')}`);
}
const step = 10_000;
for (const one of chosen) {
  const start = performance.now();
  const total = { accepted: 0, refused: 0 };
  for (let n = 0; n < count; n += step) {
    const files = Math.min(step, count - n);
    const { accepted, refused } = reader.fuzz(one, first + n, files, gc);
    total.accepted += accepted;
    total.refused += refused;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const { accepted, refused } = total;
  process.stdout.write(`${one.name}: ${accepted} accepted, ${refused} refused, ${seconds} s\n`);
}
