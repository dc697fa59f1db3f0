// Sound at 16 kHz: from a WAV file, or something that sounds like vowels.

/** Samples of a WAV file's first channel in [−1, 1), 16 bits, and how many a second. */
export function readWav(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = at => String.fromCharCode(...bytes.subarray(at, at + 4));
  let format;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const [id, size] = [name(at), view.getUint32(at + 4, true)];
    const get = offset => view.getUint16(at + 8 + offset, true);
    if (id === 'fmt ') format = { kind: get(0), channels: get(2), rate: get(4), bits: get(14) };
    if (id === 'data' && format) {
      const { kind, channels, rate, bits } = format;
      if (kind !== 1 || bits !== 16) throw new Error('a WAV file of 16-bit samples is expected');
      const count = Math.floor(Math.min(size, bytes.length - at - 8) / 2 / channels);
      const sample = (_, t) => view.getInt16(at + 8 + 2 * channels * t, true) / 32768;
      return { rate, samples: Float32Array.from({ length: count }, sample) };
    }
    at += 8 + size + (size % 2);
  }
  throw new Error('a WAV file is expected');
}

/**
 * Samples at another rate, a whole fraction of theirs: a windowed sinc takes what is above away.
 */
export function resample(samples, from, to) {
  const step = from / to;
  if (!Number.isInteger(step)) throw new Error(`${from} Hz is no multiple of ${to} Hz`);
  const reach = 16 * step;
  const taps = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => {
    const t = (Math.PI * (i - reach)) / step;
    const hann = 0.5 + 0.5 * Math.cos((Math.PI * (i - reach)) / (reach + 1));
    return ((t === 0 ? 1 : Math.sin(t) / t) * hann) / step;
  });
  return Float32Array.from({ length: Math.floor(samples.length / step) }, (_, t) => {
    const at = t * step - reach;
    return taps.reduce((sum, tap, i) => sum + tap * (samples[at + i] ?? 0), 0);
  });
}

/** Resonances of vowels, Hz: Peterson & Barney 1952, men. */
const vowels = [
  [730, 1090, 2440],
  [270, 2290, 3010],
  [300, 870, 2240],
  [530, 1840, 2480],
];

/** Two and a half vowels a second, each after a short pause, from pulses at 110 to 150 Hz. */
export function vowelSounds(seconds, rate = 16_000) {
  const samples = new Float32Array(Math.floor(seconds * rate));
  const past = vowels[0].map(() => [0, 0]);
  let phase = 0;
  for (let t = 0; t < samples.length; t++) {
    const [which, into] = [Math.floor((2.5 * t) / rate), ((2.5 * t) / rate) % 1];
    const loud = into < 0.15 ? 0 : Math.sin((Math.PI * (into - 0.15)) / 0.85);
    phase += (130 + 20 * Math.sin((4 * t) / rate)) / rate;
    // Rosenberg 1971: the glottis opens slowly and closes at once.
    const open = phase % 1;
    let y = loud * (open < 0.6 ? (open / 0.6) ** 2 * (3 - (2 * open) / 0.6) : 0);
    for (const [k, hz] of vowels[which % vowels.length].entries()) {
      const decay = Math.exp((-Math.PI * (60 + 40 * k)) / rate);
      const [a, b] = [2 * decay * Math.cos((2 * Math.PI * hz) / rate), -decay * decay];
      y = (1 - a - b) * y + a * past[k][0] + b * past[k][1];
      past[k] = [y, past[k][0]];
    }
    samples[t] = 0.3 * y;
  }
  return samples;
}
