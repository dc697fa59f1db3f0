import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PartitionLog } from '../durable/log.js';
import { RecurError } from '../errors.js';
import { unusable } from './stop.js';

/** A log as the command line names it: `lmdb:DIR`, `file:DIR`. */
export interface LogPlace {
  readonly kind: 'lmdb' | 'file';
  readonly folder: string;
}

/** Where a log is; undefined for a text that is of another form. */
export function logPlace(text: string): LogPlace | undefined {
  const [, kind, folder] = /^(lmdb|file):(.+)$/s.exec(text) ?? [];
  return kind === undefined ? undefined : { kind: kind as LogPlace['kind'], folder };
}

/** Opens a log, or makes one. Throws a Stop. */
export async function openStateLog(
  { kind, folder }: LogPlace,
  partitions?: number,
): Promise<PartitionLog> {
  const options = partitions === undefined ? {} : { partitions };
  try {
    if (kind === 'file') {
      const { fileLog } = await import('../durable/file-log.js');
      return await fileLog(folder, options);
    }
    const { lmdbLog } = await import('../durable/lmdb-log.js');
    return await lmdbLog(folder, options);
  } catch (error) {
    throw asUnusable(error);
  }
}

/** Opens a log that must be there: a look at it makes none. Throws a Stop. */
export function openOldLog(place: LogPlace): Promise<PartitionLog> {
  const { kind, folder } = place;
  if (existsSync(join(folder, kind === 'file' ? 'log.json' : 'data.mdb')))
    return openStateLog(place);
  throw unusable(`--state ${kind}:${folder}: there is no such log; rxrecur serve makes one`);
}

/** What the library refuses, as the end of the command. */
export function asUnusable(error: unknown): unknown {
  return error instanceof RecurError ? unusable(error.message) : error;
}
