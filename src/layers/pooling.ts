import { checkNames, demand } from '../errors.js';
import type { Cell, Frames, Kind, Settings, WholeStart } from '../streams/cell.js';
import { layerCell, printed, whole } from './layer-cell.js';
import { type Padding, paddingOf, type StepsPadding } from './padding.js';
import { wholeRuns } from './whole.js';

/** Options of pooling over steps. */
export interface PoolingOptions {
  /** Steps from one output to the next. Default the kernel's size. */
  readonly stride?: number | undefined;
  /** Steps around the sequence, which count for nothing. Default 0. */
  readonly padding?: Padding | undefined;
  /** True: an average counts the steps around the sequence as zeros (PyTorch's default). */
  readonly includePadding?: boolean | undefined;
}

type Pooled = Cell<undefined, number, number>;

/** What a window of steps becomes, feature by feature. */
type Pool = 'max' | 'average';

export const maxPool1dKind: Kind = /* @__PURE__ */ poolKind('maxPool1d', (...of) =>
  maxPool1dCell(...of),
);
export const averagePool1dKind: Kind = /* @__PURE__ */ poolKind('averagePool1d', (...of) =>
  averagePool1dCell(...of),
);
export const globalMaxPool1dKind: Kind = /* @__PURE__ */ sizedKind('globalMaxPool1d', size =>
  globalMaxPool1dCell(size),
);
export const globalAveragePool1dKind: Kind = /* @__PURE__ */ sizedKind(
  'globalAveragePool1d',
  size => globalAveragePool1dCell(size),
);
export const lastKind: Kind = /* @__PURE__ */ sizedKind('last', size => lastCell(size));

function poolKind(name: string, construct: typeof maxPool1dCell): Kind {
  return {
    name,
    settings: ['size', 'kernelSize', 'stride', 'padding', 'includePadding'],
    make: ({ size, kernelSize, ...options }: Record<'size' | 'kernelSize', number>) =>
      construct(size, kernelSize, options),
  };
}

function sizedKind(name: string, construct: (size: number) => Pooled): Kind {
  return {
    name,
    settings: ['size'],
    make: ({ size }: { size: number }) => construct(size),
  };
}

/**
 * The largest of each feature over windows of `kernelSize` steps: `[steps, size]` to
 * `[steps', size]`. It reads sequences as wholes.
 *
 * @example
 * String(stateful(maxPool1dCell(1, 2)).map([1, 3, 2, 0])); // → 3,2
 */
export function maxPool1dCell(
  size: number,
  kernelSize: number,
  options: PoolingOptions = {},
): Pooled {
  return pooling(maxPool1dKind, 'max', size, kernelSize, options);
}

/**
 * The mean of each feature over windows of `kernelSize` steps: `[steps, size]` to
 * `[steps', size]`. It reads sequences as wholes.
 *
 * @example
 * String(stateful(averagePool1dCell(1, 2)).map([1, 3, 2, 0])); // → 2,1
 */
export function averagePool1dCell(
  size: number,
  kernelSize: number,
  options: PoolingOptions = {},
): Pooled {
  return pooling(averagePool1dKind, 'average', size, kernelSize, options);
}

/**
 * The largest of each feature over the whole sequence: one step.
 *
 * @example
 * String(stateful(globalMaxPool1dCell(1)).map([1, 3, 2])); // → 3
 */
export function globalMaxPool1dCell(size: number): Pooled {
  return globalPooling(globalMaxPool1dKind, 'max', size);
}

/**
 * The mean of each feature over the whole sequence: one step.
 *
 * @example
 * String(stateful(globalAveragePool1dCell(1)).map([1, 3, 2])); // → 2
 */
export function globalAveragePool1dCell(size: number): Pooled {
  return globalPooling(globalAveragePool1dKind, 'average', size);
}

/**
 * The last step of a sequence only: what Keras calls `return_sequences=False`.
 *
 * @example
 * String(stateful(lastCell(1)).map([1, 3, 2])); // → 2
 */
export function lastCell(size: number): Pooled {
  whole('last.size', size, 1);
  const last = ({ data, count }: Frames) => {
    return { data: data.slice(Math.max(0, count - 1) * size), count: one(count), size };
  };
  return sequenceCell(lastKind, [size], { size }, last, one);
}

function globalPooling(kind: Kind, pool: Pool, size: number): Pooled {
  whole(`${kind.name}.size`, size, 1);
  const run = (steps: Frames) => pooled(pool, steps, steps.count, 1, [0, 0]);
  return sequenceCell(kind, [size], { size }, run, one);
}

function pooling(
  kind: Kind,
  pool: Pool,
  size: number,
  kernelSize: number,
  options: PoolingOptions,
): Pooled {
  const { name } = kind;
  checkNames(name, options, ['stride', 'padding', 'includePadding']);
  const { stride = kernelSize, padding = 0, includePadding = false } = options;
  whole(`${name}.size`, size, 1);
  whole(`${name}.kernelSize`, kernelSize, 1);
  whole(`${name}.stride`, stride, 1);
  demand(
    typeof includePadding === 'boolean',
    `${name}.includePadding`,
    'true or false',
    includePadding,
  );
  const padded: StepsPadding = paddingOf(name, padding, kernelSize, 1, stride);
  const settings = { size, kernelSize, stride, padding, includePadding };
  const shown = {
    stride: [stride, kernelSize],
    padding: [padding, 0],
    includePadding: [includePadding, false],
  } as const;
  return sequenceCell(
    kind,
    [size, kernelSize],
    settings,
    steps => pooled(pool, steps, kernelSize, stride, padded(steps.count), includePadding),
    steps => lengthOf(steps, kernelSize, stride, padded(steps)),
    shown,
  );
}

function pooled(
  pool: Pool,
  { data, count, size }: Frames,
  kernel: number,
  stride: number,
  [before, after]: readonly [number, number],
  includePadding = false,
): Frames {
  const length = lengthOf(count, kernel, stride, [before, after]);
  const output = new Float32Array(length * size);
  for (let t = 0; t < length; t++) {
    const begin = Math.max(0, t * stride - before);
    const end = Math.min(count, t * stride - before + kernel);
    for (let i = 0; i < size; i++) {
      let result = pool === 'max' ? -Infinity : 0;
      for (let s = begin; s < end; s++) {
        const x = data[s * size + i];
        result = pool === 'max' ? Math.max(result, x) : result + x;
      }
      output[t * size + i] =
        pool === 'max' ? result : result / (includePadding ? kernel : end - begin);
    }
  }
  return { data: output, count: length, size };
}

function lengthOf(
  count: number,
  kernel: number,
  stride: number,
  [before, after]: readonly [number, number],
): number {
  return count ? Math.max(0, Math.floor((count + before + after - kernel) / stride) + 1) : 0;
}

/** Whole sequences become one step; an empty one, none. */
const one = (steps: number) => Math.min(1, steps);

/** A layer without state that makes of a sequence another one. */
function sequenceCell(
  kind: Kind,
  positional: readonly unknown[],
  settings: Settings & { readonly size: number },
  run: (steps: Frames) => Frames,
  stepsAfter: (steps: number) => number,
  shown: Parameters<typeof printed>[2] = {},
): Pooled {
  const why = 'it makes other steps of a sequence';
  const runs: WholeStart = () => ({ run, state: () => undefined, release() {} });
  const { size } = settings;
  const text = () => printed(kind.name, positional, shown);
  return layerCell(
    { kind, text, settings, inputSize: size, outputSize: size },
    wholeRuns(kind.name, why, runs, stepsAfter),
  );
}
