import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { recur, snapshotFromBytes, stateful } from '../../src/index.js';
import { readNam } from '../../src/io/nam/index.js';
import { sameBits } from '../laws/bits.js';
import { folder, present, readText } from './cases.js';

const path = 'nets/nam/lstm.nam';

if (present) describe('the LSTM that NAM publishes', conforms);
else test.skip(`the published cases are not at ${folder}`, () => {});

/** Samples a second, and seconds. */
const [rate, seconds] = [48_000, 10];

/** A plucked string that is struck every second, louder each time. */
function pluck(t: number): number {
  const since = (t % rate) / rate;
  const loud = (0.9 * (1 + Math.floor(t / rate))) / seconds;
  const partials = [1, 2, 3, 5].map(n => Math.sin(2 * Math.PI * 110 * n * since) / n);
  return Math.fround((loud * Math.exp(-4 * since) * partials.reduce((a, b) => a + b)) / 1.5);
}

/**
 * The LSTM in double precision, of the flat list of a file of one layer: rows i, f, g, o of input
 * and state, the biases, h, c, and the head.
 */
function byHand({ config, weights }: { config: Record<string, number>; weights: number[] }) {
  const { hidden_size: size } = config;
  const biases = 4 * size * (1 + size);
  const start = biases + 4 * size;
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
  const units = Array.from({ length: size }, (_, u) => u);
  let h = units.map(u => weights[start + u]);
  let c = units.map(u => weights[start + size + u]);
  const head = start + 2 * size;
  return (x: number): number => {
    const gate = (g: number) =>
      units.map(u => {
        const row = g * size + u;
        const at = row * (1 + size);
        const sum = weights[biases + row] + weights[at] * x;
        return h.reduce((total, value, k) => total + weights[at + 1 + k] * value, sum);
      });
    const [i, f, g, o] = [0, 1, 2, 3].map(gate);
    c = units.map(u => sigmoid(f[u]) * c[u] + sigmoid(i[u]) * Math.tanh(g[u]));
    h = units.map(u => sigmoid(o[u]) * Math.tanh(c[u]));
    return h.reduce((total, value, u) => total + weights[head + u] * value, weights[head + size]);
  };
}

function conforms(): void {
  const text = readText(path);
  const model = readNam(text);
  const xs = Array.from({ length: rate * seconds }, (_, t) => Float32Array.of(pluck(t)));
  const whole = stateful(model).map(xs) as unknown as Float32Array[];

  test('answers ten seconds of sound within 1e-6 of double precision', { timeout: 60_000 }, () => {
    const expected = byHand(JSON.parse(text));
    let most = 0;
    let loudest = 0;
    for (const [t, [x]] of xs.entries()) {
      const y = expected(x);
      most = Math.max(most, Math.abs(whole[t][0] - y));
      loudest = Math.max(loudest, Math.abs(y));
    }
    expect(most).toBeLessThanOrEqual(1e-6);
    expect(loudest).toBeGreaterThan(0.01);
  });

  test('gives the same bits in blocks, resumed between them', { timeout: 60_000 }, () => {
    const blocks = Array.from({ length: Math.ceil(xs.length / 128) }, (_, k) =>
      xs.slice(k * 128, (k + 1) * 128),
    );
    const streamed: unknown[] = [];
    from(blocks)
      .pipe(recur(model, { chunks: true }))
      .subscribe(ys => streamed.push(...(ys as unknown[])));
    sameBits(streamed, whole);
    let bytes = stateful(model).snapshot().toBytes();
    const resumed = blocks.slice(0, 200).flatMap(block => {
      const next = stateful(model, { restore: snapshotFromBytes(bytes) });
      const ys = next.map(block) as unknown as Float32Array[];
      bytes = next.snapshot().toBytes();
      return ys;
    });
    sameBits(resumed, whole.slice(0, resumed.length));
  });
}
