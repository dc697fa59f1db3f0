import { vectorActivations } from '../kernels/wasm/activations.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import {
  bits,
  type Code,
  f32x4,
  get,
  i32,
  load,
  loadSplat,
  plus,
  store,
} from '../kernels/wasm/module.js';
import type { LayerPlan } from './memory-plan.js';
import { type Place, weights } from './places.js';
import type { PlanNode } from './plan.js';

/** A state nearer to zero is zero: hardware is slow with the subnormal numbers that follow. */
const smallest = 1e-30;

/** Where the numbers of some streams are, for the code of one function. */
export interface Places {
  readonly now: Place;
  readonly next: Place;
  readonly input: Place;
  readonly output: Place;
  readonly scratch: Place;
  readonly sums: Place;
}

/** Code of a place's pointer. */
export const baseOf = ({ local }: Place) => (local === undefined ? i32(0) : get(local));

/** Four rows. */
interface Lanes {
  /** Their place in a vector, in bytes: what varies, and what does not. */
  readonly offset: Code | undefined;
  readonly at: number;
  /** The local of an affine node's sum. */
  total(affine: number): number;
}

/** Code that stores `sinks` for four rows; what they have in common is worked out once. */
export function elementwise(
  e: Emitter,
  layer: LayerPlan,
  sinks: readonly number[],
  places: Places,
  { offset, at, total }: Lanes,
): Code {
  const { spec, states, stored } = layer;
  const { nodes, states: variables, output } = spec.definition.plan;
  const known = new Map<number, Code>();
  const address = (place: Place) => (offset ? plus(baseOf(place), offset) : baseOf(place));
  const read = (place: Place, own = 0) => load(address(place), place.at + own + at);
  const write = (place: Place, own: number, value: Code) =>
    store(address(place), place.at + own + at, value);

  const value = (i: number): Code => {
    const seen = known.get(i);
    if (seen) return seen;
    const node = nodes[i];
    if (layer.fixed.has(i)) return fixedValue(e, layer, i, offset, at);
    if (node.op === 'input') return read(places.input);
    if (node.op === 'state') {
      return read(places.now, states[variables.findIndex(({ name }) => name === node.name)]);
    }
    const scratch = stored.get(i);
    if (scratch !== undefined && !sinks.includes(i)) {
      if (node.dimension !== 'scalar') return read(places.scratch, scratch);
      return loadSplat(baseOf(places.scratch), places.scratch.at + scratch);
    }
    const isState = variables.some(({ node: next }) => next === i);
    const isSum = node.op === 'affine';
    if (isSum && !isState) return get(total(i));
    const result = isSum
      ? get(total(i))
      : node.op === 'reduce'
        ? reduced(e, layer, places, node)
        : combined(e, layer, i, value);
    const [setLocal, local] = e.keep(isState ? flushed(e, result) : result);
    known.set(i, local);
    return [setLocal, local];
  };

  return sinks.map(i => [
    variables.map(({ node }, k) => (node === i ? write(places.next, states[k], value(i)) : [])),
    stored.has(i) ? write(places.scratch, stored.get(i) ?? 0, value(i)) : [],
    output === i ? write(places.output, 0, value(i)) : [],
  ]);
}

/** A vector that is there in full as one number, four times. */
function reduced(
  e: Emitter,
  layer: LayerPlan,
  places: Places,
  { by, of }: PlanNode & { op: 'reduce' },
): Code {
  const { spec } = layer;
  const size = spec.sizes[spec.definition.plan.nodes[of].dimension];
  const { at, ...place } = wholeVector(layer, places, of);
  return by.code(e, { base: baseOf({ at, ...place }), at, size });
}

/** Where a vector that is there in full is. */
export function wholeVector(layer: LayerPlan, places: Places, of: number): Place {
  const node = layer.spec.definition.plan.nodes[of];
  if (node.op === 'input') return places.input;
  if (node.op === 'state') {
    const k = layer.spec.definition.plan.states.findIndex(({ name }) => name === node.name);
    return { ...places.now, at: places.now.at + layer.states[k] };
  }
  const { scratch } = places;
  const own = layer.stored.get(of);
  if (own !== undefined) return { ...scratch, at: scratch.at + own };
  const name = 'name' in node ? node.name : '';
  return { local: weights, at: layer.prepared.get(of) ?? layer.params.get(name) ?? 0, stride: 0 };
}

/** Zero where a number is too near to it; NaN stays. */
function flushed(e: Emitter, v: Code): Code {
  const [setV, x] = e.keep(v);
  return [setV, bits.andNot(x, f32x4.less(f32x4.abs(x), e.constant(smallest)))];
}

/** A node's value from those of its operands. */
export function combined(
  e: Emitter,
  { spec }: LayerPlan,
  i: number,
  value: (of: number) => Code,
): Code {
  const node = spec.definition.plan.nodes[i];
  if (node.op === 'add' || node.op === 'subtract' || node.op === 'multiply') {
    return f32x4[node.op](value(node.left), value(node.right));
  }
  if (node.op !== 'activate') return [];
  const { name, alpha, beta, clipped } = spec.activations[node.slot];
  const bound = clipped ? spec.clip : undefined;
  const of = value(node.of);
  const bounded =
    bound === undefined ? of : f32x4.least(f32x4.most(of, e.constant(-bound)), e.constant(bound));
  return vectorActivations[name](e, bounded, alpha, beta);
}

/** A node that depends on parameters alone: read from where it is given or was prepared. */
export function fixedValue(
  e: Emitter,
  { spec, params, prepared }: LayerPlan,
  i: number,
  offset: Code | undefined,
  at: number,
): Code {
  const node = spec.definition.plan.nodes[i];
  if (node.op === 'number') return e.constant(node.value);
  if (node.op === 'constant') return e.constant(spec.constants[node.name]);
  const own = prepared.get(i) ?? params.get('name' in node ? node.name : '') ?? 0;
  if (node.dimension === 'scalar') return loadSplat(e.weights, own);
  return load(offset ? plus(e.weights, offset) : e.weights, own + at);
}
