import { shapeText } from '../../errors.js';
import { repeatVectorCell } from '../../layers/repeat-vector.js';
import { gatherCell } from './cells.js';
import { type Built, type Flow, type LayerContext, onlyInput, type ReadLayer } from './layer.js';
import { atEach } from './time-distributed.js';

/** Features that a Permute takes apart. */
const mostFeatures = 4096;

/** All steps in one vector, step after step: what came before runs in a window. */
function flattened(flow: Flow, { refuse }: LayerContext): Built {
  if (!flow.sequence) return { members: [], flow };
  if (flow.steps === undefined) return refuse('an unknown number of steps');
  const size = flow.size * flow.steps;
  return { members: [{ window: 'end' }], flow: { size, sequence: false } };
}

/** A vector as steps: what follows runs in a window. */
function unflattened(flow: Flow, steps: number): Built {
  const size = flow.size / steps;
  const begin = { window: steps, size };
  return {
    // The step that is left of a window is a vector behind it.
    members: flow.windowed ? [{ window: 'end' }, begin] : [begin],
    flow: { size, sequence: true, steps, windowed: true },
  };
}

export const readFlatten: ReadLayer = (_config, context) => inputs => {
  return flattened(onlyInput(inputs, context), context);
};

/** One vector or steps of vectors, as the other or as other steps. */
export const readReshape: ReadLayer = (config, context) => {
  const target = config.numbers('target_shape').slice(0, 4);
  return inputs => {
    const { outer, ...flow } = onlyInput(inputs, context);
    const all = flow.size * (flow.steps ?? 1);
    if (outer) {
      const isFlat = target.length === 2 && [-1, outer.steps].includes(target[0]);
      if (!isFlat || target[1] !== all) context.refuse('an input of four axes');
      return atEach(flattened(flow, context), outer);
    }
    const shape = flow.sequence ? [flow.steps ?? -1, flow.size] : [flow.size];
    const refuse = () => context.refuse(`${shapeText(shape)} as ${shapeText(target)}`);
    const isSame = flow.sequence && target.length === 2 && target[1] === flow.size;
    if (isSame && shape[0] === -1) {
      return { members: [], flow: { ...flow, steps: target[0] === -1 ? undefined : target[0] } };
    }
    const total = shape.reduce((product, n) => product * n, 1);
    const known = target.filter(n => n !== -1).reduce((product, n) => product * n, 1);
    const found = target.map(n => (n === -1 ? total / known : n));
    const fits =
      target.filter(n => n === -1).length <= 1 && found.every(n => n >= 1 && n % 1 === 0);
    if (!fits || total !== found.reduce((product, n) => product * n, 1)) {
      // Of steps that are not known, all may be told to be one vector.
      return target.length === 1 && flow.sequence ? flattened(flow, context) : refuse();
    }
    if (found.join() === shape.join()) return { members: [], flow };
    if (found.length === 1) return flattened(flow, context);
    if (found.length > 2) return refuse();
    const flat = flattened(flow, context);
    const steps = unflattened(flat.flow, found[0]);
    return { ...steps, members: [...flat.members, ...steps.members] };
  };
};

/** A Permute that leaves all axes where they are, or that makes steps of the features. */
export const readPermute: ReadLayer = (config, context) => {
  const axes = config.numbers('dims').slice(0, 4).join();
  const isTurn = axes === '2,1';
  if (!isTurn && axes !== '1,2' && axes !== '1') context.problem('axes that move');
  return inputs => {
    const flow = onlyInput(inputs, context);
    if (!isTurn) return { members: [], flow };
    const flat = flattened(flow, context);
    const { size, steps = 1 } = flow;
    if (!flow.sequence || size > mostFeatures) context.refuse('axes that move');
    // Each feature's numbers at all steps.
    const runs = Array.from({ length: size }, (_, i) => [0, i, size, steps]);
    const turn = size > 1 && steps > 1 ? [gatherCell([['x', size * steps]], [['y', runs]])] : [];
    const turned = unflattened(flat.flow, size);
    return { ...turned, members: [...flat.members, ...turn, ...turned.members] };
  };
};

/** The same vector at so many steps: after a sequence within it, else in a window. */
export const readRepeatVector: ReadLayer = (config, context) => {
  const steps = config.count('n');
  context.needsWhole();
  return inputs => {
    const flow = onlyInput(inputs, context);
    if (flow.sequence) context.refuse('an input with an axis of time');
    const { size, lone, windowed } = flow;
    const repeat = repeatVectorCell(size, steps);
    const after = { size, sequence: true, steps };
    if (lone) return { members: [repeat], flow: { ...after, windowed } };
    return { members: [{ window: 1, size }, repeat], flow: { ...after, windowed: true } };
  };
};
