import { ModelBuilder } from '../code/model.js';
import { row } from '../code/rows.js';
import type { ParameterInput } from '../graph/parameters.js';
import type { Cell, Kind } from '../streams/cell.js';
import type { Params, SameForm } from '../streams/forms.js';
import { integer, layerCell, parametersOf, printed } from './layer-cell.js';

/** Options of an embedding. */
export interface EmbeddingOptions {
  /** `weight` `[count, size]`, copied. */
  readonly params?: { readonly weight: ParameterInput } | undefined;
  /** Makes the initial parameters repeatable. */
  readonly seed?: number | undefined;
}

export const embeddingKind: Kind = {
  name: 'embedding',
  settings: ['count', 'size'],
  shapes: ({ count, size }: Record<'count' | 'size', number>) => [
    { name: 'weight', shape: [count, size], meaning: `${count} indices × ${size}` },
  ],
  make: ({ count, size }: Record<'count' | 'size', number>, _, { weight }) =>
    embeddingCell(count, size, { params: { weight } }),
};

/**
 * A learned vector `[size]` for each of `count` indices; the input is an index, `[1]` or a number.
 * Params `weight` `[count, size]`. No state.
 *
 * A RecurError, thrown or as an error notification, for an input that is no index.
 *
 * @example
 * const cell = embeddingCell(2, 3, { params: { weight: [[1, 2, 3], [4, 5, 6]] } });
 * cell(undefined, 1)[1]; // → Float32Array(3) [ 4, 5, 6 ]
 */
export function embeddingCell(
  count: number,
  size: number,
  { params, seed }: EmbeddingOptions = {},
): Cell<undefined, 1, number, SameForm, Params> {
  integer('embedding.count', count, 1);
  integer('embedding.size', size, 1);
  const settings = { count, size };
  const shapes = embeddingKind.shapes?.(settings as never) ?? [];
  const values = parametersOf('embedding', shapes, params, seed);
  const builder = new ModelBuilder(1);
  const own = { op: 'row', rows: count, params: builder.withParams(values) } as const;
  const model = builder.model(builder.add({ ...own, of: [0], size, where: 'embedding' }, row));
  return layerCell(
    {
      kind: embeddingKind,
      text: () => printed('embedding', [count, size]),
      settings,
      params: values,
      inputSize: 1,
      outputSize: size,
    },
    { model, shape: { layer: 'embedding', variables: [] } },
  );
}
