import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StateFile } from '../../src/cli/state-file.js';
import { type Snapshot, stateful } from '../../src/index.js';
import { load } from '../../src/io/index.js';

/** A state file that an earlier version wrote; test/golden/kept/make.mjs says how. */
const { stateFile, steps } = JSON.parse(
  readFileSync(new URL('../golden/kept/kept.json', import.meta.url), 'utf8'),
);
const vector = (t: number) => [0, 1, 2].map(i => ((t * 7 + i * 5) % 17) / 8 - 1);

test('a state file of an earlier version is read, and its state goes on with the same bits', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxrecur-kept-'));
  try {
    const path = join(folder, 'place.json');
    writeFileSync(path, stateFile.state);
    const file = Buffer.from(stateFile.file, 'base64');
    const saved = new StateFile(path, createHash('sha256').update(file).digest('hex')).read();
    expect(saved?.rows).toBe(steps.before);
    const restore = saved?.states.get('') as Snapshot;
    const m = stateful(load(new Uint8Array(file)), { backend: 'simd', restore });
    const next = Array.from({ length: steps.after }, (_, i) => {
      const y = m(vector(steps.before + i)) as Float32Array;
      return Buffer.from(y.slice().buffer).toString('base64');
    });
    expect(next).toEqual(stateFile.next);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
