import { describe, expect, test } from 'vitest';
import { stateful } from '../../src/core.js';
import { lstm } from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';

interface Drift {
  readonly plain: { readonly largest: number; readonly rms: number };
  readonly backend: { readonly largest: number; readonly rms: number };
}
interface HighGain {
  readonly gains: readonly number[];
  drift(library: object, net: object): Drift;
  medianRatio(drifts: readonly Drift[]): number;
}
const script = new URL('../bench/high-gain-nets.mjs', import.meta.url).href;
const { drift, gains, medianRatio }: HighGain = await import(script);

// Law 6 is about nets as they are initialised. Free runs of trained nets of high gain amplify every
// rounding: plain float32, with exp and tanh rounded correctly, is the measure for them.
describe.each(backends())('%s', { timeout: 60_000 }, backend => {
  test.each(gains)('drifts as plain float32 does, within a tenth, at gain %d', gain => {
    const drifts = Array.from({ length: 40 }, (_, seed) =>
      drift({ stateful, lstm }, { seed, gain, backend }),
    );
    expect(medianRatio(drifts)).toBeLessThan(1.1);
  });
});
