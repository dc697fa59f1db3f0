import { type Conv2dOptions, conv2dCell, convTranspose2dCell } from '../../src/index.js';
// biome-ignore lint/correctness/useImportExtensions: data, not code
import golden from './frames.json' with { type: 'json' };
import { uniform } from './generate.js';

/** A convolution over frames; see frames.py. */
export interface FrameCase {
  readonly layer: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly options: Conv2dOptions;
  readonly seed: number;
  readonly size: number;
  readonly every: number;
  readonly y: readonly number[];
}

const { cases, steps } = golden as unknown as {
  readonly cases: readonly FrameCase[];
  readonly steps: number;
};
const make = { conv2d: conv2dCell, convTranspose2d: convTranspose2dCell } as Record<
  string,
  typeof conv2dCell
>;

/** By what they are. */
export const frameCases = cases.map(one => {
  const { layer, inputs, outputs, options } = one;
  return [`${layer}(${inputs}, ${outputs}, ${JSON.stringify(options)})`, one] as const;
});

export function cellOf({ layer, inputs, outputs, options, seed }: FrameCase) {
  const { kernel, groups = 1, bias = true } = options;
  const weight = uniform(seed, (inputs * outputs * kernel[0] * kernel[1]) / groups, 1);
  const params = { weight, ...(bias && { bias: uniform(seed + 1, outputs, 1) }) };
  return make[layer](inputs, outputs, { ...options, params });
}

export function eventsOf({ seed, options }: FrameCase, size: number): Float32Array[] {
  const count = options.frames ? 1 : steps;
  const all = uniform(seed + 2, count * size, 1);
  return Array.from({ length: count }, (_, t) => all.slice(t * size, (t + 1) * size));
}

/** How far the last answer is from PyTorch's, in parts of the largest number, or of 1. */
export function farFrom({ size, every, y }: FrameCase, answers: readonly Float32Array[]): number {
  const last = answers[answers.length - 1];
  if (last.length !== size) return Infinity;
  const largest = Math.max(1, ...y.map(Math.abs));
  return Math.max(...y.map((value, i) => Math.abs(value - last[i * every]))) / largest;
}
