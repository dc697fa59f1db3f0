import { activationCell } from '../../cells/activation.js';
import { sliceCell } from '../../layers/moves.js';
import type { AnyCell } from '../../streams/cell.js';
import { parallelOf, rowOf } from './cells.js';
import type { Flow, LayerContext, ReadLayer } from './layer.js';

type Merge = 'Add' | 'Subtract' | 'Multiply' | 'Average' | 'Maximum' | 'Minimum';

/** Layers of several inputs, which come side by side in one vector. */
export function readMerge(kind: Merge): ReadLayer {
  return (_config, context) => inputs => {
    const [flow] = alike(inputs, context);
    const { size } = flow;
    if (inputs.some(input => input.size !== size)) context.refuse('inputs of different sizes');
    const isPair = kind === 'Subtract' || kind === 'Maximum' || kind === 'Minimum';
    if (isPair && inputs.length !== 2) context.refuse(`${inputs.length} inputs`);
    const [a, b, ...others] = inputs.map((_, i) => {
      return sliceCell(inputs.length * size, i * size, (i + 1) * size);
    });
    const times = (of: AnyCell, alpha: number): AnyCell => {
      return rowOf([of, activationCell(size, { name: 'affine', alpha })]);
    };
    const difference = parallelOf('add', [a, times(b, -1)]);
    const more = rowOf([difference, activationCell(size, 'relu')]);
    const members: Record<Merge, () => readonly AnyCell[]> = {
      Add: () => [parallelOf('add', [a, b, ...others])],
      Multiply: () => [parallelOf('multiply', [a, b, ...others])],
      Average: () => {
        const half = activationCell(size, { name: 'affine', alpha: 1 / inputs.length });
        return [parallelOf('add', [a, b, ...others]), half];
      },
      Subtract: () => [difference],
      // What the one is more than the other, added to this or taken from that.
      Maximum: () => [parallelOf('add', [b, more])],
      Minimum: () => [parallelOf('add', [a, times(more, -1)])],
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
