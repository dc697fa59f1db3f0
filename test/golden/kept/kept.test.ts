import { describe, expect, test } from 'vitest';
import type { SnapshotInput, Vec } from '../../../src/index.js';
import { snapshotFromBytes, stateful } from '../../../src/index.js';
import { load } from '../../../src/io/index.js';
// biome-ignore lint/correctness/useImportExtensions: data, not code
import golden from './kept.json' with { type: 'json' };

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

const { models, steps, madeWith } = golden as unknown as {
  readonly madeWith: { readonly rxrecur: string };
  readonly steps: { readonly before: number; readonly after: number };
  readonly models: readonly Kept[];
};

const bytes = (base64: string) => Uint8Array.from(atob(base64), c => c.charCodeAt(0));
const layerOf = (file: string) => load(bytes(file));
const vector = (size: number, t: number) =>
  Array.from({ length: size }, (_, i) => ((t * 7 + i * 5) % 17) / 8 - 1);
const { before, after } = steps;

/** The bits of so many answers from the first-th on. */
function answers(m: (x: Vec) => unknown, size: number, first: number, count: number) {
  return Array.from({ length: count }, (_, i) => {
    const y = m(vector(size, first + i)) as Float32Array;
    return btoa(String.fromCharCode(...new Uint8Array(Float32Array.from(y).buffer)));
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
