// Files of float16 weights, in onnxruntime-node and here: the largest difference in 50 steps.
//   npm install --prefix test/onnx --ignore-scripts && npm run build && node test/onnx/half.mjs
import { Command } from 'commander';
import {
  causalConv1dCell,
  chainCell,
  conv2dCell,
  denseCell,
  gruCell,
  lstmCell,
  mguCell,
  recur,
  stateful,
} from '../../dist/index.js';
import { load, save } from '../../dist/io/index.js';
import { writeOnnx } from '../../dist/io/onnx/index.js';

new Command('node test/onnx/half.mjs')
  .description('Runs files of float16 weights in onnxruntime-node; fails above 1e-5.')
  .option('--quick', 'the same')
  .parse();
const ort = await import('onnxruntime-node');
const seed = 1;
const models = {
  'LSTM, GRU, dense': chainCell(
    lstmCell(3, 16, { seed }),
    gruCell(16, 8, { seed }),
    denseCell(8, 2, { seed }),
  ),
  'a causal convolution': causalConv1dCell(8, 16, 3, { seed, dilation: 2 }),
  'a step of MGU': chainCell(mguCell(3, 16, { seed }), denseCell(16, 2, { seed })),
  'a frame': conv2dCell(4, 8, { bands: 4, kernel: [2, 3], seed }),
};
for (const [name, cell] of Object.entries(models)) {
  const bytes = writeOnnx(cell, { weights: 'float16' });
  const session = await ort.InferenceSession.create(bytes);
  const m = stateful(recur(load(save(cell, { weights: 'float16' })).cell));
  const isSequence = session.inputMetadata?.find(({ name }) => name === 'x')?.shape.length === 3;
  let states;
  let worst = 0;
  for (let t = 0; t < 50; t++) {
    const x = Float32Array.from({ length: cell.inputSize }, (_, i) => Math.sin(t * 1.7 + i));
    const dims = isSequence ? [1, 1, x.length] : [1, x.length];
    states ??= Object.fromEntries(
      session.inputMetadata
        .filter(({ name }) => name !== 'x')
        .map(({ name, shape }) => {
          const own = shape.map(size => (typeof size === 'number' ? size : 1));
          const size = own.reduce((a, b) => a * b, 1);
          return [name, new ort.Tensor('float32', new Float32Array(size), own)];
        }),
    );
    const results = await session.run({ x: new ort.Tensor('float32', x, dims), ...states });
    for (const state of Object.keys(states)) states[state] = results[state.replace(/0$/, 'N')];
    const y = m(x);
    for (const [i, v] of results.y.data.entries()) worst = Math.max(worst, Math.abs(v - y[i]));
  }
  const isGood = worst <= 1e-5;
  if (!isGood) process.exitCode = 1;
  console.log(
    `${isGood ? 'ok  ' : 'FAIL'} ${name}: ${worst.toExponential(2)}, ${bytes.length} bytes`,
  );
}
