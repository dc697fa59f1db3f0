import type { PlanNode } from '../graph/plan.js';
import type { Reduction } from '../graph/reductions.js';
import { operandsOf } from '../graph/schedule.js';
import { Abreast, abreast, type Vectors } from '../kernels/wasm/abreast.js';
import { vectorActivations } from '../kernels/wasm/activations.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import {
  bits,
  type Code,
  f32x4,
  get,
  load,
  loadSplat,
  plus,
  store,
} from '../kernels/wasm/module.js';
import type { CellPlan, StagePlan } from './cell-plans.js';
import { groupBytes } from './layout.js';
import { type Place, weights } from './places.js';

const [abs, andNot, least, less, most] = [
  ...[f32x4.abs, bits.andNot, f32x4.least, f32x4.less, f32x4.most],
].map(abreast);

/** Vectors that activations work out abreast where more are there: what registers hold. */
const widest = 4;

/** A state nearer to zero is zero: hardware is slow with the subnormal numbers that follow. */
const smallest = 1e-30;

/** Where the numbers of some streams are, for the code of one function. */
export interface Places {
  readonly now: Place;
  readonly next: Place;
  /** Of its ports. */
  readonly inputs: readonly Place[];
  readonly output: Place;
  readonly scratch: Place;
  readonly sums: Place;
}

/** Code of a place's pointer. */
export const baseOf = ({ local }: Place) => get(local);

/** Groups of four rows. */
interface Groups {
  /** The first one's place in a vector, in bytes: what varies, and what does not. */
  readonly offset: Code | undefined;
  readonly at: number;
  readonly count: number;
  /** The locals of an affine node's sums, one a group. */
  totals(affine: number): readonly number[];
}

/** Code that stores `sinks` for some groups; what they have in common is worked out once. */
export function elementwise(
  e: Emitter,
  own: CellPlan,
  { sinks, affines }: StagePlan,
  places: Places,
  { offset, at, count, totals }: Groups,
): Code {
  const { cell, states, stored } = own;
  const { nodes, states: variables } = cell.definition.plan;
  const known = new Map<number, Vectors>();
  const all = new Abreast(e, count);
  const groups = Array.from({ length: count }, (_, g) => at + g * groupBytes);
  const address = (place: Place) => (offset ? plus(baseOf(place), offset) : baseOf(place));
  const read = (place: Place, more = 0) =>
    groups.map(group => load(address(place), place.at + more + group));
  const write = (place: Place, more: number, values: Vectors) =>
    values.map((value, g) => store(address(place), place.at + more + groups[g], value));

  /** Activations of sums like the i-th, itself first: they can be worked out abreast. */
  const peersOf = (i: number) => {
    const isPeer = (k: number) => {
      const [one, other] = [nodes[i], nodes[k]];
      if (one.op !== 'apply' || other.op !== 'apply' || other.slot !== one.slot) return false;
      return affines.includes(other.of) && !known.has(k) && !isState(k);
    };
    const others = [...nodes.keys()].filter(k => k !== i && isPeer(k));
    return isPeer(i) ? [i, ...others].slice(0, Math.max(1, Math.floor(widest / count))) : [i];
  };
  const isState = (i: number) => variables.some(({ node }) => node === i);

  const value = (i: number): Vectors => {
    const seen = known.get(i);
    if (seen) return seen;
    const node = nodes[i];
    if (own.fixed.has(i)) return groups.map(group => fixedValue(e, own, i, offset, group));
    if (node.op === 'port') return read(portOf(own, places, node.name));
    if (node.op === 'state') {
      return read(places.now, states[variables.findIndex(({ name }) => name === node.name)]);
    }
    const scratch = stored.get(i);
    if (scratch !== undefined && !sinks.includes(i)) {
      if (node.dimension !== 'scalar') return read(places.scratch, scratch);
      return groups.map(() => loadSplat(baseOf(places.scratch), places.scratch.at + scratch));
    }
    const peers = peersOf(i);
    if (peers.length > 1) {
      const wide = new Abreast(e, peers.length * count, all.code);
      const sums = peers.flatMap(peer => operandsOf(nodes[peer]).flatMap(value));
      const results = [...wide.keep(combined(wide, own, i, () => sums))];
      for (const peer of peers) known.set(peer, results.splice(0, count));
      return value(i);
    }
    const isSum = node.op === 'affine';
    if (isSum && !isState(i)) return totals(i).map(get);
    const result = isSum
      ? totals(i).map(get)
      : node.op === 'reduce'
        ? groups.map(() => reduced(e, own, places, node))
        : combined(all, own, i, value);
    const local = all.keep(isState(i) ? flushed(all, result) : result);
    known.set(i, local);
    return local;
  };

  for (const i of sinks) {
    const values = value(i);
    for (const [k, { node }] of variables.entries()) {
      if (node === i) all.code.push(write(places.next, states[k], values));
    }
    const scratch = stored.get(i);
    if (scratch !== undefined) all.code.push(write(places.scratch, scratch, values));
    for (const { node, at: more } of own.outputs) {
      if (node === i) all.code.push(write(places.output, more, values));
    }
  }
  return all.code;
}

/** A vector that is there in full as one number, four times. */
function reduced(
  e: Emitter,
  own: CellPlan,
  places: Places,
  { by, of }: PlanNode & { op: 'reduce' },
): Code {
  const { sizes, definition } = own.cell;
  const size = sizes[definition.plan.nodes[of].dimension];
  const { at, ...place } = wholeVector(own, places, of);
  const reduction = definition.reductions?.[by] as Reduction;
  return reduction.code(e, { base: baseOf({ at, ...place }), at, size });
}

/** Where a port of a cell is. */
function portOf({ cell }: CellPlan, { inputs }: Places, name: string): Place {
  const ports = cell.definition.plan.inputs;
  return inputs[ports ? ports.findIndex(port => port.name === name) : 0];
}

/** Where a vector that is there in full is. */
export function wholeVector(own: CellPlan, places: Places, of: number): Place {
  const { nodes, states } = own.cell.definition.plan;
  const node = nodes[of];
  if (node.op === 'port') return portOf(own, places, node.name);
  if (node.op === 'state') {
    const k = states.findIndex(({ name }) => name === node.name);
    return { ...places.now, at: places.now.at + own.states[k] };
  }
  const { scratch } = places;
  const stored = own.stored.get(of);
  if (stored !== undefined) return { ...scratch, at: scratch.at + stored };
  const name = 'name' in node ? node.name : '';
  return { local: weights, at: own.prepared.get(of) ?? own.params.get(name) ?? 0, stride: 0 };
}

/** Zero where a number is too near to it; NaN stays. */
function flushed(e: Abreast, v: Vectors): Vectors {
  const x = e.keep(v);
  return andNot(x, less(abs(x), e.constant(smallest)));
}

/** A node's value from those of its operands. */
export function combined(
  e: Abreast,
  { cell }: CellPlan,
  i: number,
  value: (of: number) => Vectors,
): Vectors {
  const node = cell.definition.plan.nodes[i];
  if (node.op === 'add' || node.op === 'subtract' || node.op === 'multiply') {
    return abreast(f32x4[node.op])(value(node.left), value(node.right));
  }
  if (node.op !== 'apply') return [];
  const { name, alpha, beta, clipped } = cell.activations[node.slot];
  const bound = clipped ? cell.clip : undefined;
  const of = value(node.of);
  const bounded = bound === undefined ? of : least(most(of, e.constant(-bound)), e.constant(bound));
  return vectorActivations[name](e, bounded, alpha, beta);
}

/** A node that depends on parameters alone: read from where it is given or was prepared. */
export function fixedValue(
  e: Emitter,
  { cell, params, prepared }: CellPlan,
  i: number,
  offset: Code | undefined,
  at: number,
): Code {
  const node = cell.definition.plan.nodes[i];
  if (node.op === 'number') return e.constant(node.value);
  if (node.op === 'constant') return e.constant(cell.constants[node.name]);
  const from = prepared.get(i) ?? params.get('name' in node ? node.name : '') ?? 0;
  if (node.dimension === 'scalar') return loadSplat(e.weights, from);
  return load(offset ? plus(e.weights, offset) : e.weights, from + at);
}
