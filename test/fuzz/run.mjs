// Reads mutated files: node test/fuzz/run.mjs [reader] [count] [first number]
// Without a reader: all. A fault prints the file's number, with which `run.mjs reader 1 number`
// repeats it. Needs what `npm install` brings; the library is bundled from its source.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { build } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
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

const [wanted = 'all', count = '2000', first = '0'] = process.argv.slice(2);
const { reader, readers, ...others } = await modules();
const found = Object.values(others).flatMap(module => readers.readersIn(module));
const chosen = found.filter(({ name }) => wanted === 'all' || name === wanted);
if (chosen.length === 0) throw new Error(`no reader ${wanted}: ${found.map(r => r.name)}`);
const step = 10_000;
for (const one of chosen) {
  const start = performance.now();
  const total = { accepted: 0, refused: 0 };
  for (let n = 0; n < Number(count); n += step) {
    const files = Math.min(step, Number(count) - n);
    const { accepted, refused } = reader.fuzz(one, Number(first) + n, files, gc);
    total.accepted += accepted;
    total.refused += refused;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const { accepted, refused } = total;
  process.stdout.write(`${one.name}: ${accepted} accepted, ${refused} refused, ${seconds} s\n`);
}
