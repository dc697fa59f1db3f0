import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import '../slow.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The command as it is shipped. */
export const main = join(root, 'dist/cli/main.js');

/** Builds dist unless it is newer than all of src. Test files run side by side: one builds. */
export async function build(): Promise<void> {
  const lock = join(tmpdir(), `rxrecur-build-${statSync(root).ino}`);
  while (!locked(lock)) await delay(100);
  try {
    if (upToDate()) return;
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [tsc, '-p', join(root, 'src')], { stdio: 'pipe' });
  } finally {
    rmdirSync(lock);
  }
}

/** Takes the lock, even one that a killed run left behind. */
function locked(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 60_000) rmdirSync(lock);
    return false;
  }
}

function upToDate(): boolean {
  const built = statSync(main, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return files.every(file => statSync(join(root, 'src', file)).mtimeMs < built);
}
