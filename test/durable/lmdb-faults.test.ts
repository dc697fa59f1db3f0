import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lmdbLog } from '../../src/durable/lmdb-log.js';
import { Rows } from '../../src/durable/lmdb-rows.js';
import { UnknownError } from '../../src/durable.js';

/** An environment whose commits fail as those of lmdb 3.5 do, whose own error comes later. */
function failing(message: string): Rows {
  const transaction = () => {
    const commitError = new Promise((_, reject) => setImmediate(() => reject(new Error(message))));
    const error = new Error('Commit failed (see commitError for details)');
    return Promise.reject(Object.assign(error, { commitError }));
  };
  return new Rows({ transaction, flushed: Promise.resolve() } as never);
}
const appended = (rows: Rows) => rows.append(['events', 3], new Uint8Array(8), 1);

test.each([
  'No space left on device: Attempting to write page at position 3805184',
  'MDB_MAP_FULL: Environment mapsize limit reached',
  'Disk quota exceeded',
  'File too large',
])('lmdb refuses an append for which there is no room, and says so: %s', async message => {
  const failed = appended(failing(message));
  const text = `events of partition 3: expected to write, got ${message}; make room on the disk`;
  await expect(failed).rejects.toThrow(text);
  await expect(failed).rejects.not.toBeInstanceOf(UnknownError);
});

test('lmdb passes on why it cannot tell whether an append is stored', async () => {
  const failed = appended(failing('Input/output error'));
  await expect(failed).rejects.toBeInstanceOf(UnknownError);
  const text = 'expected to be told that it is stored, got Input/output error; read the log';
  await expect(failed).rejects.toThrow(text);
});

test('lmdb has no option that bounds a log, as the package would not keep to it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxrecur-lmdb-'));
  await expect(lmdbLog(folder, { mapSize: 2 ** 20 } as never)).rejects.toThrow(/mapSize/);
  rmSync(folder, { recursive: true });
});
