// Public networks of one step as each system runs them, in Node and in a page alike. A system is
// `step(x)`, to the answer or a promise of it; from the first step on it keeps the states.
import { stateful } from '../../../dist/core.js';
import { readOnnx } from '../../../dist/io/onnx/index.js';

const sizeOf = shape => shape.reduce((a, b) => a * b, 1);

/** One call reads the file. */
export function rxrecur(bytes, { options }) {
  const step = stateful(readOnnx(bytes, options).cell, { reuse: true });
  return { step, backend: step.snapshot().backend };
}

/** The caller keeps the states: they are inputs and outputs. */
export async function onnxruntime(ort, bytes, { data, shape, states }, settings) {
  const session = await ort.InferenceSession.create(bytes, settings);
  const names = Object.keys(states);
  const [answer, ...nexts] = session.outputNames;
  const feeds = Object.fromEntries(
    names.map(name => [
      name,
      new ort.Tensor('float32', new Float32Array(sizeOf(states[name])), states[name]),
    ]),
  );
  if (session.inputNames.includes('sr')) {
    feeds.sr = new ort.Tensor('int64', BigInt64Array.of(16000n), []);
  }
  return {
    async step(x) {
      const results = await session.run({ ...feeds, [data]: new ort.Tensor('float32', x, shape) });
      for (const [k, name] of names.entries()) feeds[name] = results[nexts[k]];
      return results[answer].data;
    },
  };
}

/** A tflite of the same net: of its inputs and outputs the state has the rank of the state. */
export async function litert({ loadAndCompile, Tensor }, bytes, { shape, states }) {
  const cpu = { accelerator: 'wasm', cpuOptions: { numThreads: 1 } };
  const model = await loadAndCompile(bytes, cpu);
  const [dims] = Object.values(states);
  const placeOf = details => details.findIndex(detail => detail.shape.length === dims.length);
  const stateIn = placeOf(model.getInputDetails());
  const stateOut = placeOf(model.getOutputDetails());
  let state = new Tensor(new Float32Array(sizeOf(dims)), dims);
  return {
    async step(x) {
      const input = new Tensor(x, shape);
      const results = await model.run(stateIn === 0 ? [state, input] : [input, state]);
      const answer = results[1 - stateOut].toTypedArray().slice();
      for (const tensor of [input, state, results[1 - stateOut]]) tensor.delete();
      state = results[stateOut];
      return answer;
    },
  };
}

/** Two nets that each have a step of every frame, one after the other, as DTLN's: one system. */
export const both = ([first, second]) => ({
  ...first,
  step([x, z]) {
    const y = first.step(x);
    if (!(y instanceof Promise)) return [y, second.step(z)];
    return y.then(async answer => [answer, await second.step(z)]);
  },
});

/**
 * The module of `@sapphi-red/web-noise-suppressor` 0.4.1, whose exports have letters for names.
 * `step` is the net alone, as the other systems have it; `sound` takes 256 samples through its own
 * STFT too.
 */
export async function gtcrnModule(bytes, { shape, states }) {
  const aborts = () => {
    throw new Error('the module gave up');
  };
  const grow = size => {
    exports.c.grow(Math.ceil((size - exports.c.buffer.byteLength) / 65536));
    return 1;
  };
  const { instance } = await WebAssembly.instantiate(bytes, { a: { a: aborts, b: grow } });
  const { exports } = instance;
  const { c: memory, d: begin, e: create, h: run, i: processSound, k: malloc } = exports;
  begin();
  const floats = count => {
    const at = malloc(4 * count);
    new Float32Array(memory.buffer, at, count).fill(0);
    return at;
  };
  const sizes = Object.values(states).map(sizeOf);
  const size = sizeOf(shape);
  const [input, answer] = [floats(size), floats(size)];
  let [now, next] = [sizes.map(floats), sizes.map(floats)];
  const whole = create();
  return {
    step(x) {
      new Float32Array(memory.buffer, input, size).set(x);
      run(input, ...now, answer, ...next);
      [now, next] = [next, now];
      return new Float32Array(memory.buffer, answer, size);
    },
    sound(x) {
      new Float32Array(memory.buffer, input, x.length).set(x);
      processSound(whole, input, answer);
      return new Float32Array(memory.buffer, answer, x.length);
    },
  };
}
