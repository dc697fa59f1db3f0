import { sizeOf } from '../../arrays/ndarray.js';
import { shapeText } from '../../errors.js';
import { type Flow, type LayerContext, onlyInput, type ReadLayer } from './layer.js';

/** All steps in one vector, step after step: what came before runs in a window. */
function flattened(flow: Flow, { refuse }: LayerContext) {
  if (!flow.sequence) return { members: [], flow };
  if (flow.steps === undefined) return refuse('an unknown number of steps');
  const size = flow.size * flow.steps;
  return { members: [], flow: { size, sequence: false }, window: true };
}

export const readFlatten: ReadLayer = (_config, context) => inputs => {
  return flattened(onlyInput(inputs, context), context);
};

/** A Reshape that changes nothing, or that flattens. */
export const readReshape: ReadLayer = (config, context) => {
  const target = config.list('target_shape').slice(0, 4).map(Number);
  return inputs => {
    const flow = onlyInput(inputs, context);
    const shape = flow.sequence ? [flow.steps ?? -1, flow.size] : [flow.size];
    if (target.join() === shape.join()) return { members: [], flow };
    const [length] = target;
    const all = length === -1 || length === sizeOf(shape);
    if (target.length === 1 && all) return flattened(flow, context);
    return context.refuse(`${shapeText(shape)} as ${shapeText(target)}`);
  };
};

/** A Permute that leaves all axes where they are. */
export const readPermute: ReadLayer = (config, context) => {
  if (config.list('dims').some((axis, i) => axis !== i + 1)) context.problem('axes that move');
  return inputs => ({ members: [], flow: onlyInput(inputs, context) });
};
