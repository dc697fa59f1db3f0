import { Abreast } from '../kernels/wasm/abreast.js';
import type { Code } from '../kernels/wasm/code.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { eachOffset } from '../kernels/wasm/loops.js';
import { product } from '../kernels/wasm/product.js';
import * as v128 from '../kernels/wasm/v128.js';
import type { CellPlan, StagePlan } from './cell-plans.js';
import { combined, elementwise, fixedValue, type Places, wholeVector } from './elementwise.js';
import { groupBytes } from './layout.js';
import { baseOf, plus } from './places.js';

/** The part of a stage's work that the code does. */
export interface Phase {
  /** It begins with the biases, or with the sums of the input's products. */
  readonly from: 'biases' | 'sums';
  /** It ends with those sums, or does all that is left. */
  readonly to: 'sums' | 'end';
}

/** Composes the code for some streams, each at its places. */
export type StreamsCode = (places: readonly Places[]) => Code;

/** Runs the composed code for all streams, `abreast` of them at a time while there are as many. */
export type EachStream = (compose: StreamsCode, abreast: number) => Code;

/**
 * The code of one stage, a tile of rows at a time, and for each tile all streams, while its weights
 * are in the cache: products, then all that is elementwise.
 */
export function stageCode(
  e: Emitter,
  cellPlan: CellPlan,
  stage: StagePlan,
  phase: Phase,
  each: EachStream,
): Code {
  return tiled(e, stage.groups, stage.tile, tile =>
    each(places => tileCode(e, cellPlan, stage, places, phase, tile), stage.abreast),
  );
}

/** Some groups of four rows. */
interface Tile {
  /** The first group's offset in a vector, in bytes: a part that varies, and a constant one. */
  readonly offset: Code | undefined;
  readonly at: number;
  readonly groups: number;
}

/** Runs the body for each tile of groups; the last one may have fewer. */
function tiled({ fn }: Emitter, groups: number, size: number, body: (tile: Tile) => Code): Code {
  const rest = groups % size;
  const end = (groups - rest) * groupBytes;
  const offset = fn.number();
  const tile = body({ offset: local.get(offset), at: 0, groups: size });
  const tiles = eachOffset(offset, size * groupBytes, end, tile);
  return [
    groups >= 2 * size ? tiles : body({ offset: undefined, at: 0, groups: size }),
    rest ? body({ offset: undefined, at: end, groups: rest }) : [],
  ];
}

function tileCode(
  e: Emitter,
  cellPlan: CellPlan,
  stage: StagePlan,
  streams: readonly Places[],
  phase: Phase,
  tile: Tile,
): Code {
  const { affines } = stage;
  const { offset, at, groups } = tile;
  const totals = streams.map(() => affines.map(() => e.fn.vectors(groups)));
  /** Each total, with its address behind `base` among sums or biases. */
  const eachTotal = (
    rows: readonly (readonly number[])[],
    base: Code,
    codeOf: (total: number, address: Code, at: number) => Code,
  ) => {
    const address = offset ? i32.add(base, i32.mul(offset, i32.const(affines.length))) : base;
    const first = at * affines.length;
    return rows.map((row, a) =>
      row.map((total, g) => codeOf(total, address, first + (g * affines.length + a) * groupBytes)),
    );
  };
  const begin = streams.map(({ sums }, v) =>
    phase.from === 'sums'
      ? eachTotal(totals[v], baseOf(sums), (total, address, more) =>
          local.set(total, v128.load(address, sums.at + stage.sums + more)),
        )
      : eachTotal(totals[v], e.weights, (total, address, more) =>
          local.set(total, v128.load(address, stage.biases + more)),
        ),
  );
  const ends = streams.map((places, v) =>
    phase.to === 'sums'
      ? eachTotal(totals[v], baseOf(places.sums), (total, address, more) =>
          v128.store(address, places.sums.at + stage.sums + more, local.get(total)),
        )
      : e.fn.scope(() =>
          elementwise(e, cellPlan, stage, places, {
            ...{ offset, at, count: groups },
            totals: affine => totals[v][affines.indexOf(affine)],
          }),
        ),
  );
  return [
    begin,
    e.fn.scope(() => productsCode(e, cellPlan, stage, streams, phase, tile, totals)),
    ends,
  ];
}

/** The products of a tile's rows, added to the totals `[stream][affine][group]`. */
function productsCode(
  e: Emitter,
  cellPlan: CellPlan,
  { args, weights, affines, split }: StagePlan,
  streams: readonly Places[],
  { from, to }: Phase,
  { offset, at }: Tile,
  totals: readonly (readonly (readonly number[])[])[],
): Code {
  const { nodes } = cellPlan.cell.definition.plan;
  return args.map(({ of, maps }, k) => {
    const wanted = nodes[of].op === 'port' ? from === 'biases' : to === 'end';
    if (!wanted) return [];
    const { at: weightsAt, pitch, columns } = weights[k];
    const vectors = streams.map(places => wholeVector(cellPlan, places, of));
    return product(e, {
      weights: offset
        ? i32.add(e.weights, i32.mul(offset, i32.const(pitch / groupBytes)))
        : e.weights,
      weightsAt: weightsAt + (at / groupBytes) * pitch,
      pitch,
      vectors: baseOf(vectors[0]),
      vectorsAt: vectors.map(vector => vector.at),
      columns,
      split,
      totals: totals.map(rows => maps.map(({ affine }) => rows[affines.indexOf(affine)])),
    });
  });
}

/** Code that computes, once, the nodes that depend on parameters alone. */
export function prepareCode(e: Emitter, cellPlan: CellPlan): Code {
  const { cell, prepared } = cellPlan;
  const { nodes } = cell.definition.plan;
  return [...prepared].map(([i, to]) => {
    const rows = cell.sizes[nodes[i].dimension];
    return tiled(e, Math.ceil(rows / 4), 1, ({ offset, at }) => {
      const value = (of: number) => [fixedValue(e, cellPlan, of, offset, at)];
      const address = plus(e.weights, offset);
      const one = new Abreast(e, 1);
      const [result] = combined(one, cellPlan, i, value);
      return [one.code, v128.store(address, to + at, result)];
    });
  });
}
