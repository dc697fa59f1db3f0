// A page of its own for one system: the lines of meter.mjs, asked for through `answer`. Pages know
// no processor time.
import { meter } from './meter.mjs';
import { systems } from './systems.mjs';

/** Makes a system ready and answers the backend that rxrecur has here. */
window.begin = async name => {
  window.answer = meter(await systems[name](), () => performance.now());
};
window.backend = async () => {
  const { backend, lstmCell } = await import('../../dist/core.js');
  return backend(lstmCell(8, 8));
};
/** Silero VAD, in turns with onnxruntime-web: medians of a chunk on this page. */
window.silero = async ({ bytes, seconds, rounds }) => {
  const { onnxruntime, rxrecur, times } = await import('./peers/silero.mjs');
  const { vowelSounds } = await import('../../examples/silero/sound.mjs');
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = '/ort/';
  const file = Uint8Array.from(bytes);
  const own = rxrecur(file);
  const theirs = await onnxruntime(ort, file, { executionProviders: ['wasm'] });
  const systems = { rxrecur: own, 'onnxruntime-web': theirs };
  return {
    backend: own.backend,
    medians: await times(systems, vowelSounds(seconds), () => performance.now(), rounds),
  };
};
/** Nets of one step that are stepped together, from their files: in turns with the others. */
window.audio = async ({ nets, xs, rounds, hasTflite }) => {
  const { both, litert, onnxruntime, rxrecur } = await import('./peers/audio.mjs');
  const { inTurns } = await import('./in-turns.mjs');
  const bytesOf = async name => {
    return new Uint8Array(await (await fetch(`/audio/${name}`)).arrayBuffer());
  };
  const joined = async (ending, make) => {
    const made = [];
    for (const [k, net] of nets.entries()) made.push(await make(await bytesOf(k + ending), net));
    return both(made);
  };
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = '/ort/';
  const own = await joined('.onnx', rxrecur);
  const wasm = { executionProviders: ['wasm'] };
  const web = await joined('.onnx', (bytes, net) => onnxruntime(ort, bytes, net, wasm));
  const systems = { rxrecur: own, 'onnxruntime-web': web };
  if (hasTflite) {
    const lib = await import('@litertjs/core');
    await lib.loadLiteRt('/litert/');
    systems['LiteRT.js'] = await joined('.tflite', (bytes, net) => litert(lib, bytes, net));
  }
  const steps = xs.map(pair => pair.map(x => Float32Array.from(x)));
  const results = await inTurns(systems, steps, { clock: () => performance.now(), rounds });
  return { backend: own.backend, ...results };
};
