// Packs rxrecur and uses the tarball as a stranger would, in empty projects:
// ESM import, require, the oldest rxjs, no rxjs, types, a Vite page, the command.
import assert from 'node:assert/strict';
import { execSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';

new Command('node test/package/smoke.mjs')
  .description('Packs rxrecur, installs the tarball in empty projects and uses it there.')
  .parse();

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixture = fileURLToPath(new URL('./fixture', import.meta.url));
const tool = path => `"${process.execPath}" "${join(root, 'node_modules', path)}"`;
const install = 'npm install --prefer-offline --no-audit --no-fund --loglevel=error';

function run(command, cwd) {
  try {
    return execSync(command, { cwd, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch (error) {
    throw new Error(`${command}\n${error.stdout}${error.stderr}`);
  }
}

function project(parent, name) {
  const folder = join(parent, name);
  mkdirSync(folder);
  cpSync(fixture, folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  return folder;
}

/** One tarball; its list of files is checked on the way. */
function pack(folder) {
  run('npm run --silent prepack', root);
  const command = `npm pack --json --ignore-scripts --loglevel=error --pack-destination "${folder}"`;
  const answer = JSON.parse(run(command, root));
  const [{ filename, files, size }] = Array.isArray(answer) ? answer : Object.values(answer);
  const paths = files.map(file => file.path);
  for (const needed of ['LICENSE', 'README.md', 'CHANGELOG.md', 'dist/cli/main.js'])
    assert(paths.includes(needed), `the tarball lacks ${needed}`);
  const strangers = paths.filter(
    path => !/^(dist|src)\/|^[A-Z]+(\.md)?$|^package.json$/.test(path),
  );
  assert.deepEqual(strangers, [], 'the tarball holds files that no user needs');
  console.log(`  packed: ${paths.length} files, ${(size / 1024).toFixed(0)} kB`);
  return join(folder, filename);
}

const checks = {
  'ESM import': ({ user }) => run('node use.mjs', user),
  'ESM import without code generation': ({ user }) =>
    run('node --disallow-code-generation-from-strings use.mjs', user),
  'require()': ({ user }) => run('node --disable-warning=ExperimentalWarning use.cjs', user),
  'types under TypeScript 6 and 7, nodenext and bundler': ({ user }) => {
    for (const version of ['typescript', 'ts7'])
      for (const config of ['tsconfig.nodenext.json', 'tsconfig.bundler.json'])
        run(`${tool(`${version}/bin/tsc`)} -p ${config}`, user);
  },
  'CommonJS in TypeScript under node20, nodenext and node10, compiled and run': ({ user }) => {
    const settings = {
      node20: '--module node20',
      nodenext: '--module nodenext',
      node10: '--module commonjs --moduleResolution node10 --ignoreDeprecations 6.0',
    };
    for (const [name, setting] of Object.entries(settings)) {
      const shared = '--target ES2022 --lib ES2022,DOM --strict --types node';
      const types = `--typeRoots "${join(root, 'node_modules/@types')}"`;
      const tsc = tool('typescript/bin/tsc');
      run(`${tsc} ${setting} ${shared} ${types} --outDir ${name} same.cts`, user);
      run(`node --disable-warning=ExperimentalWarning ${name}/same.cjs`, user);
    }
  },
  'a page built by Vite, run without code generation': ({ user }) => {
    const log = run(`${tool('vite/bin/vite.js')} build 2>&1`, user);
    assert.doesNotMatch(log, /externalized|warning/i);
    const [script] = readdirSync(join(user, 'dist/assets')).filter(file => file.endsWith('.js'));
    const command = `node --disallow-code-generation-from-strings open.mjs dist/assets/${script}`;
    assert.match(run(command, user), /^-?\d+[.]\d+$/);
  },
  'the command': ({ user, version }) =>
    assert.equal(run('npx --no -- rxrecur --version', user), version),
  'rxrecur/core without rxjs': ({ bare }) => run('node core.mjs', bare),
  'the oldest rxjs, 7.2.0': ({ bare }) => {
    run(`${install} --save-exact rxjs@7.2.0`, bare);
    return run('node use.mjs', bare);
  },
};

const folder = mkdtempSync(join(tmpdir(), 'rxrecur-package-'));
let failed = 0;
try {
  const tarball = pack(folder);
  const user = project(folder, 'user');
  const bare = project(folder, 'bare');
  run(`${install} "${tarball}" rxjs@^7`, user);
  run(`${install} --legacy-peer-deps "${tarball}"`, bare);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const [name, check] of Object.entries(checks)) {
    try {
      check({ user, bare, version });
      console.log(`  ok: ${name}`);
    } catch (error) {
      failed += 1;
      console.error(`  FAILED: ${name}\n${error.message}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`package: ${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
