import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { stateful } from '../../../src/core.js';
import { readOnnx } from '../../../src/io/onnx/index.js';
import { readOnnxModel } from '../../../src/io/onnx/read-onnx.js';
import { refusal } from '../files.js';
import { file, node, numbers } from './graphs.js';
import { exported } from './torch.js';

const lstms = 'Chain(Recur(LSTMCell(3, 12)), Recur(LSTMCell(12, 12)), Dense(12, 2))';
const anew =
  'Chain(Window(1, Recur(LSTMCell(3, 12))), Window(1, Recur(LSTMCell(12, 12))), Dense(12, 2))';

/** Exports of one step: how they print with the state kept, and stateless. */
const nets: Readonly<Record<string, readonly [kept: string, stateless: string]>> = {
  'one-step': [lstms, anew],
  'one-step-batch-first': [lstms, anew],
  'one-step-of-a-batch': [lstms, anew],
  'one-step-steps-first': [lstms, anew],
  'one-step-last-state': [
    'Chain(Recur(GRUCell(3, 6)), Dense(6, 2))',
    'Chain(Window(1, Recur(GRUCell(3, 6))), Dense(6, 2))',
  ],
};

const flat = (ys: readonly unknown[]) => ys.flatMap(y => [...(y as Float32Array)]);

/** The largest difference; NaN where one is longer. */
function off(ys: readonly number[], wanted: readonly number[] = []): number {
  if (ys.length !== wanted.length) return Number.NaN;
  return Math.max(...ys.map((y, i) => Math.abs(y - wanted[i])));
}

describe.each(Object.entries(nets))('%s', (name, [kept, stateless]) => {
  const { bytes, steps, output, alone } = exported(name);

  test('keeps its state from event to event: the numbers of the whole sequence', () => {
    const layer = readOnnx(bytes);
    expect(String(layer)).toBe(kept);
    expect(off(flat(stateful(layer).map([...steps])), output)).toBeLessThanOrEqual(1e-6);
    const got: unknown[] = [];
    from(steps)
      .pipe(layer)
      .subscribe(y => got.push(y));
    expect(off(flat(got), output)).toBeLessThanOrEqual(1e-6);
    expect(readOnnxModel(bytes).state).toBe('kept');
  });

  test('begins anew with each event where stateful is false: the numbers of each step alone', () => {
    const layer = readOnnx(bytes, { stateful: false });
    expect(String(layer)).toBe(stateless);
    expect(off(flat(stateful(layer).map([...steps])), alone)).toBeLessThanOrEqual(1e-6);
    expect(readOnnxModel(bytes, { stateful: false }).state).toBe('begins anew');
  });
});

test('one step that a sequence leaves begins anew with each sequence', () => {
  const { bytes, steps, output } = exported('step-after-sequence');
  const layer = readOnnx(bytes);
  expect(String(layer)).toBe(
    'Chain(Recur(GRUCell(3, 4)), Window(1, Recur(GRUCell(4, 5))), Dense(5, 2))',
  );
  const ys = stateful(layer).map([...steps]);
  expect(off(flat(ys.slice(-1)), output)).toBeLessThanOrEqual(1e-6);
});

test('one step beside windows of several begins anew as they do, unless stateful is true', () => {
  const { bytes, steps, output } = exported('step-after-window');
  const twice = [...steps, ...steps];
  const layer = readOnnx(bytes);
  expect(String(layer)).toContain('Window(1, Recur(GRUCell(4, 5)))');
  expect(off(flat(stateful(layer).map(twice)), [...output, ...output])).toBeLessThanOrEqual(1e-6);
  const kept = readOnnx(bytes, { stateful: true });
  expect(String(kept)).toContain('Recur(GRUCell(4, 5)), Dense');
  expect(String(kept)).not.toContain('Window(1,');
  expect(off(flat(stateful(kept).map([...steps])), output)).toBeLessThanOrEqual(1e-6);
});

test('stateful is refused where it would change nothing', () => {
  const { bytes } = exported('lstm-linear');
  expect(refusal(() => readOnnx(bytes, { stateful: false }))).toContain(
    'readOnnx.stateful: expected a file with recurrent nodes of one step',
  );
  expect(refusal(() => readOnnx(exported('lstm-state').bytes, { stateful: false }))).toContain(
    'readOnnx.stateful: expected a file with recurrent nodes of one step',
  );
  expect(String(readOnnx(bytes, { stateful: true }))).toBe(lstms);
  const window = file(
    [node('Reshape x three -> t'), node('RNN t W R -> y', { hidden_size: { int: 2 } })],
    { three: [[3], [3, 1, 2]], W: [[1, 2, 2], numbers(4)], R: [[1, 2, 2], numbers(4)] },
    { inputs: { x: ['batch', 6] } },
  );
  expect(refusal(() => readOnnx(window, { stateful: true }))).toContain('windows of 3 steps');
  expect(refusal(() => readOnnx(bytes, { stateful: 1 } as never))).toContain('true or false');
});
