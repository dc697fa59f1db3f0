import { activationCell } from '../../cells/activation.js';
import { sliceCell } from '../../layers/moves.js';
import { globalMaxPool1dCell } from '../../layers/pooling.js';
import { windowCell } from '../../layers/window.js';
import type { AnyCell } from '../../streams/cell.js';
import { parallelOf, rowOf } from './cells.js';
import type { Flow, LayerContext, ReadLayer } from './layer.js';

type Merge = 'Add' | 'Subtract' | 'Multiply' | 'Average' | 'Maximum' | 'Minimum';

/** Layers of several inputs, which come side by side in one vector. */
export function readMerge(kind: Merge): ReadLayer {
  return (_config, context) => inputs => {
    const [flow] = alike(inputs, context);
    const [{ size }, { length }] = [flow, inputs];
    if (inputs.some(input => input.size !== size)) context.refuse('inputs of different sizes');
    if (kind === 'Subtract' && length !== 2) context.refuse(`${length} inputs`);
    const [first, ...others] = inputs.map((_, i) => {
      return sliceCell(length * size, i * size, (i + 1) * size);
    });
    const times = (count: number, alpha: number) => {
      return activationCell(count * size, { name: 'affine', alpha });
    };
    // Pooling over the inputs as steps, which loses no digit.
    const largest = windowCell(length, globalMaxPool1dCell(size));
    const members: Record<Merge, () => readonly AnyCell[]> = {
      Add: () => [parallelOf('add', [first, ...others])],
      Multiply: () => [parallelOf('multiply', [first, ...others])],
      Average: () => [parallelOf('add', [first, ...others]), times(1, 1 / length)],
      Subtract: () => [parallelOf('add', [first, rowOf([...others, times(1, -1)])])],
      Maximum: () => [largest],
      Minimum: () => [times(length, -1), largest, times(1, -1)],
    };
    return { members: members[kind](), flow };
  };
}

export const readConcatenate: ReadLayer = (config, context) => inputs => {
  const [first] = alike(inputs, context);
  const axis = config.value('axis') ?? -1;
  if (axis !== -1 && axis !== (first.sequence ? 2 : 1)) {
    context.refuse('an axis that is not that of the features');
  }
  return { members: [], flow: { ...first, size: inputs.reduce((sum, { size }) => sum + size, 0) } };
};

/** Two inputs or more, all with steps or all without. */
export function alike(inputs: readonly Flow[], { refuse }: LayerContext): readonly Flow[] {
  if (inputs.length < 2) refuse(`${inputs.length} input`);
  const [first] = inputs;
  const odd = inputs.some(({ sequence, steps, lone = false }) => {
    return sequence !== first.sequence || steps !== first.steps || lone !== (first.lone ?? false);
  });
  if (odd) refuse('inputs of different lengths');
  return inputs;
}
