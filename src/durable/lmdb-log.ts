import { join, resolve } from 'node:path';
import { checkNames, demand, mismatch, RecurError } from '../errors.js';
import * as check from './arguments.js';
import { openEnvironment } from './lmdb-environments.js';
import { LmdbPartitions } from './lmdb-partitions.js';
import type { Rows } from './lmdb-rows.js';
import type { PartitionLog } from './log.js';
import { sealed, unsealed } from './sealed.js';

/** The options of `lmdbLog`. */
export interface LmdbLogOptions {
  /** How many partitions a new log has (8); one that is there must have as many. */
  readonly partitions?: number;
  /**
   * `'fdatasync'` (default): what is acknowledged is on the disk. `'none'`: the operating system
   * writes when it likes; a power cut can then destroy the whole log.
   */
  readonly sync?: 'fdatasync' | 'none';
}

const names = ['partitions', 'sync'];

/**
 * A log in an LMDB environment: one file in a folder, made if it is not there. All processes of a
 * machine may share it; logs of one process with the same folder share what is open. Needs the
 * package `lmdb`.
 *
 * Throws a RecurError for options that do not fit, or that do not fit the log in the folder.
 *
 * @example
 * import { mkdtempSync } from 'node:fs';
 *
 * const log = await lmdbLog(mkdtempSync('/tmp/sensors-'), { partitions: 4 });
 * await log.append(0, [{ key: 'a', value: new Uint8Array(8) }]); // → 1
 * await log.close();
 */
export async function lmdbLog(folder: string, options: LmdbLogOptions = {}): Promise<PartitionLog> {
  checkNames('lmdbLog', options, names);
  demand(typeof folder === 'string' && folder, 'lmdbLog', 'a folder', folder);
  const { partitions, sync = 'fdatasync' } = options;
  if (partitions !== undefined) check.checkPartitions('lmdbLog', partitions);
  const isSync = sync === 'fdatasync' || sync === 'none';
  demand(isSync, 'lmdbLog.sync', "'fdatasync' or 'none'", sync);
  const path = resolve(folder);
  const environment = await openEnvironment(await lmdb(), path, sync);
  const { rows } = environment;
  try {
    return new LmdbPartitions(path, await openLog(rows, path, partitions), environment);
  } catch (error) {
    await environment.close();
    throw error;
  }
}

/** The package, which is loaded only here: its keys need code generation from strings. */
async function lmdb(): Promise<typeof import('lmdb')> {
  try {
    return await import('lmdb');
  } catch (cause) {
    const hint = "install it with 'npm install lmdb@3', and allow code generation from strings";
    const parts = { where: 'lmdbLog', expected: 'the package lmdb', hint, cause };
    throw new RecurError({ ...parts, got: (cause as Error).message });
  }
}

/** How many partitions the log has; a new one is given so many. */
async function openLog(rows: Rows, folder: string, wanted: number | undefined): Promise<number> {
  const path = join(folder, 'data.mdb');
  const text = await rows.write<string>(['log'], () => {
    const there = rows.db.get(['log']);
    if (there) return new TextDecoder().decode(unsealed(there, 0, path));
    const [other] = rows.db.getKeys({ limit: 1 });
    if (other !== undefined) return mismatch(path, 'a log', 'an environment of somebody else');
    const note = { format: 'rxrecur/log', version: 1, partitions: wanted ?? 8 };
    const bytes = new TextEncoder().encode(JSON.stringify(note));
    rows.db.put(['log'], sealed(new Uint8Array(), bytes, 0));
    return JSON.stringify(note);
  });
  const { format, version, partitions } = JSON.parse(text) as Record<string, unknown>;
  if (format !== 'rxrecur/log' || version !== 1) {
    throw mismatch(path, 'rxrecur/log, version 1', `${format}, version ${version}`);
  }
  check.checkPartitions(path, partitions);
  const hint = 'a log keeps the number it was made with';
  const fits = wanted === undefined || wanted === partitions;
  demand(fits, 'lmdbLog.partitions', `${partitions}, as in ${path}`, wanted, hint);
  return partitions;
}
