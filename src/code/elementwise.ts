import type { PlanNode } from '../graph/plan.js';
import type { Reduction } from '../graph/reductions.js';
import { operandsOf } from '../graph/schedule.js';
import { Abreast, abreast, type Vectors } from '../kernels/wasm/abreast.js';
import { vectorActivations } from '../kernels/wasm/activations.js';
import type { Code } from '../kernels/wasm/code.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as f32x4 from '../kernels/wasm/f32x4.js';
import * as local from '../kernels/wasm/local.js';
import * as v128 from '../kernels/wasm/v128.js';
import type { CellPlan, StagePlan } from './cell-plans.js';
import { groupBytes } from './layout.js';
import { baseOf, behind, type Place, plus, weights } from './places.js';

const [abs, andnot, lt, pmax, pmin, add, subtract, multiply] = [
  ...[f32x4.abs, v128.andnot, f32x4.lt, f32x4.pmax, f32x4.pmin, f32x4.add, f32x4.sub, f32x4.mul],
].map(abreast);
/** Operators of texts. */
const binary = { add, subtract, multiply };

/** Vectors that activations compute abreast at the most: as many as registers hold. */
const widest = 4;

/** A state nearer to zero becomes zero: hardware is slow with the subnormal numbers to follow. */
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

/** Groups of four rows. */
interface Groups {
  /** The first one's offset in a vector, in bytes: a part that varies, and a constant one. */
  readonly offset: Code | undefined;
  readonly at: number;
  readonly count: number;
  /** The locals of an affine node's sums, one a group. */
  totals(affine: number): readonly number[];
}

/** Code that stores `sinks` for some groups; nodes that they share are computed once. */
export function elementwise(
  e: Emitter,
  cellPlan: CellPlan,
  { sinks, affines }: StagePlan,
  places: Places,
  { offset, at, count, totals }: Groups,
): Code {
  const { nodes, states: variables } = cellPlan.cell.definition.plan;
  const known = new Map<number, Vectors>();
  const all = new Abreast(e, count);
  const groups = Array.from({ length: count }, (_, g) => at + g * groupBytes);
  const isState = (i: number) => variables.some(({ node }) => node === i);
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

  const value = (i: number): Vectors => {
    const seen =
      known.get(i) ?? valueThere(e, cellPlan, i, places, groups, offset, sinks.includes(i));
    if (seen) return seen;
    const node = nodes[i];
    const peers = peersOf(i);
    if (peers.length > 1) {
      const wide = new Abreast(e, peers.length * count, all.code);
      const sums = peers.flatMap(peer => operandsOf(nodes[peer]).flatMap(value));
      const results = [...wide.keep(combined(wide, cellPlan, i, () => sums))];
      for (const peer of peers) known.set(peer, results.splice(0, count));
      return value(i);
    }
    const sums = node.op === 'affine' && totals(i).map(local.get);
    if (sums && !isState(i)) return sums;
    const reduction = node.op === 'reduce' && groups.map(() => reduced(e, cellPlan, places, node));
    const result = sums || reduction || combined(all, cellPlan, i, value);
    known.set(i, all.keep(isState(i) ? flushed(all, result) : result));
    return value(i);
  };

  for (const i of sinks) {
    const values = value(i);
    const write = ({ at: from, ...place }: Place, more: number) =>
      values.map((v, g) => v128.store(plus(baseOf(place), offset), from + more + groups[g], v));
    all.code.push(placesOf(cellPlan, i, places).map(([place, more]) => write(place, more)));
  }
  return all.code;
}

/** Where a node's value is to go: places, and offsets there. */
function placesOf(
  { cell, states, stored, outputs }: CellPlan,
  i: number,
  { next, scratch, output }: Places,
): (readonly [Place, number])[] {
  const { states: variables } = cell.definition.plan;
  const at = stored.get(i);
  return [
    ...variables.flatMap(({ node }, k) => (node === i ? [[next, states[k]] as const] : [])),
    ...(at === undefined ? [] : [[scratch, at] as const]),
    ...outputs.flatMap(answer => (answer.node === i ? [[output, answer.at] as const] : [])),
  ];
}

/** A node's value for some groups, if it is in memory before the stage, which stores its sinks. */
function valueThere(
  e: Emitter,
  cellPlan: CellPlan,
  i: number,
  places: Places,
  groups: readonly number[],
  offset: Code | undefined,
  isSink: boolean,
): Vectors | undefined {
  const { nodes, states } = cellPlan.cell.definition.plan;
  const node = nodes[i];
  const read = (place: Place, more = 0) =>
    groups.map(group => v128.load(plus(baseOf(place), offset), place.at + more + group));
  if (cellPlan.fixed.has(i)) return groups.map(group => fixedValue(e, cellPlan, i, offset, group));
  if (node.op === 'port') return read(portOf(cellPlan, places, node.name));
  if (node.op === 'state') {
    return read(places.now, cellPlan.states[states.findIndex(({ name }) => name === node.name)]);
  }
  const { scratch } = places;
  const at = cellPlan.stored.get(i);
  if (at === undefined || isSink) return undefined;
  if (node.dimension !== 'scalar') return read(scratch, at);
  return groups.map(() => v128.load32Splat(baseOf(scratch), scratch.at + at));
}

/** A vector that is there in full as one number, four times. */
function reduced(
  e: Emitter,
  cellPlan: CellPlan,
  places: Places,
  { by, of }: PlanNode & { op: 'reduce' },
): Code {
  const { sizes, definition } = cellPlan.cell;
  const size = sizes[definition.plan.nodes[of].dimension];
  const { at, ...place } = wholeVector(cellPlan, places, of);
  const reduction = definition.reductions?.[by] as Reduction;
  return reduction.code(e, { base: baseOf(place), at, size });
}

/** Where a port of a cell is. */
function portOf({ cell }: CellPlan, { inputs }: Places, name: string): Place {
  const ports = cell.definition.plan.inputs;
  return inputs[ports ? ports.findIndex(port => port.name === name) : 0];
}

/** Where a vector that is there in full is. */
export function wholeVector(cellPlan: CellPlan, places: Places, of: number): Place {
  const { nodes, states } = cellPlan.cell.definition.plan;
  const node = nodes[of];
  if (node.op === 'port') return portOf(cellPlan, places, node.name);
  if (node.op === 'state') {
    const k = states.findIndex(({ name }) => name === node.name);
    return behind(places.now, cellPlan.states[k]);
  }
  const { scratch } = places;
  const stored = cellPlan.stored.get(of);
  if (stored !== undefined) return behind(scratch, stored);
  const name = 'name' in node ? node.name : '';
  return {
    local: weights,
    at: cellPlan.prepared.get(of) ?? cellPlan.params.get(name) ?? 0,
    stride: 0,
  };
}

/** Zero where a number is too near to it; NaN stays. */
function flushed(e: Abreast, v: Vectors): Vectors {
  const x = e.keep(v);
  return andnot(x, lt(abs(x), e.constant(smallest)));
}

/** A node's value from those of its operands. */
export function combined(
  e: Abreast,
  { cell }: CellPlan,
  i: number,
  value: (of: number) => Vectors,
): Vectors {
  const node = cell.definition.plan.nodes[i];
  if ('left' in node) return binary[node.op](value(node.left), value(node.right));
  if (node.op !== 'apply') return [];
  const { name, alpha, beta, clipped } = cell.activations[node.slot];
  const bound = clipped ? cell.clip : undefined;
  const of = value(node.of);
  const bounded = bound === undefined ? of : pmin(pmax(of, e.constant(-bound)), e.constant(bound));
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
  if (node.dimension === 'scalar') return v128.load32Splat(e.weights, from);
  return v128.load(plus(e.weights, offset), from + at);
}
