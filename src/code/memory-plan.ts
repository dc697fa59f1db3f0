import { columnsOf, dimensionOf } from '../graph/parameters.js';
import type { Stage } from '../graph/plan.js';
import { operandsOf } from '../graph/schedule.js';
import type { EquationSpec } from '../graph/spec.js';
import { roomFor } from './engine.js';
import { type Place, scratch as scratchLocal } from './places.js';
import { isEquations, modelInput, outputSize, stateSizes, type Unit } from './units.js';

/** Bytes of four floats: rows are worked out in groups of four. */
export const groupBytes = 16;
const lineBytes = 64;

/** The bytes that so many floats take, in whole groups. */
export const bytesOf = (floats: number) => Math.ceil(floats / 4) * groupBytes;

/** An argument's weights: `[group][column][map]`, four rows each. */
export interface Weights {
  readonly at: number;
  readonly columns: number;
  /** Bytes from one group to the next. */
  readonly pitch: number;
}

/** A stage, and where its numbers are. */
export interface StagePlan extends Stage {
  readonly rows: number;
  /** Groups of four rows. */
  readonly groups: number;
  /** Groups that are worked out together. */
  readonly tile: number;
  /** See `Product`. */
  readonly split: number;
  /** One for each of `args`. */
  readonly weights: readonly Weights[];
  /** `[group][affine]`, four rows each. */
  readonly biases: number;
  /** Offset in `LayerPlan.sums`, laid out like the biases. */
  readonly sums: number;
}

/** A layer, and where its numbers are; addresses in bytes. */
export interface LayerPlan {
  readonly spec: EquationSpec;
  readonly fixed: ReadonlySet<number>;
  readonly stages: readonly StagePlan[];
  /** Learned vectors and scalars by name. */
  readonly params: ReadonlyMap<string, number>;
  /** Nodes that are worked out once. */
  readonly prepared: ReadonlyMap<number, number>;
  /** Nodes that one stage stores for another: offsets in `scratch`. */
  readonly stored: ReadonlyMap<number, number>;
  /** Offset of each state in a stream's block. */
  readonly states: readonly number[];
  readonly input: Place;
  readonly output: Place;
  readonly scratch: Place;
  /** What the products of inputs add up to, for each step of a sequence. */
  readonly sums: Place;
}

/** A unit, and where its numbers are. */
export interface UnitPlan {
  readonly unit: Unit;
  /** What it reads. */
  readonly inputs: readonly Place[];
  readonly output: Place;
  /** Offset of each state in a stream's block. */
  readonly states: readonly number[];
  /** Where a unit of equations has the rest. */
  readonly layer?: LayerPlan;
  /** The rows of a table to look up in. */
  readonly table: number;
}

/** Where everything is: behind the weights' address, behind that of scratch, and in a stream's block. */
export interface MemoryPlan {
  readonly units: readonly UnitPlan[];
  readonly input: Place;
  /** Vectors that each `Place` has room for. */
  readonly room: number;
  /** Bytes of one stream's block of states. */
  readonly block: number;
  /** Bytes of the weights, with the constants in front, and of what a call writes in between. */
  readonly weights: number;
  readonly scratch: number;
}

/** What takes memory, from the beginning on. */
interface Layout {
  take(bytes: number): number;
  places(floats: number): Place;
}

/**
 * Lays out the memory of units that are stepped one after another. So many sums of products are
 * kept in registers at a time; numbers depend on it only through `split`.
 */
export function memoryPlan(units: readonly Unit[], accumulators: number): MemoryPlan {
  // Constants, four times each: two a node at the most (alpha, beta), two of a clip, the common ones.
  const constantsOf = ({ spec }: Unit) =>
    isEquations(spec) ? 2 * spec.definition.plan.nodes.length + 2 : 0;
  const constants = units.reduce((n, unit) => n + constantsOf(unit), 50) * groupBytes;
  const [take, takeScratch] = [constants, 0].map(start => {
    let end = start;
    return (bytes: number) => {
      const at = Math.ceil(end / lineBytes) * lineBytes;
      end = at + bytes;
      return at;
    };
  });
  let block = 0;
  const room = roomFor(units);
  const places = (floats: number): Place => {
    const stride = bytesOf(floats);
    return { local: scratchLocal, at: takeScratch(stride * room), stride };
  };
  const input = places(modelInput(units));
  const plans: UnitPlan[] = [];
  for (const unit of units) {
    const { spec, from } = unit;
    const inputs = from.map(u => plans[u]?.output ?? input);
    const states = stateSizes(spec).map(size => (block += bytesOf(size)) - bytesOf(size));
    const layer = isEquations(spec)
      ? layerPlan(spec, inputs[0], states, accumulators, { take, places })
      : undefined;
    const table = isEquations(spec) || !spec.rows ? 0 : take(spec.rows * bytesOf(spec.size));
    const output = layer?.output ?? places(outputSize(spec));
    plans.push({ unit, inputs, output, states, table, ...(layer && { layer }) });
  }
  // Without states too, blocks are at different places.
  return {
    ...{ units: plans, input, room, block: Math.max(block, groupBytes) },
    weights: take(0),
    scratch: takeScratch(0),
  };
}

/** Lays out a layer of equations. */
function layerPlan(
  spec: EquationSpec,
  input: Place,
  states: readonly number[],
  accumulators: number,
  { take, places }: Layout,
): LayerPlan {
  const { sizes } = spec;
  const { plan } = spec.definition;
  const { fixed, stages, stored } = plan.schedule;
  const sizeOf = (i: number) => sizes[plan.nodes[i].dimension];
  let scratch = 0;
  const offsets = stored.map(i => (scratch += bytesOf(sizeOf(i))) - bytesOf(sizeOf(i)));
  let sums = 0;
  const stagePlans = stages.map((stage): StagePlan => {
    const rows = sizes[stage.dimension];
    const groups = Math.ceil(rows / 4);
    const widest = Math.max(1, ...stage.args.map(({ maps }) => maps.length));
    const most = Math.max(1, Math.floor(accumulators / widest));
    // Tiles of one size, or nearly so.
    const tile = Math.ceil(groups / Math.ceil(groups / most));
    const split = 2 ** Math.floor(Math.log2(Math.max(1, accumulators / (widest * tile))));
    const weights = stage.args.map(({ maps }): Weights => {
      const columns = sizes[columnsOf(plan, maps[0].matrix)];
      // Not a power of two, whose multiples would share a few lines of the cache.
      const pitch = (columns * maps.length + 4) * groupBytes;
      return { at: take(groups * pitch), columns, pitch };
    });
    const size = groups * stage.affines.length * groupBytes;
    sums += size;
    return {
      ...stage,
      rows,
      groups,
      tile,
      split,
      weights,
      biases: take(size),
      sums: sums - size,
    };
  });
  const learned = [...plan.vectors, ...plan.scalars].map((name): [string, number] => [
    name,
    take(bytesOf(sizes[dimensionOf(plan, name)])),
  ]);
  const prepared = fixed.filter(i => operandsOf(plan.nodes[i]).length);
  return {
    spec,
    fixed: new Set(fixed),
    stages: stagePlans,
    params: new Map(learned),
    prepared: new Map(prepared.map(i => [i, take(bytesOf(sizeOf(i)))])),
    stored: new Map(stored.map((i, k) => [i, offsets[k]])),
    states,
    input,
    output: places(sizeOf(plan.output)),
    scratch: places(scratch / 4),
    sums: places(plan.states.length ? sums / 4 : 0),
  };
}
