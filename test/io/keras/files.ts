import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import type { Vec } from '../../../src/index.js';

/** A file in the layout of Keras's, and what its model computes: test/golden/keras/make.py. */
export interface KerasCase {
  readonly name: string;
  readonly file: string;
  /** `[steps][features]`. */
  readonly input: readonly (readonly number[])[];
  /** `[steps][features]`, or the one answer. */
  readonly output: readonly (readonly number[])[];
  /** The model, where the file has weights only. */
  readonly config?: object;
}

/** From where tests run: the fuzzer bundles this file. */
const folder = 'test/golden/keras';

export const cases = JSON.parse(
  readFileSync(`${folder}/answers.json`, 'utf8'),
) as readonly KerasCase[];

export function bytesOf(file: string): Uint8Array {
  return new Uint8Array(readFileSync(`${folder}/${file}`));
}

/** Steps as a model takes them: windows where it takes all at once. */
export function stepsFor(inputSize: number, { input }: KerasCase): Vec[] {
  const all = input.flat();
  return Array.from({ length: all.length / inputSize }, (_, i) => {
    return all.slice(i * inputSize, (i + 1) * inputSize);
  });
}

/** An answer as one vector: of several outputs, one after another. */
export function joined(answer: unknown): Float32Array {
  if (answer instanceof Float32Array) return answer;
  return Float32Array.from(Object.values(Object(answer)).flatMap(y => [...(y as Float32Array)]));
}

/** The nets of the matrix in one form of file: the bytes of each. */
export function inMatrix(ending: string): readonly Uint8Array[] {
  const all = unzipSync(bytesOf('matrix.zip'));
  const names = Object.keys(all).filter(name => name.replace(/^\d+/, '') === ending);
  return names.map(name => all[name]);
}
