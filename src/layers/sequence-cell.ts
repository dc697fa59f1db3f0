import { ModelBuilder } from '../code/model.js';
import type { Operator } from '../code/plans.js';
import { whole } from '../code/sequences.js';
import type { SequenceOperation } from '../graph/graph.js';
import type { Cell, Kind, Settings } from '../streams/cell.js';
import { layerCell, printed } from './layer-cell.js';
import { sequenceRuns } from './sequence-layers.js';

interface SequenceLook {
  /** Of an operation that is no view. */
  readonly operator?: Operator;
  /** The options that are printed, and their defaults. */
  readonly shown?: Parameters<typeof printed>[2];
}

/** A layer without state that makes of a sequence another one. */
export function sequenceCell(
  kind: Kind,
  positional: readonly unknown[],
  settings: Settings & { readonly size: number },
  operation: SequenceOperation,
  { operator, shown = {} }: SequenceLook = {},
): Cell<undefined, number, number> {
  const { name } = kind;
  const { size } = settings;
  const builder = new ModelBuilder(size);
  const node = builder.add({ ...operation, of: [0], size, where: name }, operator);
  const model = builder.model(node, whole);
  const text = () => printed(name, positional, shown);
  return layerCell(
    { kind, text, settings, inputSize: size, outputSize: size },
    sequenceRuns(model, { layer: name, variables: [] }, 'it makes other steps of a sequence'),
  );
}
