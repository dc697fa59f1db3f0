import { describe, expect, test } from 'vitest';
import { type Conv2dOptions, conv2dCell, convTranspose2dCell, stateful } from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
// biome-ignore lint/correctness/useImportExtensions: data, not code
import golden from '../golden/frames.json' with { type: 'json' };
import { uniform } from '../golden/generate.js';
import { farthest } from '../streams/sequences-of.js';

interface Case {
  readonly layer: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly options: Conv2dOptions;
  readonly seed: number;
  readonly size: number;
  readonly every: number;
  readonly y: readonly number[];
}

const { cases, steps } = golden as unknown as { cases: readonly Case[]; steps: number };
const make = { conv2d: conv2dCell, convTranspose2d: convTranspose2dCell } as Record<
  string,
  typeof conv2dCell
>;

function cellOf({ layer, inputs, outputs, options, seed }: Case) {
  const { kernel, groups = 1, bias = true } = options;
  const weight = uniform(seed, (inputs * outputs * kernel[0] * kernel[1]) / groups, 1);
  const params = { weight, ...(bias && { bias: uniform(seed + 1, outputs, 1) }) };
  return make[layer](inputs, outputs, { ...options, params });
}

function eventsOf({ seed, options }: Case, size: number) {
  const count = options.frames ? 1 : steps;
  const all = uniform(seed + 2, count * size, 1);
  return Array.from({ length: count }, (_, t) => all.slice(t * size, (t + 1) * size));
}

const named = cases.map(one => {
  const { layer, inputs, outputs, options } = one;
  return [`${layer}(${inputs}, ${outputs}, ${JSON.stringify(options)})`, one] as const;
});

describe.each(backends())('on %s the answer is that of PyTorch to 1e-6', backend => {
  test.each(named)('%s', (_, one) => {
    const cell = cellOf(one);
    const answers = stateful(cell, { backend }).map(
      eventsOf(one, cell.inputSize),
    ) as Float32Array[];
    const last = answers.slice(-1)[0];
    expect(last).toHaveLength(one.size);
    const kept = last.filter((_, i) => i % one.every === 0);
    const largest = Math.max(1, ...one.y.map(Math.abs));
    expect(farthest([kept], [one.y])).toBeLessThan(1e-6 * largest);
  });
});

describe('portable and simd come to the same bits', () => {
  test.each(named.filter(([, { options }]) => !options.activation))('%s', (_, one) => {
    const cell = cellOf(one);
    const events = eventsOf(one, cell.inputSize);
    const [a, b] = (['portable', 'simd'] as const).map(backend =>
      stateful(cell, { backend }).map(events),
    );
    expect(b).toEqual(a);
  });
});
