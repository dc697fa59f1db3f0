import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { StateFile } from '../../../src/cli/state-file.js';
import type { SnapshotInput, Vec } from '../../../src/index.js';
import { snapshotFromBytes, stateful } from '../../../src/index.js';
import { load } from '../../../src/io/index.js';

interface Kept {
  readonly model: string;
  readonly size: number;
  readonly file: string;
  readonly snapshots: Record<
    'simd' | 'portable',
    { readonly json: object; readonly bytes: string }
  >;
  readonly first: readonly string[];
  readonly next: readonly string[];
  readonly nextOfPortable: readonly string[];
}

const text = readFileSync(new URL('kept.json', import.meta.url), 'utf8');
const { models, stateFile, steps, madeWith } = JSON.parse(text) as {
  readonly madeWith: { readonly rxrecur: string };
  readonly steps: { readonly before: number; readonly after: number };
  readonly models: readonly Kept[];
  readonly stateFile: { readonly file: string; readonly state: string; readonly next: string[] };
};

const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const layerOf = (file: string) => load(bytes(file));
const vector = (size: number, t: number) =>
  Array.from({ length: size }, (_, i) => ((t * 7 + i * 5) % 17) / 8 - 1);
const { before, after } = steps;

/** The bits of so many answers from the first-th on. */
function answers(m: (x: Vec) => unknown, size: number, first: number, count: number) {
  return Array.from({ length: count }, (_, i) => {
    const y = m(vector(size, first + i)) as Float32Array;
    return Buffer.from(Float32Array.from(y).buffer).toString('base64');
  });
}

describe.each(models)(`$model of version ${madeWith.rxrecur}`, kept => {
  const { file, size, snapshots } = kept;
  const from = (restore?: object) =>
    stateful(layerOf(file), { backend: 'simd', restore: restore as SnapshotInput });

  test('the model file makes the same layer, and the same bits', () => {
    expect(String(layerOf(file))).toBe(kept.model);
    expect(answers(from(), size, 0, before)).toEqual(kept.first);
  });

  test('a snapshot of plain SIMD goes on with the same bits, as JSON and as bytes', () => {
    const { json, bytes: written } = snapshots.simd;
    for (const snapshot of [json, snapshotFromBytes(bytes(written))]) {
      expect(answers(from(snapshot), size, before, after)).toEqual(kept.next);
    }
  });

  test('a snapshot of the portable path goes on with the same bits', () => {
    const { json, bytes: written } = snapshots.portable;
    for (const snapshot of [json, snapshotFromBytes(bytes(written))]) {
      expect(answers(from(snapshot), size, before, after)).toEqual(kept.nextOfPortable);
    }
  });
});

describe('a state file of rxrecur run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxrecur-kept-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is read, and its state goes on with the same bits', async () => {
    const path = join(folder, 'place.json');
    writeFileSync(path, stateFile.state);
    const { createHash } = await import('node:crypto');
    const sha256 = createHash('sha256').update(bytes(stateFile.file)).digest('hex');
    const saved = new StateFile(path, sha256).read();
    expect(saved?.rows).toBe(before);
    const m = stateful(layerOf(stateFile.file), { backend: 'simd', restore: saved?.snapshot });
    expect(answers(m, 3, before, after)).toEqual(stateFile.next);
  });
});
