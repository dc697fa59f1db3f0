import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { lmdbLog } from '../../src/durable/lmdb-log.js';
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
conformance({ name: `an ${name}`, place, open: lmdbLog, shared: 'lmdb', keeps: true });
