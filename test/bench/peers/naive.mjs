// ndarray-blas-level2 used naively: gemv on ordinary ndarrays, and loops with get and set.
import ndarray from 'ndarray';
import gemv from 'ndarray-blas-level2/gemv.js';
import { network, stepping } from '../nets.mjs';

const sigmoid = v => 1 / (1 + Math.exp(-v));

const zeros = size => ndarray(new Float32Array(size));

/** Both products of a recurrent layer: a function of x and h that answers the two sums by row. */
function products({ weightIh, weightHh, biasIh, biasHh }, size) {
  const rows = biasIh.length;
  const [wIh, wHh] = [ndarray(weightIh, [rows, size]), ndarray(weightHh, [rows, size])];
  const [bIh, bHh] = [ndarray(biasIh), ndarray(biasHh)];
  return (x, h) => {
    const [fromInput, fromState] = [zeros(rows), zeros(rows)];
    gemv(1, wIh, ndarray(x), 0, fromInput);
    gemv(1, wHh, h, 0, fromState);
    return [k => fromInput.get(k) + bIh.get(k), k => fromState.get(k) + bHh.get(k)];
  };
}

/** Layers as one would write them on ndarrays; weights as PyTorch lays them out. */
const layers = {
  lstm(params, size) {
    const sums = products(params, size);
    let [h, c] = [zeros(size), zeros(size)];
    return x => {
      const [a, b] = sums(x, h);
      const [nextH, nextC] = [zeros(size), zeros(size)];
      for (let k = 0; k < size; k++) {
        const i = sigmoid(a(k) + b(k));
        const f = sigmoid(a(size + k) + b(size + k));
        const g = Math.tanh(a(2 * size + k) + b(2 * size + k));
        const o = sigmoid(a(3 * size + k) + b(3 * size + k));
        nextC.set(k, f * c.get(k) + i * g);
        nextH.set(k, o * Math.tanh(nextC.get(k)));
      }
      [h, c] = [nextH, nextC];
      return h.data;
    };
  },
  gru(params, size) {
    const sums = products(params, size);
    let h = zeros(size);
    return x => {
      const [a, b] = sums(x, h);
      const next = zeros(size);
      for (let k = 0; k < size; k++) {
        const r = sigmoid(a(k) + b(k));
        const z = sigmoid(a(size + k) + b(size + k));
        const n = Math.tanh(a(2 * size + k) + r * b(2 * size + k));
        next.set(k, (1 - z) * n + z * h.get(k));
      }
      h = next;
      return h.data;
    };
  },
  rnn(params, size) {
    const sums = products(params, size);
    let h = zeros(size);
    return x => {
      const [a, b] = sums(x, h);
      const next = zeros(size);
      for (let k = 0; k < size; k++) next.set(k, Math.tanh(a(k) + b(k)));
      h = next;
      return h.data;
    };
  },
  dense({ weight, bias }, size) {
    const w = ndarray(weight, [bias.length, size]);
    return x => {
      const y = ndarray(Float32Array.from(bias));
      gemv(1, w, ndarray(x), 1, y);
      return y.data;
    };
  },
};

export function naive({ work, cell, size }) {
  if (work !== 'step') return { none: 'steps only' };
  const [first, second] = network(cell, size).layers.map(layer => layers[layer.kind](layer, size));
  return stepping(second ? x => second(first(x)) : first, size);
}
