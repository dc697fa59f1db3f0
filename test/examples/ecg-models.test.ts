import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { from, lastValueFrom, map, take, toArray } from 'rxjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { load } from '../../src/io/index.js';
import { open, run } from './run.js';

const folder = new URL('../../examples/ecg/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder));

/** Outputs at some rows, in float64, by NumPy (oracle.py) from the weights that PyTorch wrote. */
const numpy: { steps: number[]; forecast: number[][]; flag: number[] } = JSON.parse(
  read('reference.json').toString(),
);
const expected = { forecast: numpy.forecast, flag: numpy.flag.map(p => [p]) };
const nets = ['forecast', 'flag'] as const;

const out = mkdtempSync(join(tmpdir(), 'rxrecur-'));
let rows: { t: number; mv: number }[];

beforeAll(async () => {
  rows = (await open('ecg/recording.mjs')).readRecording().rows;
  await run('ecg/models.mjs', out);
});
afterAll(() => rmSync(out, { recursive: true }));

test.for(nets)('the committed file of %s is the one that models.mjs writes', net => {
  const written = readFileSync(join(out, `${net}.safetensors`));
  expect(written.equals(read(`${net}.safetensors`))).toBe(true);
});

test.for(nets)('%s agrees with its float64 twin in NumPy', async net => {
  const model = load(read(`${net}.safetensors`));
  const source = from(rows).pipe(
    take(2000),
    map(({ mv }) => mv),
  );
  const outputs = await lastValueFrom(source.pipe(model, toArray()));
  const got = numpy.steps.map(step => Array.from(outputs[step] as unknown as Float32Array));
  expect(farthest(got, expected[net])).toBeLessThanOrEqual(2e-6);
});

test('a net takes millivolt and answers mV in 25, 50, 100 ms, or a probability', () => {
  const sizes = nets.map(net => load(read(`${net}.safetensors`)));
  expect(sizes.map(({ inputSize, outputSize }) => [inputSize, outputSize])).toEqual([
    [1, 3],
    [1, 1],
  ]);
});

/** The largest |y − ref| / max(1, |ref|). */
function farthest(got: number[][], wanted: number[][]): number {
  return Math.max(
    ...wanted.flatMap((row, i) => {
      return row.map((ref, j) => Math.abs(got[i][j] - ref) / Math.max(1, Math.abs(ref)));
    }),
  );
}
