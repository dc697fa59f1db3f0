import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { lmdbLog } from '../../src/durable/lmdb-log.js';
import { RecurError } from '../../src/errors.js';
import { conformance } from './conformance.js';

const folders: string[] = [];
const place = () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxrecur-lmdb-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Tests with this name may generate code, which lmdb's keys need. */
const name = 'lmdb ';

describe(name, () => {
  const tick = (n: number) => [{ key: `key ${n}`, value: Uint8Array.of(n % 251) }];

  test('a folder that is open may be opened and closed again while it is written to', async () => {
    const folder = place();
    const log = await lmdbLog(folder, { partitions: 1 });
    let [isOver, count] = [false, 0];
    const writing = (async () => {
      while (!isOver) await log.append(0, tick(count++));
    })();
    for (let i = 0; i < 30; i++) {
      const other = await lmdbLog(i % 2 ? folder : `${folder}/.`);
      await other.append(0, tick(count++));
      await other.close();
      await expect(other.append(0, tick(0))).rejects.toThrow(RecurError);
    }
    isOver = true;
    await writing;
    expect(await log.lastOffset(0)).toBe(count);
    const closed = log.close();
    const again = await lmdbLog(folder);
    await closed;
    expect(await again.lastOffset(0)).toBe(count);
    await expect(lmdbLog(folder, { sync: 'none' })).rejects.toThrow(/expected 'fdatasync', got/);
    await again.close();
    await (await lmdbLog(folder, { sync: 'none' })).close();
  });
});

conformance({ name: `an ${name}`, place, open: lmdbLog, shared: 'lmdb', keeps: true });
