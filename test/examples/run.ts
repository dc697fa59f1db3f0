import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import '../slow.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The lines that a file of examples/ prints, as a process of its own on the built package; it runs
 * without code generation from strings, as the tests do. Rejects if it fails.
 */
export async function run(file: string, ...args: string[]): Promise<string[]> {
  const flags = ['--disallow-code-generation-from-strings'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...flags, `examples/${file}`, ...args],
    { cwd: root, env: { ...process.env, NO_COLOR: '1' } },
  );
  return stdout.trimEnd().split('\n');
}

/** The exports of a module of examples/, which is JavaScript. */
export async function open(file: string) {
  return await import(/* @vite-ignore */ new URL(`../../examples/${file}`, import.meta.url).href);
}
