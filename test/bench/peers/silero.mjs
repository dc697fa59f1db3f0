// Silero VAD as each system runs it, in Node and in a page alike: `reset()`, `step(chunk)` to a
// probability, with a promise or without, and `state()`.
import { backend, stateful } from '../../../dist/core.js';
import { readSafetensors, writeSafetensors } from '../../../dist/io/index.js';
import { onnxInitializers } from '../../../dist/io/onnx/index.js';
import { chunkSize, rate, silero } from '../../../examples/silero/network.mjs';
import { median } from '../quantile.mjs';

const context = 64;

export function* chunksOf(samples) {
  for (let at = 0; at + chunkSize <= samples.length; at += chunkSize) {
    yield samples.subarray(at, at + chunkSize);
  }
}

/** With `weights` they are rounded, and the Fourier transform is not: it is computed. */
export function rxrecur(bytes, weights) {
  const { 'model.stft.forward_basis_buffer': basis, ...others } = onnxInitializers(bytes);
  const small = weights && readSafetensors(writeSafetensors(others, {}, { weights })).tensors;
  const cell = silero(small ?? { 'model.stft.forward_basis_buffer': basis, ...others });
  const model = stateful(cell);
  return {
    backend: backend(cell),
    reset: () => model.reset(),
    step: chunk => model(chunk)[0],
    /** h and c, one after the other. */
    state() {
      const { h, c } = model.state.find(state => state && 'c' in state);
      return [...h, ...c];
    },
  };
}

/** What onnxruntime makes of the file: the caller keeps the context and the state. */
export async function onnxruntime(ort, bytes, options) {
  const session = await ort.InferenceSession.create(bytes, options);
  const sr = new ort.Tensor('int64', BigInt64Array.of(BigInt(rate)), []);
  const input = new Float32Array(context + chunkSize);
  let state;
  return {
    reset() {
      input.fill(0);
      state = new ort.Tensor('float32', new Float32Array(2 * 128), [2, 1, 128]);
    },
    async step(chunk) {
      input.copyWithin(0, chunkSize);
      input.set(chunk, context);
      const x = new ort.Tensor('float32', input, [1, input.length]);
      const { output, stateN } = await session.run({ input: x, state, sr });
      state = stateN;
      return output.data[0];
    },
    state: () => [...state.data],
  };
}

/** Median microseconds for a chunk by a clock of milliseconds; the systems take turns. */
export async function times(systems, samples, clock, rounds) {
  const chunks = [...chunksOf(samples)];
  const seen = new Map(Object.keys(systems).map(name => [name, []]));
  const warm = 5;
  for (let round = -warm; round < rounds; round++) {
    for (const [name, system] of Object.entries(systems)) {
      system.reset();
      const start = clock();
      for (const chunk of chunks) await system.step(chunk);
      const each = ((clock() - start) / chunks.length) * 1000;
      if (round >= 0) seen.get(name).push(each);
    }
  }
  return [...seen].map(([name, all]) => [name, median(all)]);
}
