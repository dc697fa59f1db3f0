import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { build } from 'vite';
import { beforeAll, expect, test } from 'vitest';
import { stateful } from '../../src/index.js';
import { load, save } from '../../src/io/index.js';
import { file, folder, model, modelFile, newFolder, pairs, rxrecur } from './command.js';
import '../slow.js';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const rows = pairs(6);

/** A script that prints the answers of `net.js` to the rows. */
const script = `import { from } from 'rxjs';
import net from './net.js';
const answers: number[][] = [];
from(${JSON.stringify(rows)}).pipe(net).subscribe(y => answers.push(Array.from(y)));
console.log(JSON.stringify(answers));
`;

let project: string;

beforeAll(async () => {
  project = newFolder('project');
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules/rxrecur'));
  symlinkSync(join(root, 'node_modules/rxjs'), join(project, 'node_modules/rxjs'));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(project, 'main.ts'), script);
  writeFileSync(join(project, 'main.js'), script.replace(': number[][]', ''));
  const net = join(project, 'net.js');
  const { code, stdout } = await rxrecur(['convert', modelFile, net, '--weights', 'int8']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^0\.weightIh: off by at most 0\.00\d+, largest 0\.\d+\n/);
  expect(stdout).toMatch(/\nall: off by at most 0\.00\d+\n$/);
});

/** Without the right to make code from strings, as pages under a strict policy are. */
async function printed(path: string): Promise<number[][]> {
  const { stdout } = await execute(process.execPath, [
    '--disallow-code-generation-from-strings',
    path,
  ]);
  return JSON.parse(stdout);
}

/** On the backend that a process of this machine takes. */
const wanted = () => {
  const m = stateful(load(save(model, { weights: 'int8' })));
  return rows.map(x => [...(m(x as never) as Float32Array)]);
};

const close = (got: number[][], want: number[][]) => {
  expect(got.length).toBe(want.length);
  for (const [t, y] of got.entries()) {
    for (const [i, v] of y.entries()) expect(Math.abs(v - want[t][i])).toBeLessThanOrEqual(1e-6);
  }
};

test('a module gives the model with rounded weights, in Node', async () => {
  close(await printed(join(project, 'main.js')), wanted());
});

test('a bundler packs it, and the bundle runs alone', async () => {
  const outDir = newFolder('bundle');
  await build({
    root: project,
    configFile: false,
    logLevel: 'error',
    build: {
      outDir,
      emptyOutDir: false,
      lib: { entry: join(project, 'main.js'), formats: ['es'], fileName: 'bundle' },
    },
  });
  const [name] = ['bundle.js', 'bundle.mjs'].filter(name =>
    statSync(join(outDir, name), { throwIfNoEntry: false }),
  );
  const text = readFileSync(join(outDir, name), 'utf8');
  // No package is to be found from there.
  const alone = file('alone.mjs', text);
  close(await printed(alone), wanted());
});

test('TypeScript knows the type of a module, and refuses what it is not', () => {
  const wrong = join(project, 'wrong.ts');
  writeFileSync(wrong, "import net from './net.js';\nconst size: string = net.inputSize;\n");
  const options = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  const program = ts.createProgram([join(project, 'main.ts'), wrong], options);
  const messages = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName.slice(project.length)}: ${messageText}`;
  });
  expect(messages.filter(message => !/console/.test(message))).toEqual([
    "/wrong.ts: Type 'number' is not assignable to type 'string'.",
  ]);
});

test('a module is written again, but not over the types that somebody else wrote', async () => {
  const net = join(project, 'net.js');
  const { code } = await rxrecur(['convert', modelFile, net, '--weights', 'int8']);
  expect(code).toBe(0);
  const other = file('other.js');
  file('other.d.ts', 'export {};\n');
  const refused = await rxrecur(['convert', modelFile, other]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("other.d.ts: rxrecur did not write it, and the module's types");
  expect(() => statSync(other)).toThrow('ENOENT');
  expect(readFileSync(join(folder, 'other.d.ts'), 'utf8')).toBe('export {};\n');
  const nameless = await rxrecur(['convert', modelFile, file('net'), '--to', 'module']);
  expect(nameless.stderr).toContain('net: the name of a module ends with .js or .mjs');
});

test('an .mjs has its types in a .d.mts', async () => {
  const { code } = await rxrecur(['convert', modelFile, file('own.mjs')]);
  expect(code).toBe(0);
  expect(readFileSync(join(folder, 'own.d.mts'), 'utf8')).toContain('declare const model');
});

test('a file with rounded weights is smaller, and runs', async () => {
  const small = file('small.safetensors');
  const converted = await rxrecur(['convert', modelFile, small, '--weights', 'float16']);
  expect(converted.code).toBe(0);
  expect(readFileSync(small)).toEqual(Buffer.from(save(model, { weights: 'float16' })));
  const input = rows.map(row => `${JSON.stringify(row)}\n`).join('');
  const { code, stdout } = await rxrecur(['run', small], input);
  expect(code).toBe(0);
  const answers = stdout
    .trim()
    .split('\n')
    .map(line => Object.values(JSON.parse(line)) as number[]);
  const m = stateful(load(save(model, { weights: 'float16' })));
  close(
    answers,
    rows.map(x => [...(m(x as never) as Float32Array)]),
  );
});

test('ONNX and a state dict are written with float16, and refuse int8 by name', async () => {
  for (const [name, target, reason] of [
    ['half.onnx', 'onnx', "writeOnnx.weights: expected 'float32' or 'float16', got 'int8'"],
    ['half.safetensors', 'pytorch', 'load_state_dict knows no scales'],
  ] as const) {
    const args = ['convert', modelFile, file(name), '--to', target, '--weights'];
    const refused = await rxrecur([...args, 'int8']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(reason);
    const { code, stdout } = await rxrecur([...args, 'float16']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nall: off by at most 0\.000\d+\n$/);
  }
});
