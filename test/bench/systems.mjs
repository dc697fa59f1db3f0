// The systems by name: what makes work of a task. Loaded when asked for.

/** Those that run in pages too. */
export const systems = {
  rxrecur: async () => (await import('./peers/rxrecur.mjs')).reusing,
  'rxrecur-distinct': async () => (await import('./peers/rxrecur.mjs')).distinct,
  'rxrecur-operator': async () => (await import('./peers/rxrecur.mjs')).operator,
  'rxrecur-single': async () => (await import('./peers/rxrecur.mjs')).single,
  'rxrecur-portable': async () => (await import('./peers/rxrecur.mjs')).portable,
  loops: async () => (await import('./peers/loops.mjs')).loops,
  'tfjs-cpu': async () => (await import('./peers/tfjs.mjs')).tfjs('cpu'),
  'tfjs-wasm': async () => (await import('./peers/tfjs.mjs')).tfjs('wasm'),
  'onnxruntime-web': async () => (await import('./peers/onnxruntime-web.mjs')).web,
};

/** Those of Node alone. */
export const nodeSystems = {
  ...systems,
  'ndarray-blas-level2': async () => (await import('./peers/naive.mjs')).naive,
  'rxrecur-sequences': async () => (await import('./peers/sequences.mjs')).sequences,
  'onnxruntime-node': async () => (await import('./peers/onnxruntime-node.mjs')).node,
  'brain.js': async () => (await import('./peers/brain.mjs')).brain,
};

/**
 * Programs of others that speak the lines of meter.mjs, where an environment variable names one.
 */
export const programs = {
  pytorch: {
    variable: 'RXRECUR_PYTORCH',
    what: 'a python3 that has torch',
    command: python => [python, new URL('peers/pytorch.py', import.meta.url).pathname],
  },
  rtneural: {
    variable: 'RXRECUR_RTNEURAL',
    what: 'a program on RTNeural that speaks the lines of test/bench/meter.mjs',
    command: program => [program],
  },
};
