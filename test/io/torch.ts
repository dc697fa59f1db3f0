import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Layer, stateful } from '../../src/index.js';
import { readSafetensors } from '../../src/io/index.js';
import { uniform } from '../golden/generate.js';

export interface Golden {
  readonly steps: number;
  readonly kept: number;
  readonly seeds: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, number[][]>>;
  readonly kinds: Readonly<Record<string, number[]>>;
}

const file = (name: string) => readFileSync(new URL(`../golden/${name}`, import.meta.url));
export const golden = JSON.parse(file('state-dict.json').toString()) as Golden;
export const { tensors, metadata } = readSafetensors(file('state-dict.safetensors'));

/** The tensors of some modules, as their own file would have them. */
export function only(...prefixes: string[]) {
  const named = Object.entries(tensors).filter(([name]) => prefixes.some(p => name.startsWith(p)));
  return Object.fromEntries(named);
}

/** The inputs that torch had, `[steps][size]`. */
export function inputs(seed: number, size: number): Float32Array[] {
  const all = uniform(seed, golden.steps * size, 1);
  return Array.from({ length: golden.steps }, (_, t) => all.subarray(t * size, (t + 1) * size));
}

/** Holds a model's last outputs against torch's. */
export function answersAsTorch(
  name: string,
  model: Layer<never> | Layer,
  tolerance: number,
  xs: readonly Float32Array[] = inputs(golden.seeds[name] ?? golden.seeds.gru, model.inputSize),
): void {
  const expected = golden.outputs[name];
  const ys = stateful(model as Layer)
    .map(xs as Float32Array[])
    .slice(-expected.length) as unknown as Float32Array[];
  expect(ys.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  for (const [k, y] of ys.entries()) {
    for (const [i, v] of y.entries()) {
      const off = Math.abs(v - expected[k][i]) / Math.max(1, Math.abs(expected[k][i]));
      expect(off, `${name} ${k} ${i}`).toBeLessThanOrEqual(tolerance);
    }
  }
}
