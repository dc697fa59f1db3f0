/**
 * The twin of generate.py: weights and inputs of the golden cases, equal to the last bit.
 *
 * value(i) = float32(((hash >>> 8) / 2^24 * 2 - 1) * scale)
 * hash = mix(mix(seed) + i * 0x9e3779b9), modulo 2^32
 *
 * Everything up to `* scale` is exact; the double product is rounded once to float32.
 */
export function uniform(seed: number, count: number, scale: number): Float32Array {
  const values = new Float32Array(count);
  const start = mix(seed);
  for (let i = 0; i < count; i++) {
    const hash = mix(start + Math.imul(i, 0x9e3779b9));
    values[i] = (((hash >>> 8) / 2 ** 24) * 2 - 1) * scale;
  }
  return values;
}

/** Wellons' lowbias32, a bijection of 32-bit integers. */
function mix(n: number): number {
  n = Math.imul(n ^ (n >>> 16), 0x7feb352d);
  n = Math.imul(n ^ (n >>> 15), 0x846ca68b);
  return n ^ (n >>> 16);
}

/** A golden file, `torch.json` or `cells.json`; README.md beside it tells the fields. */
export interface Golden {
  readonly madeWith: Readonly<Record<string, string>>;
  /** The first values of `uniform(seed, values.length, scale)`. */
  readonly check: { readonly seed: number; readonly scale: number; readonly values: number[] };
  readonly cases: readonly GoldenCase[];
}

export interface GoldenCase {
  readonly name: string;
  /** Name of the layer's constructor: 'lstm', 'peepholeLstm', … */
  readonly cell: string;
  readonly layers: number;
  readonly bias: boolean;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly projectionSize?: number;
  readonly options: Readonly<Record<string, string | number>>;
  readonly scalars?: Readonly<Record<string, number>>;
  readonly seed: number;
  readonly tensors: readonly GoldenTensor[];
  readonly inputSeed: number;
  readonly steps: number;
  /** Steps, from 0, that `y` holds. */
  readonly at: readonly number[];
  /** Units, from 0, that `y` and `final` hold. */
  readonly units: readonly number[];
  /** Largest |y − ref| / max(1, |ref|) of a float32 run: see README.md. */
  readonly float32Deviation: number;
  /** Output of the last layer, `[at.length][units.length]`. */
  readonly y: readonly (readonly number[])[];
  /** State of each layer after the last step, `[units.length]` each. */
  readonly final: readonly { readonly h: readonly number[]; readonly c?: readonly number[] }[];
}

export interface GoldenTensor {
  readonly layer: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly scale: number;
}
