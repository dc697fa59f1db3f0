import { pool } from '../code/pool.js';
import { checkNames, demand } from '../errors.js';
import type { Padding } from '../graph/steps.js';
import type { Cell, Kind } from '../streams/cell.js';
import { integer } from './layer-cell.js';
import { checkPadding } from './padding.js';
import { sequenceCell } from './sequence-cell.js';

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
  integer('last.size', size, 1);
  return sequenceCell(lastKind, [size], { size }, { op: 'last' });
}

function globalPooling(kind: Kind, by: Pool, size: number): Pooled {
  integer(`${kind.name}.size`, size, 1);
  const operation = { op: 'pool', by, includePadding: false } as const;
  return sequenceCell(kind, [size], { size }, operation, { operator: pool });
}

function pooling(
  kind: Kind,
  by: Pool,
  size: number,
  kernelSize: number,
  options: PoolingOptions,
): Pooled {
  const { name } = kind;
  checkNames(name, options, ['stride', 'padding', 'includePadding']);
  const { stride = kernelSize, padding = 0, includePadding = false } = options;
  integer(`${name}.size`, size, 1);
  integer(`${name}.kernelSize`, kernelSize, 1);
  integer(`${name}.stride`, stride, 1);
  const isFlag = typeof includePadding === 'boolean';
  demand(isFlag, `${name}.includePadding`, 'true or false', includePadding);
  checkPadding(`${name}.padding`, padding);
  const geometry = { kernel: kernelSize, dilation: 1, stride, padding };
  const shown = {
    stride: [stride, kernelSize],
    padding: [padding, 0],
    includePadding: [includePadding, false],
  } as const;
  return sequenceCell(
    kind,
    [size, kernelSize],
    { size, kernelSize, stride, padding, includePadding },
    { op: 'pool', by, includePadding, ...geometry },
    { operator: pool, shown },
  );
}
