// Plain JavaScript loops over Float32Arrays, as one would write them by hand with some care: four
// rows of a matrix at a time, nothing allocated.
import { network, stepping } from '../nets.mjs';

const sigmoid = v => 1 / (1 + Math.exp(-v));

/** out = bias + weight x, `weight [rows, x.length]`. */
function affine(weight, bias, x, out) {
  const size = x.length;
  const rows = out.length;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    let [a, b, c, d] = [bias[r], bias[r + 1], bias[r + 2], bias[r + 3]];
    const k = r * size;
    for (let i = 0; i < size; i++) {
      const v = x[i];
      a += weight[k + i] * v;
      b += weight[k + size + i] * v;
      c += weight[k + 2 * size + i] * v;
      d += weight[k + 3 * size + i] * v;
    }
    out[r] = a;
    out[r + 1] = b;
    out[r + 2] = c;
    out[r + 3] = d;
  }
  for (; r < rows; r++) {
    let sum = bias[r];
    for (let i = 0; i < size; i++) sum += weight[r * size + i] * x[i];
    out[r] = sum;
  }
}

/** A layer as a function of its input; rows are stacked as in PyTorch. */
const layers = {
  lstm({ weightIh, weightHh, biasIh, biasHh }, size) {
    const [h, c] = [new Float32Array(size), new Float32Array(size)];
    const [fromInput, fromState] = [new Float32Array(4 * size), new Float32Array(4 * size)];
    return x => {
      affine(weightIh, biasIh, x, fromInput);
      affine(weightHh, biasHh, h, fromState);
      for (let k = 0; k < size; k++) {
        const i = sigmoid(fromInput[k] + fromState[k]);
        const f = sigmoid(fromInput[size + k] + fromState[size + k]);
        const g = Math.tanh(fromInput[2 * size + k] + fromState[2 * size + k]);
        const o = sigmoid(fromInput[3 * size + k] + fromState[3 * size + k]);
        c[k] = f * c[k] + i * g;
        h[k] = o * Math.tanh(c[k]);
      }
      return h;
    };
  },
  gru({ weightIh, weightHh, biasIh, biasHh }, size) {
    const h = new Float32Array(size);
    const [fromInput, fromState] = [new Float32Array(3 * size), new Float32Array(3 * size)];
    return x => {
      affine(weightIh, biasIh, x, fromInput);
      affine(weightHh, biasHh, h, fromState);
      for (let k = 0; k < size; k++) {
        const r = sigmoid(fromInput[k] + fromState[k]);
        const z = sigmoid(fromInput[size + k] + fromState[size + k]);
        const n = Math.tanh(fromInput[2 * size + k] + r * fromState[2 * size + k]);
        h[k] = (1 - z) * n + z * h[k];
      }
      return h;
    };
  },
  rnn({ weightIh, weightHh, biasIh, biasHh }, size) {
    const h = new Float32Array(size);
    const [fromInput, fromState] = [new Float32Array(size), new Float32Array(size)];
    return x => {
      affine(weightIh, biasIh, x, fromInput);
      affine(weightHh, biasHh, h, fromState);
      for (let k = 0; k < size; k++) h[k] = Math.tanh(fromInput[k] + fromState[k]);
      return h;
    };
  },
  dense({ weight, bias }) {
    const y = new Float32Array(bias.length);
    return x => {
      affine(weight, bias, x, y);
      return y;
    };
  },
};

export function loops({ work, cell, size }) {
  if (work !== 'step') return { none: 'steps only' };
  const parts = network(cell, size).layers.map(layer => layers[layer.kind](layer, size));
  const [first, second] = parts;
  return stepping(second ? x => second(first(x)) : first, size);
}
