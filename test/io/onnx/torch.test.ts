import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { recur, snapshotFromBytes, stateful } from '../../../src/index.js';
import { readOnnx } from '../../../src/io/onnx/index.js';
import { exported } from './torch.js';

/** How they print, and whether they stream. */
const nets: Readonly<Record<string, readonly [streams: boolean, text: string]>> = {
  'lstm-linear': [true, 'Chain(Recur(LSTMCell(3, 12)), Recur(LSTMCell(12, 12)), Dense(12, 2))'],
  'lstm-state': [true, 'Chain(Recur(LSTMCell(3, 12)), Recur(LSTMCell(12, 12)), Dense(12, 2))'],
  'bidirectional-gru-linear': [
    false,
    'Chain(Bidirectional(Recur(GRUCell(3, 10)), Recur(GRUCell(3, 10))), Dense(20, 2, sigmoid))',
  ],
  'conv-gru-linear': [
    false,
    'Chain(Conv1d(3, 8, 3, relu; padding=[1, 1]), Recur(GRUCell(8, 10)), Dense(10, 2))',
  ],
  'causal-conv-gru-linear': [
    true,
    'Chain(CausalConv1d(3, 8, 3, relu; dilation=2), Recur(GRUCell(8, 10)), Dense(10, 2))',
  ],
  'embedding-lstm': [
    true,
    'Chain(Embedding(11, 5), Recur(LSTMCell(5, 8)), Dense(8, 4), Softmax(4))',
  ],
  'bidirectional-last': [
    false,
    'Chain(Bidirectional(Recur(LSTMCell(3, 6)), Recur(LSTMCell(3, 6))), Last(12), Dense(12, 2))',
  ],
  tcn: [true, 'CausalConv1d(6, 6, 3, relu; dilation=2)'],
  pooled: [false, 'AveragePool1d(8, 3; stride=1, padding=[1, 1], includePadding=true)'],
  normalised: [true, 'LayerNorm(8), Activation(8, leakyRelu), Recur(GRUCell(8, 8))'],
  window: [true, 'Recur(LSTMCell(6, 7)), Activation(7, relu), Dense(7, 1, sigmoid)'],
  twice: [true, 'Recur(GRUCell(9, 5)), Dense(5, 2)'],
  unbatched: [true, 'Recur(RNNCell(3, 6, relu))'],
  'external-lstm': [true, 'Chain(Recur(LSTMCell(3, 20)), Dense(20, 2))'],
};

const flat = (ys: readonly unknown[]) => ys.flatMap(y => [...(y as Float32Array)]);

describe.each(Object.entries(nets))('%s', (name, [streams, text]) => {
  const { bytes, data, steps, output } = exported(name);
  const layer = readOnnx(bytes, { data });

  test('prints its layers', () => {
    expect(String(layer)).toContain(text);
  });

  test("gives PyTorch's numbers", () => {
    const ys = flat(stateful(layer).map([...steps]));
    // A net of one answer gives it after each step, the last being that to the whole.
    const last = ys.slice(-output.length);
    const off = last.map((y, i) => Math.abs(y - output[i]));
    expect(last.length).toBe(output.length);
    expect(Math.max(...off)).toBeLessThanOrEqual(1e-6);
  });

  if (!streams) {
    test('refuses a single step of a stream', () => {
      expect(() => stateful(layer)(steps[0])).toThrow('a whole sequence');
    });

    test('takes a sequence as a chunk', () => {
      const got: unknown[] = [];
      from([steps, steps])
        .pipe(recur(layer.cell, { chunks: true }))
        .subscribe(ys => got.push(flat(ys as never)));
      const whole = flat(stateful(layer).map([...steps]));
      expect(got).toEqual([whole, whole]);
    });
    return;
  }

  test('gives the same bits in steps, in chunks, resumed and interleaved', () => {
    const data = [...steps, ...steps.slice(0, 5)];
    const wanted = flat(stateful(layer).map(data));
    const [model, other] = [stateful(layer), stateful(layer)];
    const mixed = data.map((x, t) => {
      other(data[data.length - 1 - t]);
      return model(x);
    });
    expect(flat(mixed)).toEqual(wanted);

    const chunked: unknown[] = [];
    from([data.slice(0, 1), [], data.slice(1, 3), data.slice(3)])
      .pipe(recur(layer.cell, { chunks: true }))
      .subscribe(ys => chunked.push(...(ys as unknown as unknown[])));
    expect(flat(chunked)).toEqual(wanted);

    let state = stateful(layer).snapshot().toBytes();
    const resumed = data.map(x => {
      const next = stateful(layer, { restore: snapshotFromBytes(state) });
      const y = next(x);
      state = next.snapshot().toBytes();
      return y;
    });
    expect(flat(resumed)).toEqual(wanted);
  });
});
