import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { mapSequences, recur, snapshotFromBytes, stateful } from '../../src/index.js';
import { readOnnx } from '../../src/io/onnx/index.js';
import { byName } from '../cells/kinds.js';
import { type Case, folder, present } from './cases.js';
import { ngraphCases, ngraphModels, onnxCases, sequences } from './onnx.js';

if (present) describe('published cases of ONNX', conforms);
else test.skip(`the published cases are not at ${folder}`, () => {});

const plain = (ys: readonly unknown[]) => ys.map(y => [...(y as Float32Array)]);

function conforms(): void {
  const cases = [...onnxCases(), ...ngraphCases()];

  test('are all there', () => {
    expect(cases.map(({ name }) => name)).toEqual([
      'ONNX test_gru_defaults',
      'ONNX test_gru_with_initial_bias',
      'ONNX test_lstm_defaults',
      'ONNX test_lstm_with_initial_bias',
      'ONNX test_simple_rnn_defaults',
      'ONNX test_simple_rnn_with_initial_bias',
      'nGraph onnx_model_lstm_fwd_with_clip',
      'nGraph onnx_model_lstm_fwd_hardsigmoid_activation',
    ]);
  });

  test('nGraph onnx_model_lstm_fwd_mixed_seq gives the published numbers, by mapSequences', () => {
    const [{ bytes, x, expected, lengths }] = ngraphModels().filter(one => one.lengths);
    const { Y, Y_h } = expected;
    const results = mapSequences(readOnnx(bytes), sequences(x), { lengths });
    const [steps, , batch, size] = Y.shape;
    for (const [b, { outputs, state }] of results.entries()) {
      const row = (data: ArrayLike<number>, at: number) =>
        Array.from({ length: size }, (_, i) => data[at * size + i]);
      const wanted = Array.from({ length: steps }, (_, t) => row(Y.data, t * batch + b)).flat();
      const off = plain(outputs)
        .flat()
        .map((y, i) => Math.abs(y - wanted[i]));
      expect(off.length).toBe(wanted.length);
      expect(Math.max(...off)).toBeLessThanOrEqual(1e-5);
      const h = row(Y_h.data, b);
      const last = [...(state as { h: Float32Array }).h].map((v, i) => Math.abs(v - h[i]));
      expect(Math.max(...last)).toBeLessThanOrEqual(1e-5);
    }
  });

  describe.each(cases.map(one => [one.name, one] as const))('%s', (_, one) => {
    test('gives the published numbers', () => {
      for (const [b, steps] of one.inputs.entries()) {
        const model = stateful(one.cell);
        for (const [t, x] of steps.entries()) {
          const seen = { y: model(x), ...byName(one.cell, model.state) };
          for (const { step, of, values } of one.expected) {
            if (step !== t) continue;
            const got = [...(Reflect.get(seen, of) as Float32Array)];
            expect(got.length).toBe(values[b].length);
            const off = got.map((v, i) => Math.abs(v - values[b][i]));
            expect(Math.max(...off), `${of} after ${t}`).toBeLessThanOrEqual(one.tolerance);
          }
        }
      }
    });

    test('gives the same bits in steps, in chunks, resumed and interleaved', () => {
      for (const steps of one.inputs) checkCuts(one, steps);
    });
  });
}

function checkCuts({ cell }: Case, given: readonly (readonly number[])[]): void {
  // Some have one step only: a longer stream of the same data shows more.
  const steps = [...given, ...given, ...given, ...given];
  const wanted = plain(stateful(cell).map(steps));

  const model = stateful(cell);
  expect(plain(steps.map(x => model(x)))).toEqual(wanted);

  const chunked: unknown[] = [];
  from([steps.slice(0, 1), [], steps.slice(1, 3), steps.slice(3)])
    .pipe(recur(cell, { chunks: true }))
    .subscribe(ys => chunked.push(...ys));
  expect(plain(chunked)).toEqual(wanted);

  let bytes = stateful(cell).snapshot().toBytes();
  const resumed = steps.map(x => {
    const next = stateful(cell, { restore: snapshotFromBytes(bytes) });
    const y = next(x);
    bytes = next.snapshot().toBytes();
    return y;
  });
  expect(plain(resumed)).toEqual(wanted);

  const other = stateful(cell);
  const mixed = stateful(cell);
  const interleaved = steps.map((x, t) => {
    other(steps[steps.length - 1 - t]);
    return mixed(x);
  });
  expect(plain(interleaved)).toEqual(wanted);
}
