// Sound as the networks of nets.mjs take it: 16-bit WAV, spectra of 512 samples.

import { readFileSync } from 'node:fs';

const size = 512;
const bins = size / 2 + 1;

/** The samples of a 16-bit WAV of one channel, as fractions. */
export function readWav(path) {
  const bytes = readFileSync(path);
  let at = 12;
  while (bytes.toString('latin1', at, at + 4) !== 'data') at += 8 + bytes.readUInt32LE(at + 4);
  const count = bytes.readUInt32LE(at + 4) / 2;
  return Float32Array.from({ length: count }, (_, i) => bytes.readInt16LE(at + 8 + 2 * i) / 32768);
}

const cosines = Float64Array.from({ length: size }, (_, i) => Math.cos((2 * Math.PI * i) / size));
const sines = Float64Array.from({ length: size }, (_, i) => Math.sin((2 * Math.PI * i) / size));

/** The square root of Hann's window, periodic. */
const hann = Float64Array.from({ length: size }, (_, i) => Math.sin((Math.PI * i) / size));

/** The same of a symmetric one, as numpy.hanning gives it. */
const hanning = Float64Array.from({ length: size }, (_, i) => Math.sin((Math.PI * i) / (size - 1)));

/** Real and imaginary parts in turn. */
function transformed(frame) {
  const out = new Float32Array(2 * bins);
  for (let k = 0; k < bins; k++) {
    let [re, im] = [0, 0];
    for (let i = 0; i < size; i++) {
      re += frame[i] * cosines[(i * k) % size];
      im -= frame[i] * sines[(i * k) % size];
    }
    out[2 * k] = re;
    out[2 * k + 1] = im;
  }
  return out;
}

/** The magnitudes of spectra, without a window. */
export function magnitudes(frames) {
  return frames.map(frame => {
    const y = transformed(frame);
    return Float32Array.from({ length: bins }, (_, k) => Math.hypot(y[2 * k], y[2 * k + 1]));
  });
}

/** As torch.stft(x, 512, 256, 512, hann_window(512).pow(0.5)): mirrored at both ends. */
export function spectra(x) {
  const half = size / 2;
  const at = i => (i < 0 ? x[-i] : i < x.length ? x[i] : x[2 * (x.length - 1) - i]);
  return Array.from({ length: Math.floor(x.length / half) + 1 }, (_, t) =>
    transformed(Float64Array.from({ length: size }, (__, i) => at((t - 1) * half + i) * hann[i])),
  );
}

/** As librosa.istft with window=np.hanning(512) ** 0.5, as GTCRN's own script has it. */
export function synthesised(frames) {
  const half = size / 2;
  const out = new Float64Array((frames.length + 1) * half);
  const weight = new Float64Array(out.length);
  for (const [t, y] of frames.entries()) {
    for (let i = 0; i < size; i++) {
      let sum = y[0] + (i % 2 ? -1 : 1) * y[2 * (bins - 1)];
      for (let k = 1; k < bins - 1; k++) {
        const at = (i * k) % size;
        sum += 2 * (y[2 * k] * cosines[at] - y[2 * k + 1] * sines[at]);
      }
      out[t * half + i] += (sum / size) * hanning[i];
      weight[t * half + i] += hanning[i] ** 2;
    }
  }
  return out.map((v, i) => v / weight[i]).subarray(half, frames.length * half);
}
