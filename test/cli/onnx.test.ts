import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { file as graph, node } from '../io/onnx/graphs.js';
import { exported } from '../io/onnx/torch.js';
import { csv, file, fromCsv, linesOf, modelFile, rxrecur } from './command.js';

const { bytes, steps, output, alone = [] } = exported('one-step-of-a-batch');
const path = file('one-step.onnx', bytes);
const rows = csv('a,b,c', steps as number[][]);

/** The largest difference between answers and the numbers of a file. */
function off(stdout: string, wanted: readonly number[]): number {
  const ys = fromCsv(linesOf(stdout).slice(1)).flat();
  if (ys.length !== wanted.length) return Number.NaN;
  return Math.max(...ys.map((y, i) => Math.abs(y - wanted[i])));
}

test.concurrent('inspect tells that a file of one step keeps its state, or not', async () => {
  const [kept, anew] = await Promise.all([
    rxrecur(['inspect', path]),
    rxrecur(['inspect', path, '--stateless']),
  ]);
  expect(linesOf(kept.stdout).slice(0, 3)).toEqual([
    'format      ONNX',
    'state       kept from event to event, each of one step; with --stateless it begins anew',
    'model       Chain(Recur(LSTMCell(3, 12)), Recur(LSTMCell(12, 12)), Dense(12, 2))',
  ]);
  expect(linesOf(anew.stdout).slice(0, 2)).toEqual([
    'format      ONNX',
    'state       begins anew with each event',
  ]);
  expect(anew.stdout).toContain('Window(1, Recur(LSTMCell(3, 12)))');
});

test.concurrent("run gives PyTorch's numbers for the sequence, or for each step alone", async () => {
  const [kept, anew] = await Promise.all([
    rxrecur(['run', path], rows),
    rxrecur(['run', path, '--stateless'], rows),
  ]);
  expect(off(kept.stdout, output)).toBeLessThanOrEqual(1e-6);
  expect(off(anew.stdout, alone)).toBeLessThanOrEqual(1e-6);
});

test.concurrent('a state that was kept is none of a model that begins anew', async () => {
  const state = file('one-step.json');
  expect((await rxrecur(['run', path, '--state', state], rows)).code).toBe(0);
  const { code, stderr } = await rxrecur(['run', path, '--stateless', '--state', state], rows);
  expect(code).toBe(2);
  expect(stderr).toContain('of another model');
});

test.concurrent('--stateless is refused where it would change nothing', async () => {
  const sequences = file('sequences.onnx', exported('lstm-linear').bytes);
  const [other, onnx] = await Promise.all([
    rxrecur(['inspect', modelFile, '--stateless']),
    rxrecur(['run', sequences, '--stateless'], rows),
  ]);
  expect(other.code).toBe(2);
  expect(other.stderr).toContain('--stateless is for ONNX, and ');
  expect(onnx.code).toBe(2);
  expect(onnx.stderr).toContain('readOnnx.stateful: expected a file with recurrent nodes of one');
});

test.concurrent('a network whose first node reads the input twice chooses its columns', async () => {
  const twice = file('twice.onnx', graph([node('Add x x -> y')], {}));
  const table = 'name,a,b\none,1,2\ntwo,-0.5,3\n';
  const { stdout, stderr } = await rxrecur(['run', twice], table);
  expect(stderr).toBe('');
  expect(stdout).toBe('y1,y2\n2,4\n-1,6\n');
  const few = await rxrecur(['run', twice], 'a\n1\n');
  expect(few.code).toBe(2);
});

test.concurrent('inspect tells the states of a graph of one step, and how they are known', async () => {
  const step = fileURLToPath(new URL('../golden/onnx-step.onnx', import.meta.url));
  const { stdout } = await rxrecur(['inspect', step]);
  expect(linesOf(stdout).slice(0, 2)).toEqual([
    'format      ONNX',
    'state       s_in ← q: it is a part of its next value',
  ]);
});

test.concurrent('--onnx says what a file leaves open, and is refused for others', async () => {
  const nodes = [node('MatMul x w -> p'), node('Add p far -> y')];
  const open = file(
    'open.onnx',
    graph(
      nodes,
      { w: [[2, 1], Float32Array.of(1, 2)] },
      {
        inputs: { x: ['batch', 'samples'], far: [1] },
      },
    ),
  );
  const answers = JSON.stringify({ dims: { samples: 2 }, inputs: { far: 10 } });
  const [told, silent, other, wrong] = await Promise.all([
    rxrecur(['run', open, '--onnx', answers], csv('a,b', [[1, 2]])),
    rxrecur(['run', open], csv('a,b', [[1, 2]])),
    rxrecur(['inspect', modelFile, '--onnx', '{}']),
    rxrecur(['inspect', open, '--onnx', '{"sizes": 1}']),
  ]);
  expect(linesOf(told.stdout)[1]).toBe('15');
  expect(silent.code).toBe(2);
  expect(other.stderr).toContain('--onnx is for ONNX, and ');
  expect(wrong.stderr).toContain('options named dims, inputs, states, output');
});

test.concurrent('inspect tells the only values that work for what a file leaves open', async () => {
  const nodes = [node('MatMul x u -> a'), node('Add a far -> y'), node('Neg a -> z')];
  const weights = { u: [[3, 3], new Float32Array(9).fill(0.5)] } as const;
  const inputs = { x: ['batch', 'samples'], far: ['batch', 3] };
  const open = file('samples.onnx', graph(nodes, weights, { inputs, outputs: ['y', 'z'] }));
  const { code, stdout } = await rxrecur(['inspect', open]);
  expect(code).toBe(0);
  expect(linesOf(stdout)).toContain(
    'found       dims: { samples: 3 }: no other value in the file works',
  );
});
