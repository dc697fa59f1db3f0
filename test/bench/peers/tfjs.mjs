// TensorFlow.js: a step in its core operations, which is faster than a stateful layer's `predict`,
// on one thread, the output read as an array.
import * as core from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as wasm from '@tensorflow/tfjs-backend-wasm';
import { inputs, network, rowsOf } from '../nets.mjs';

const tf = core.default ?? core;
const { setThreadsCount, setWasmPaths } = wasm.default ?? wasm;

/** Weights `[rows, size]` as tfjs multiplies them: `x [batch, size]` times `[size, rows]`. */
const kernel = (data, rows) => tf.transpose(tf.tensor2d(data, [rows, data.length / rows]));
const sum = (a, b) => Float32Array.from(a, (value, i) => value + b[i]);

const layers = {
  lstm({ weightIh, weightHh, biasIh, biasHh }) {
    const rows = biasIh.length;
    const weight = tf.concat([kernel(weightIh, rows), kernel(weightHh, rows)], 0);
    const bias = tf.tensor1d(sum(biasIh, biasHh));
    return (x, [h, c]) => {
      const sums = tf.add(tf.matMul(tf.concat([x, h], 1), weight), bias);
      const [i, f, g, o] = tf.split(sums, 4, 1);
      const kept = tf.mul(tf.sigmoid(f), c);
      const nextC = tf.add(kept, tf.mul(tf.sigmoid(i), tf.tanh(g)));
      return [tf.mul(tf.sigmoid(o), tf.tanh(nextC)), nextC];
    };
  },
  gru({ weightIh, weightHh, biasIh, biasHh }) {
    const rows = biasIh.length;
    const [wIh, wHh] = [kernel(weightIh, rows), kernel(weightHh, rows)];
    const [bIh, bHh] = [tf.tensor1d(biasIh), tf.tensor1d(biasHh)];
    return (x, [h]) => {
      const a = tf.split(tf.add(tf.matMul(x, wIh), bIh), 3, 1);
      const b = tf.split(tf.add(tf.matMul(h, wHh), bHh), 3, 1);
      const r = tf.sigmoid(tf.add(a[0], b[0]));
      const z = tf.sigmoid(tf.add(a[1], b[1]));
      const n = tf.tanh(tf.add(a[2], tf.mul(r, b[2])));
      return [tf.add(n, tf.mul(z, tf.sub(h, n)))];
    };
  },
  rnn({ weightIh, weightHh, biasIh, biasHh }) {
    const rows = biasIh.length;
    const weight = tf.concat([kernel(weightIh, rows), kernel(weightHh, rows)], 0);
    const bias = tf.tensor1d(sum(biasIh, biasHh));
    return (x, [h]) => [tf.tanh(tf.add(tf.matMul(tf.concat([x, h], 1), weight), bias))];
  },
  dense({ weight, bias }) {
    const w = kernel(weight, bias.length);
    const b = tf.tensor1d(bias);
    return y => tf.add(tf.matMul(y, w), b);
  },
};

/** A step that keeps its state as tensors and answers an array. */
function stepper(cell, size, batch) {
  const [recurrent, dense] = network(cell, size).layers.map(layer => layers[layer.kind](layer));
  let state = Array.from({ length: cell.startsWith('lstm') ? 2 : 1 }, () => {
    return tf.zeros([batch, size]);
  });
  return x => {
    let data;
    const next = tf.tidy(() => {
      const made = recurrent(tf.tensor2d(x, [batch, size]), state);
      data = (dense ? dense(made[0]) : made[0]).dataSync();
      return made;
    });
    tf.dispose(state);
    state = next;
    return data;
  };
}

export async function tfjs(backend) {
  if (backend === 'wasm') {
    setThreadsCount(1);
    if (typeof window !== 'undefined') setWasmPaths('/tfjs/');
  }
  await tf.setBackend(backend);
  await tf.ready();
  return ({ work, cell, size, columns }) => {
    if (work === 'chunk') return { none: 'no recurrent layer in core operations' };
    const step = stepper(cell, size, columns);
    const xs = work === 'batch' ? [rowsOf(size, columns)] : inputs(size);
    let t = 0;
    return {
      per: columns,
      run(n) {
        let y;
        for (let i = 0; i < n; i++) y = step(xs[t++ % xs.length]);
        return y;
      },
    };
  };
}
