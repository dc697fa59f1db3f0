// Nets of high gain: an LSTM with long memories (forget biases of 4) and recurrent weights up to
// twice PyTorch's, as amplifier models have them, run freely. A backend is compared with a plain
// float32 LSTM with correctly rounded exp and tanh. For the script of this name and for the laws,
// in pages too.
import { median } from './quantile.mjs';

const round = Math.fround;

/** Steps that a net runs freely. */
export const steps = 1000;

/** Recurrent weights are up to so many times PyTorch's. */
export const gains = [1, 1.5, 2];

/** Numbers in [−1, 1), the same in each run. */
function uniform(seed) {
  let state = seed + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
}

/** Parameters of an LSTM 1 → size. */
export function highGainParams(seed, size, gain) {
  const next = uniform(seed);
  const floats = (count, scale) => Float32Array.from({ length: count }, () => scale * next());
  const scale = gain / Math.sqrt(size);
  const params = {
    weightIh: floats(4 * size, gain),
    weightHh: floats(4 * size * size, scale),
    biasIh: floats(4 * size, scale),
    biasHh: new Float32Array(4 * size),
  };
  params.biasIh.fill(4, size, 2 * size);
  return params;
}

/** The equations of an LSTM, each result passed through `to`: Math.fround makes it float32. */
export function outputs({ weightIh, weightHh, biasIh }, size, xs, to) {
  const sigmoid = v => to(1 / (1 + Math.exp(-v)));
  const tanh = v => to(Math.tanh(v));
  let h = new Float64Array(size);
  const c = new Float64Array(size);
  const z = new Float64Array(4 * size);
  return xs.map(x => {
    for (let k = 0; k < 4 * size; k++) {
      let sum = to(biasIh[k] + to(weightIh[k] * x));
      for (let j = 0; j < size; j++) sum = to(sum + to(weightHh[k * size + j] * h[j]));
      z[k] = sum;
    }
    const next = new Float64Array(size);
    for (let k = 0; k < size; k++) {
      const kept = to(sigmoid(z[size + k]) * c[k]);
      c[k] = to(kept + to(sigmoid(z[k]) * tanh(z[2 * size + k])));
      next[k] = to(sigmoid(z[3 * size + k]) * tanh(c[k]));
    }
    h = next;
    return h;
  });
}

/** The largest and the root mean square deviation of vectors from others. */
function deviation(got, exact) {
  let largest = 0;
  let squares = 0;
  let count = 0;
  for (const [t, y] of got.entries()) {
    for (const [i, value] of y.entries()) {
      const off = Math.abs(value - exact[t][i]);
      largest = Math.max(largest, off);
      squares += off * off;
      count++;
    }
  }
  return { largest, rms: Math.sqrt(squares / count) };
}

/** Deviations from float64 of one net, on a backend and in plain float32. */
export function drift({ stateful, lstm }, { seed, gain, backend, size = 16 }) {
  const params = highGainParams(seed, size, gain);
  const signal = Array.from({ length: steps }, (_, t) =>
    round(0.7 * Math.sin(t * 0.05) + 0.3 * Math.sin(t * 0.013)),
  );
  const exact = outputs(params, size, signal, v => v);
  const model = stateful(lstm(1, size, { params }), { backend });
  return {
    plain: deviation(outputs(params, size, signal, round), exact),
    backend: deviation(
      signal.map(x => model([x])),
      exact,
    ),
  };
}

/** The median, over nets, of a backend's deviation in units of plain float32's. */
export function medianRatio(drifts) {
  return median(drifts.map(({ backend, plain }) => backend.rms / plain.rms));
}
