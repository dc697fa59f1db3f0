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
