import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { recur, snapshotFromBytes, stateful } from '../../src/index.js';
import { readRtneural } from '../../src/io/rtneural/index.js';
import { sameBits } from '../laws/bits.js';
import { folder, present } from './cases.js';

const at = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../${folder}/rtneural/${name}`, import.meta.url)));

/** A sample a row. */
const samples = (name: string) =>
  at(name)
    .toString()
    .trim()
    .split('\n')
    .map(line => Float32Array.of(Number(line)));

if (present) describe('RTNeural, as it publishes itself', conforms);
else test.skip(`the published cases are not at ${folder}`, () => {});

function conforms(): void {
  describe.each(['dense', 'lstm_1d', 'gru_1d'])('%s', name => {
    const model = readRtneural(at(`${name}.json`));
    const [xs, expected] = ['x', 'y'].map(which => samples(`${name}_${which}_python.csv`));
    const whole = stateful(model).map(xs) as unknown as Float32Array[];

    test('gives the published numbers', () => {
      expect(whole.length).toBe(expected.length);
      const off = whole.map((y, t) => Math.abs(y[0] - expected[t][0]));
      expect(Math.max(...off)).toBeLessThanOrEqual(5e-6);
    });

    test('gives the same bits in single steps, in chunks, and on a stream', () => {
      const one = stateful(model);
      sameBits(
        xs.map(x => one(x)),
        whole,
      );
      const chunks: Float32Array[][] = [];
      for (let t = 0, n = 1; t < xs.length; t += n, n = 1 + ((7 * n + 3) % 11)) {
        chunks.push(xs.slice(t, t + n));
      }
      const chunked: unknown[] = [];
      from(chunks)
        .pipe(recur(model, { chunks: true }))
        .subscribe(ys => chunked.push(...(ys as unknown[])));
      sameBits(chunked, whole);
      const streamed: unknown[] = [];
      from(xs)
        .pipe(model)
        .subscribe(y => streamed.push(y));
      sameBits(streamed, whole);
    });

    test('gives the same bits resumed from bytes, and beside a second stream', () => {
      let bytes = stateful(model).snapshot().toBytes();
      const resumed = xs.map(x => {
        const next = stateful(model, { restore: snapshotFromBytes(bytes) });
        const y = next(x);
        bytes = next.snapshot().toBytes();
        return y;
      });
      sameBits(resumed, whole);
      const [mixed, other] = [stateful(model), stateful(model)];
      const interleaved = xs.map((x, t) => {
        other(xs[xs.length - 1 - t]);
        return mixed(x);
      });
      sameBits(interleaved, whole);
    });
  });

  test('an LSTM whose weights are of another size is refused with both shapes', () => {
    expect(() => readRtneural(at('bad_lstm.json'))).toThrow(
      "rtneural layers[0] 'lstm' kernel: " +
        'expected [1, 64] (input 1, 4 gates × 16), got [1, 80]',
    );
  });
}
