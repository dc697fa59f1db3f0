import { readFileSync } from 'node:fs';
import { from } from 'rxjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { frame, recur, snapshotFromBytes, stateful } from '../../src/index.js';
import { readSafetensors, writeSafetensors } from '../../src/io/index.js';
import { onnxInitializers } from '../../src/io/onnx/index.js';
import { backends } from '../../src/kernels/backends.js';
import { sameBits } from '../laws/bits.js';
import { open, run } from './run.js';
import { sileroFile } from './silero.js';

/** onnxruntime-node's, for two seconds of made-up vowels: test/bench/silero.mjs --golden. */
const golden: number[] = JSON.parse(readFileSync(new URL('silero.json', import.meta.url), 'utf8'));
const tolerance = 1e-4;

let weights: Awaited<ReturnType<typeof sileroFile>>;
// biome-ignore lint/suspicious/noExplicitAny: modules of the examples are JavaScript
let cell: any;
let samples: Float32Array;
let chunks: Float32Array[];

beforeAll(async () => {
  weights = await sileroFile();
  const { silero } = await open('silero/network.mjs');
  samples = (await open('silero/sound.mjs')).vowelSounds(2);
  cell = silero(onnxInitializers(readFileSync(weights.file)));
  chunks = golden.map((_, t) => samples.subarray(512 * t, 512 * (t + 1)));
});
afterAll(() => weights?.remove());

describe('Silero VAD', () => {
  test.for(backends())('says what onnxruntime says on %s', backend => {
    const said = stateful(cell, { backend }).map(chunks as never) as unknown as Float32Array[];
    const off = said.map(([p], t) => Math.abs(p - golden[t]));
    expect(off).toHaveLength(62);
    expect(Math.max(...off)).toBeLessThanOrEqual(tolerance);
    // They say something: silence, speech, and what is between.
    expect(golden.filter(p => p < 0.1).length).toBeGreaterThan(3);
    expect(golden.filter(p => p > 0.9).length).toBeGreaterThan(3);
  });

  test('rounded to float16, its transform computed, it says the same within 0.006, and decides the same', async () => {
    const { silero } = await open('silero/network.mjs');
    const { 'model.stft.forward_basis_buffer': basis, ...tensors } = onnxInitializers(
      readFileSync(weights.file),
    );
    expect(basis.shape).toEqual([258, 1, 256]);
    const small = readSafetensors(writeSafetensors(tensors, {}, { weights: 'float16' }));
    const said = stateful(silero(small.tensors)).map(chunks as never) as unknown as Float32Array[];
    const off = said.map(([p], t) => Math.abs(p - golden[t]));
    expect(Math.max(...off)).toBeLessThanOrEqual(6e-3);
    expect(said.map(([p]) => p > 0.5)).toEqual(golden.map(p => p > 0.5));
  });

  test('says the same bits from pieces of any length, in chunks, and stopped and resumed', () => {
    const model = stateful(cell) as (x: Float32Array) => Float32Array;
    const wanted = chunks.map(x => model(x));
    const framed: unknown[] = [];
    from([samples.subarray(0, 100), samples.subarray(100, 5000), samples.subarray(5000)])
      .pipe(frame(512), recur(cell) as never)
      .subscribe(y => framed.push(y));
    sameBits(framed, wanted);
    const chunked: unknown[] = [];
    from([chunks.slice(0, 7), chunks.slice(7)])
      .pipe(recur(cell, { chunks: true } as never) as never)
      .subscribe(ys => chunked.push(...(ys as unknown[])));
    sameBits(chunked, wanted);
    let bytes = stateful(cell).snapshot().toBytes();
    const resumed = chunks.map(x => {
      const next = stateful(cell, { restore: snapshotFromBytes(bytes) });
      const y = (next as unknown as typeof model)(x);
      bytes = next.snapshot().toBytes();
      return y;
    });
    sameBits(resumed, wanted);
  });

  test('the example prints where there is speech', async () => {
    const lines = await run('silero.mjs', weights.file);
    const edges = golden.flatMap((p, t) => (p > 0.5 === (golden[t - 1] ?? 0) > 0.5 ? [] : [t]));
    const seconds = edges.map(t => ((t * 512) / 16_000).toFixed(2));
    const spans = seconds.flatMap((from, i) => (i % 2 ? [] : [[from, seconds[i + 1]]]));
    // At the end there is nobody speaking.
    expect(golden[golden.length - 1]).toBeLessThan(0.5);
    expect(lines).toEqual(spans.map(([from, to]) => `speech from ${from} s to ${to} s`));
  });
});
