import { quoted } from '../json.js';
import { activationLayers } from './activations.js';
import { checkConfig } from './check-config.js';
import { serialized } from './classes.js';
import { identities } from './feedforward.js';
import { isModel } from './graph.js';
import { type Built, type Flow, onlyInput, type ReadLayer } from './layer.js';

/** Layers that do the same at each step by themselves. */
const stepwise = [
  ...activationLayers,
  ...identities,
  ...['Dense', 'BatchNormalization', 'LayerNormalization', 'Normalization', 'PReLU', 'Rescaling'],
];

/**
 * The same layer, or model, at each step: over steps that are vectors by itself, over steps that
 * have steps of their own in a window.
 */
export function readTimeDistributed(readers: (kind: string) => ReadLayer | undefined): ReadLayer {
  return (config, context) => {
    const layer = serialized(config.where, config.value('layer'));
    const { kind, config: inner, isCustom } = layer;
    checkConfig(layer, why => context.problem(`${inner.where}: ${why}`));
    const isStepwise = stepwise.includes(kind);
    // In a window nothing goes on from event to event, and nothing is waited for.
    const own = { ...context, needsWhole: () => {}, hasState: () => {} };
    const refuse = () => context.refuse(`${quoted(kind)} at each step`);
    if (isCustom) return refuse();
    const build = isModel(kind) ? own.modelAtEach(layer) : (readers(kind) ?? refuse)(inner, own);
    return (inputs, weights) => {
      const { outer, ...flow } = onlyInput(inputs, context);
      if (outer) return atEach(build([flow], weights), outer);
      if (!isStepwise && kind !== 'Flatten') refuse();
      if (kind === 'Flatten') return { members: [], flow };
      // The layer sees the vector of a step, whose only axis is the first.
      const { members, flow: own } = build([{ ...flow, sequence: false }], weights);
      return { members, flow: { ...own, sequence: true } };
    };
  };
}

/** What becomes of windows: windows again, or one vector of each. */
export function atEach({ members, flow }: Built, outer: NonNullable<Flow['outer']>): Built {
  if (flow.sequence) return { members, flow: { ...flow, outer } };
  const isOpen = flow.windowed;
  return {
    members: isOpen ? [...members, { window: 'end' }] : members,
    flow: { size: flow.size, sequence: true, steps: outer.steps },
  };
}

/** True for a class of layers that may read steps of steps. */
export function readsWindows(kind: string): boolean {
  return kind === 'TimeDistributed' || kind === 'Reshape' || stepwise.includes(kind);
}
