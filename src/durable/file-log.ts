import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkNames, demand, mismatch } from '../errors.js';
import * as check from './arguments.js';
import { type Disk, namingDisk, nodeDisk } from './file-disk.js';
import { readNote, writeNote } from './file-notes.js';
import { FilePartitions } from './file-partitions.js';
import type { PartitionLog } from './log.js';

/** The options of `fileLog`. */
export interface FileLogOptions {
  /** How many partitions a new log has (8); one that is there must have as many. */
  readonly partitions?: number;
  /**
   * `'fdatasync'` (default): what is acknowledged is on the disk. `'none'`: it is with the
   * operating system, which survives the end of the process and not that of the machine.
   */
  readonly sync?: 'fdatasync' | 'none';
  /** A file that is longer is not continued (64 MiB). Only whole files are removed. */
  readonly segmentBytes?: number;
}

const names = ['partitions', 'sync', 'segmentBytes'];

/**
 * A log in a folder, made if it is not there: files that only grow, of frames with a CRC-32C. All
 * processes of a machine may share it; a network's file system is none for it.
 *
 * Throws a RecurError for options that do not fit, or that do not fit the log in the folder.
 *
 * @example
 * import { mkdtempSync } from 'node:fs';
 *
 * const log = await fileLog(mkdtempSync('/tmp/sensors-'), { partitions: 4 });
 * await log.append(0, [{ key: 'a', value: new Uint8Array(8) }]); // → 1
 * await log.close();
 */
export async function fileLog(
  folder: string,
  options: FileLogOptions = {},
  disk: Disk = nodeDisk,
): Promise<PartitionLog> {
  checkNames('fileLog', options, names);
  demand(typeof folder === 'string' && folder, 'fileLog', 'a folder', folder);
  const { partitions, sync = 'fdatasync', segmentBytes = 64 * 2 ** 20 } = options;
  if (partitions !== undefined) check.checkPartitions('fileLog', partitions);
  const isSync = sync === 'fdatasync' || sync === 'none';
  demand(isSync, 'fileLog.sync', "'fdatasync' or 'none'", sync);
  const isSize = Number.isSafeInteger(segmentBytes) && segmentBytes > 0;
  demand(isSize, 'fileLog.segmentBytes', 'a number of bytes above 0', segmentBytes);
  const root = resolve(folder);
  if (disk === nodeDisk) await mkdir(root, { recursive: true });
  const named = namingDisk(disk, sync === 'fdatasync');
  return new FilePartitions(root, await openLog(named, root, partitions), segmentBytes, named);
}

/** How many partitions the log in a folder has; a new one is given so many. */
async function openLog(disk: Disk, root: string, wanted: number | undefined): Promise<number> {
  const path = join(root, 'log.json');
  let note = await readNote(disk, path);
  if (!note) {
    const first = { format: 'rxrecur/log', version: 1, partitions: wanted ?? 8 };
    await writeNote(disk, path, first, 'link');
    note = await readNote(disk, path);
  }
  const { format, version, partitions } = note ?? {};
  if (format !== 'rxrecur/log' || version !== 1) {
    throw mismatch(path, 'rxrecur/log, version 1', `${format}, version ${version}`);
  }
  check.checkPartitions(path, partitions);
  const hint = 'a log keeps the number it was made with';
  const fits = wanted === undefined || wanted === partitions;
  demand(fits, 'fileLog.partitions', `${partitions}, as in ${path}`, wanted, hint);
  return partitions;
}
