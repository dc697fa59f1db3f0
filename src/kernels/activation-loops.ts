/** v[from … to) ← f(v[from … to)), where f may have the parameters alpha and beta. */
type Apply = (v: Float64Array, from: number, to: number, alpha: number, beta: number) => void;

const hardSigmoid: Apply = (v, from, to, alpha, beta) => {
  for (let i = from; i < to; i++) v[i] = Math.min(1, Math.max(0, alpha * v[i] + beta));
};

/**
 * Every activation once, as the loop that runs it (a loop each, so that none boxes its numbers).
 */
export const activationLoops = {
  identity() {},
  tanh(v, from, to) {
    for (let i = from; i < to; i++) v[i] = Math.tanh(v[i]);
  },
  sigmoid(v, from, to) {
    for (let i = from; i < to; i++) v[i] = 1 / (1 + Math.exp(-v[i]));
  },
  relu(v, from, to) {
    for (let i = from; i < to; i++) v[i] = Math.max(0, v[i]);
  },
  /** clip(0.2 x + 0.5): Keras 2, tfjs, ONNX. */
  hardSigmoid,
  /** clip(x / 6 + 0.5): Keras 3, PyTorch. */
  hardSigmoid6: hardSigmoid,
  softsign(v, from, to) {
    for (let i = from; i < to; i++) v[i] /= 1 + Math.abs(v[i]);
  },
  softplus(v, from, to) {
    for (let i = from; i < to; i++) {
      v[i] = Math.max(0, v[i]) + Math.log1p(Math.exp(-Math.abs(v[i])));
    }
  },
  elu(v, from, to, alpha) {
    for (let i = from; i < to; i++) if (v[i] < 0) v[i] = alpha * Math.expm1(v[i]);
  },
  leakyRelu(v, from, to, alpha) {
    for (let i = from; i < to; i++) if (v[i] < 0) v[i] *= alpha;
  },
  thresholdedRelu(v, from, to, alpha) {
    for (let i = from; i < to; i++) if (v[i] <= alpha) v[i] = 0;
  },
  scaledTanh(v, from, to, alpha, beta) {
    for (let i = from; i < to; i++) v[i] = alpha * Math.tanh(beta * v[i]);
  },
  affine(v, from, to, alpha, beta) {
    for (let i = from; i < to; i++) v[i] = alpha * v[i] + beta;
  },
  exp(v, from, to) {
    for (let i = from; i < to; i++) v[i] = Math.exp(v[i]);
  },
  sqrt(v, from, to) {
    for (let i = from; i < to; i++) v[i] = Math.sqrt(v[i]);
  },
  reciprocal(v, from, to) {
    for (let i = from; i < to; i++) v[i] = 1 / v[i];
  },
} satisfies Readonly<Record<string, Apply>>;
