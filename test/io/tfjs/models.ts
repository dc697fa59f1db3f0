import { readFileSync } from 'node:fs';

/** A model that tfjs saved, and what its CPU backend computes: test/golden/tfjs/make.mjs. */
export interface TfjsCase {
  readonly name: string;
  /** The value of steps that a mask hides, if the model has masks. */
  readonly mask?: number;
  readonly modelJson: {
    readonly modelTopology: Record<string, unknown>;
    readonly weightsManifest: readonly {
      readonly paths: readonly string[];
      readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
    }[];
  };
  readonly weights: string;
  readonly input: { readonly shape: readonly number[]; readonly values: readonly number[] };
  readonly output: { readonly shape: readonly number[]; readonly values: readonly number[] };
}

/** From where tests run: the fuzzer bundles this file. */
const file = 'test/golden/tfjs/models.json';

const all = JSON.parse(readFileSync(file, 'utf8')) as readonly TfjsCase[];

export const cases = all.filter(({ mask }) => mask === undefined);
export const maskedCases = all.filter(({ mask }) => mask !== undefined);

export function caseNamed(name: string): TfjsCase {
  const found = cases.find(one => one.name === name);
  if (!found) throw new Error(`no case ${name}`);
  return found;
}

export function shardOf({ weights }: TfjsCase): Uint8Array {
  return new Uint8Array(Buffer.from(weights, 'base64'));
}

/** Row-major numbers as rows of that many. */
export function rowsOf(values: readonly number[], width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) => {
    return values.slice(i * width, (i + 1) * width);
  });
}
