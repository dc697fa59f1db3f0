import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { fileLog } from '../../src/durable/file-log.js';
import { conformance } from './conformance.js';

const folders: string[] = [];
const place = () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxrecur-file-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

conformance({
  name: 'a file',
  place,
  // So short that a few records go into a file of their own, and can be purged.
  open: (folder, options) => fileLog(folder, { segmentBytes: 200, ...options }),
  shared: 'file',
  keeps: true,
});
