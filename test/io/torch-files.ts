import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { stateful } from '../../src/index.js';
import { type LoadedLayer, readSafetensors } from '../../src/io/index.js';
import { uniform } from '../golden/generate.js';

interface Golden {
  readonly steps: number;
  readonly lines: Readonly<Record<string, readonly string[]>>;
  readonly outputs: Readonly<Record<string, { readonly seed: number; readonly y: number[][] }>>;
}

/** The bytes of a file that test/golden/torch-files/make.py wrote. */
export function torchFile(name: string): Uint8Array {
  return readFileSync(new URL(`../golden/torch-files/${name}`, import.meta.url));
}

const golden = JSON.parse(Buffer.from(torchFile('outputs.json')).toString()) as Golden;

/** The state_dict of a network, in the order in which PyTorch has it. */
export function stateDictOf(name: string) {
  return readSafetensors(torchFile(`${name}.safetensors`)).tensors;
}

/** The inputs that torch had, `[steps][size]`, and its last outputs. */
export function torchRun(name: string, size: number) {
  const { seed, y } = golden.outputs[name];
  const all = uniform(seed, golden.steps * size, 1);
  const x = Array.from({ length: golden.steps }, (_, t) => [
    ...all.subarray(t * size, (t + 1) * size),
  ]);
  return { x, y };
}

/** Holds a model's last outputs against torch's. */
export function answersAsTorch(name: string, model: LoadedLayer): void {
  const { x, y } = torchRun(name, model.inputSize);
  const ys = stateful(model).map(x).slice(-y.length) as unknown as Float32Array[];
  expect(ys.map(({ length }) => length)).toEqual(y.map(({ length }) => length));
  for (const [k, one] of ys.entries()) {
    for (const [i, v] of one.entries()) {
      expect(Math.abs(v - y[k][i]), `${name} ${k} ${i}`).toBeLessThanOrEqual(2e-6);
    }
  }
}

/** The lines that turn a file into safetensors, as make.py ran them. */
export function torchLines(name: string): readonly string[] {
  return golden.lines[name];
}
