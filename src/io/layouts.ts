/** The recurrent layers that frameworks have in common. */
export type RecurrentKind = 'rnn' | 'lstm' | 'gru';

/** How a framework stores recurrent weights. Gates by the library's letters. */
export interface Layout {
  /** The order in which the gates' blocks are stacked, of each kind. */
  readonly rnn: string;
  readonly lstm: string;
  readonly gru: string;
  /** True: matrices are `[input, gates · hidden]`, not `[gates · hidden, input]`. */
  readonly transposed: boolean;
  /** Where the reset gate acts, unless the file says otherwise. */
  readonly resetGate: 'after' | 'before';
  /** The file's own words for the orders, where its letters are others. */
  readonly letters: string;
}

/** What each framework does; the readers, the writers and docs/layouts.md read this table. */
export const layouts = {
  torch: {
    ...{ rnn: 'n', lstm: 'ifgo', gru: 'rzn', transposed: false, resetGate: 'after' },
    letters: 'weight_ih, weight_hh; LSTM i f g o, GRU r z n',
  },
  keras: {
    ...{ rnn: 'n', lstm: 'ifgo', gru: 'zrn', transposed: true, resetGate: 'after' },
    letters: 'kernel, recurrent_kernel; LSTM i f c o, GRU z r h; Keras 2: reset before',
  },
  onnx: {
    ...{ rnn: 'n', lstm: 'iofg', gru: 'zrn', transposed: false, resetGate: 'before' },
    letters: 'W, R, B = Wb, Rb; LSTM i o f c, GRU z r h; linear_before_reset = 1: reset after',
  },
  rtneural: {
    ...{ rnn: 'n', lstm: 'ifgo', gru: 'zrn', transposed: true, resetGate: 'after' },
    letters: 'as Keras',
  },
  guitarml: {
    ...{ rnn: 'n', lstm: 'ifgo', gru: 'rzn', transposed: false, resetGate: 'after' },
    letters: 'as PyTorch: rec.weight_ih_l0 …, lin.weight',
  },
} as const satisfies Readonly<Record<string, Layout>>;

/** Weights as a framework stores them, row-major; a bias that there is none of is left out. */
export interface StoredWeights {
  /** `[gates · hidden, input]`, or transposed. */
  readonly kernel: Float32Array;
  /** `[gates · hidden, recurrent]`, or transposed. */
  readonly recurrent: Float32Array;
  /** `[gates · hidden]`. */
  readonly bias?: Float32Array | undefined;
  /** `[gates · hidden]`; zeros where only `bias` is given. */
  readonly recurrentBias?: Float32Array | undefined;
}

/**
 * Weights that a framework stored as the `params` of `rnnCell`, `lstmCell` or `gruCell`:
 * transposed, if they have to be, and their gates in PyTorch's order. All are copies.
 *
 * @example
 * const params = canonicalWeights(layouts.keras, 'gru', {
 *   kernel: Float32Array.of(1, 2, 3), // [1 input, gates z r n of 1 unit]
 *   recurrent: Float32Array.of(4, 5, 6),
 * });
 * params.weightIh.join(' '); // → 2 1 3
 */
export function canonicalWeights(
  layout: Layout,
  kind: RecurrentKind,
  { kernel, recurrent, bias, recurrentBias }: StoredWeights,
): Record<string, Float32Array> {
  const [from, to] = [layout[kind], layouts.torch[kind]];
  const gates = (values: Float32Array, rows: number) => {
    const whole = layout.transposed ? transpose(values, values.length / rows, rows) : values;
    return reorderGates(whole, from, to);
  };
  const rows = rowsIn(layout, kind, recurrent);
  const second = recurrentBias ?? (bias && new Float32Array(bias.length));
  return {
    weightIh: gates(kernel, rows),
    weightHh: gates(recurrent, rows),
    ...(bias && { biasIh: reorderGates(bias, from, to) }),
    ...(second && { biasHh: reorderGates(second, from, to) }),
  };
}

/** Rows of a recurrent matrix `[gates · hidden, hidden]` without a projection. */
function rowsIn(layout: Layout, kind: RecurrentKind, recurrent: Float32Array): number {
  const gates = layout[kind].length;
  return gates * Math.sqrt(recurrent.length / gates);
}

/** Blocks of rows, or of a bias, that are stacked in one order of gates, in another. */
export function reorderGates(values: Float32Array, from: string, to: string): Float32Array {
  const block = values.length / from.length;
  const result = new Float32Array(values.length);
  for (const [i, gate] of [...to].entries()) {
    const start = from.indexOf(gate) * block;
    result.set(values.subarray(start, start + block), i * block);
  }
  return result;
}

/** Keras's convolution kernel `[kernelSize, input / groups, output]` as PyTorch's, reversed. */
export function canonicalConvolution(
  kernel: Float32Array,
  [steps, columns, rows]: readonly [kernelSize: number, input: number, output: number],
): Float32Array {
  const result = new Float32Array(kernel.length);
  for (let k = 0; k < steps; k++) {
    for (let j = 0; j < columns; j++) {
      const at = (k * columns + j) * rows;
      for (let i = 0; i < rows; i++) result[(i * columns + j) * steps + k] = kernel[at + i];
    }
  }
  return result;
}

/** A row-major matrix `[rows, columns]` as `[columns, rows]`. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j];
  }
  return result;
}
