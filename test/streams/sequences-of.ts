/** Vectors in ±1, the same for the same seed. */
export function vectors(count: number, size: number, seed: number): Float32Array[] {
  return Array.from({ length: count }, (_, t) =>
    Float32Array.from({ length: size }, (_, i) => Math.sin(t * 12.9898 + i * 78.233 + seed * 3.7)),
  );
}

/** What is asked of a convolution, term by term as PyTorch's documentation has it. */
export interface Naive {
  readonly weight: ArrayLike<number>;
  readonly bias?: ArrayLike<number>;
  readonly outputSize: number;
  readonly kernelSize: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly groups?: number;
  /** Zeros before and after. */
  readonly padding?: readonly [number, number];
}

/** A convolution over steps in double precision. */
export function convolve(steps: readonly ArrayLike<number>[], conv: Naive): number[][] {
  const { weight, bias, outputSize, kernelSize } = conv;
  const { stride = 1, dilation = 1, groups = 1, padding: [before, after] = [0, 0] } = conv;
  const zeros = (count: number) => Array.from({ length: count }, () => new Float32Array(inputSize));
  const inputSize = steps[0].length;
  const padded = [...zeros(before), ...steps, ...zeros(after)];
  const ins = inputSize / groups;
  const outputs: number[][] = [];
  for (let t = 0; t + (kernelSize - 1) * dilation < padded.length; t += stride) {
    outputs.push(
      Array.from({ length: outputSize }, (_, o) => {
        const group = Math.floor(o / (outputSize / groups));
        let sum = bias?.[o] ?? 0;
        for (let i = 0; i < ins; i++) {
          for (let k = 0; k < kernelSize; k++) {
            const x = padded[t + k * dilation][group * ins + i];
            sum += weight[(o * ins + i) * kernelSize + k] * x;
          }
        }
        return sum;
      }),
    );
  }
  return outputs;
}

/** The largest difference of two lists of vectors, which must be of one shape. */
export function farthest(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  if (a.length !== b.length) return Infinity;
  return Math.max(
    0,
    ...a.map((row, t) => {
      if (row.length !== b[t].length) return Infinity;
      return Math.max(...Array.from(row, (value, i) => Math.abs(value - b[t][i])));
    }),
  );
}
