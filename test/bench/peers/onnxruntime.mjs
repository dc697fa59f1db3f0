// onnxruntime, in Node or in pages: a model whose states are inputs and outputs, one `run` a step,
// a batch or a chunk, on one thread; tensors of the inputs are made beforehand.
import { chunkSteps, inputs, network, rowsOf } from '../nets.mjs';
import { onnxModel } from '../onnx-model.mjs';

export const onnxruntime = (ort, options) => async task => {
  const { work, cell, size, columns } = task;
  const sequence = work === 'chunk' ? chunkSteps : 1;
  const model = onnxModel(network(cell, size).layers, { size, sequence, batch: columns });
  const session = await ort.InferenceSession.create(model, options);
  const tensor = (data, ...shape) => new ort.Tensor('float32', data, shape);
  const zeros = () => tensor(new Float32Array(columns * size), 1, columns, size);
  const xs =
    work === 'step'
      ? inputs(size).map(x => tensor(x, 1, 1, size))
      : [tensor(rowsOf(size, sequence * columns), sequence, columns, size)];
  const state = { h: zeros(), ...(cell.startsWith('lstm') && { c: zeros() }) };
  let t = 0;
  return {
    per: sequence * columns,
    async run(n) {
      let made;
      for (let i = 0; i < n; i++) {
        made = await session.run({ x: xs[t++ % xs.length], ...state });
        state.h = made.hn;
        if (state.c) state.c = made.cn;
      }
      // Outputs come as [sequence, batch, size]: of a chunk the last step, of a batch the first.
      const { data } = made.y ?? made.hn;
      return work === 'chunk' ? data.slice(data.length - data.length / sequence) : data;
    },
  };
};
