import { fstatSync, type Stats, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { targetOf } from './replace-file.js';
import { unusable } from './stop.js';

/**
 * Refuses to write answers over a file that is read or holds the state, by whatever name: undefined
 * as `output` is stdout, '-' among the others stdin.
 */
export function checkOutput(output: string | undefined, others: readonly (string | undefined)[]) {
  const own = output === undefined ? identityOf(1) : identityOf(output);
  for (const other of others) {
    if (own === undefined || other === undefined) continue;
    if (identityOf(other === '-' ? 0 : other) !== own) continue;
    const name = other === '-' ? 'stdin' : other;
    throw unusable(
      `${output === undefined ? 'stdout' : `--output ${output}`}: the same file as ${name}`,
    );
  }
}

/** Of a regular file, or of one that does not exist yet; undefined for anything else. */
function identityOf(file: string | number): string | undefined {
  if (typeof file === 'number') return identity(statOrNothing(() => fstatSync(file)));
  const stat = statOrNothing(() => statSync(file));
  if (stat) return identity(stat);
  const target = targetOf(file);
  const folder = statOrNothing(() => statSync(dirname(target)));
  return folder && `${folder.dev} ${folder.ino} ${basename(target)}`;
}

function identity(stat: Stats | undefined): string | undefined {
  return stat?.isFile() ? `${stat.dev} ${stat.ino}` : undefined;
}

/** Undefined where there is no such file, or none that may be looked at. */
export function statOrNothing(stat: () => Stats): Stats | undefined {
  try {
    return stat();
  } catch {
    return undefined;
  }
}
