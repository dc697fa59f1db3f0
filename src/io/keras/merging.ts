import { activationCell } from '../../cells/activation.js';
import { sliceCell } from '../../layers/moves.js';
import type { AnyCell } from '../../streams/cell.js';
import { parallelOf } from './cells.js';
import type { Flow, LayerContext, ReadLayer } from './layer.js';

/** Layers of several inputs, which come side by side in one vector. */
export function readMerge(kind: 'Add' | 'Multiply' | 'Average'): ReadLayer {
  return (_config, context) => inputs => {
    const [flow] = alike(inputs, context);
    if (inputs.some(({ size }) => size !== flow.size)) context.refuse('inputs of different sizes');
    const total = inputs.length * flow.size;
    const parts = inputs.map((_, i) => sliceCell(total, i * flow.size, (i + 1) * flow.size));
    const members: AnyCell[] = [parallelOf(kind === 'Multiply' ? 'multiply' : 'add', parts)];
    if (kind === 'Average') {
      members.push(activationCell(flow.size, { name: 'affine', alpha: 1 / inputs.length }));
    }
    return { members, flow };
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
function alike(inputs: readonly Flow[], { refuse }: LayerContext): readonly Flow[] {
  if (inputs.length < 2) refuse(`${inputs.length} input`);
  const [first] = inputs;
  const odd = inputs.some(({ sequence, steps }) => {
    return sequence !== first.sequence || steps !== first.steps;
  });
  if (odd) refuse('inputs of different lengths');
  return inputs;
}
