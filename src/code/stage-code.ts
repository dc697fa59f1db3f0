import { Abreast } from '../kernels/wasm/abreast.js';
import type { Code } from '../kernels/wasm/code.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { eachOffset } from '../kernels/wasm/loops.js';
import { product } from '../kernels/wasm/product.js';
import * as v128 from '../kernels/wasm/v128.js';
import type { CellPlan, StagePlan } from './cell-plans.js';
import {
  baseOf,
  combined,
  elementwise,
  fixedValue,
  type Places,
  wholeVector,
} from './elementwise.js';
import { groupBytes } from './layout.js';

/** Which part of a stage's work the code is to do. */
export interface Part {
  /** From the biases, or from the sums of the input's products. */
  readonly from: 'biases' | 'sums';
  /** To those sums, or to the end. */
  readonly to: 'sums' | 'end';
}

/** Composes the code for streams of which each is at some places. */
export type StreamsCode = (places: readonly Places[]) => Code;

/** Runs what `compose` makes for all streams, so many of them at a time where they are there. */
export type EachStream = (compose: StreamsCode, abreast: number) => Code;

/**
 * The code of one stage, a tile of rows at a time, and for each tile all streams, while its weights
 * are in the cache: products, then all that is elementwise.
 */
export function stageCode(
  e: Emitter,
  own: CellPlan,
  stage: StagePlan,
  part: Part,
  each: EachStream,
): Code {
  return tiled(e, stage.groups, stage.tile, tile =>
    each(places => tileCode(e, own, stage, places, part, tile), stage.abreast),
  );
}

/** Some groups of four rows. */
interface Tile {
  /** The first group's place in a vector, in bytes: what varies, and what does not. */
  readonly offset: Code | undefined;
  readonly at: number;
  readonly groups: number;
}

/** Again and again for tiles of groups, the last of which may have less. */
function tiled({ fn }: Emitter, groups: number, size: number, body: (tile: Tile) => Code): Code {
  const rest = groups % size;
  const end = (groups - rest) * groupBytes;
  const offset = fn.number();
  const tile = body({ offset: local.get(offset), at: 0, groups: size });
  const wholes = eachOffset(offset, size * groupBytes, end, tile);
  return [
    groups >= 2 * size ? wholes : body({ offset: undefined, at: 0, groups: size }),
    rest ? body({ offset: undefined, at: end, groups: rest }) : [],
  ];
}

function tileCode(
  e: Emitter,
  own: CellPlan,
  stage: StagePlan,
  streams: readonly Places[],
  part: Part,
  tile: Tile,
): Code {
  const { affines } = stage;
  const { offset, at, groups } = tile;
  const totals = streams.map(() =>
    affines.map(() => Array.from({ length: groups }, () => e.fn.vector())),
  );
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
    part.from === 'sums'
      ? eachTotal(totals[v], baseOf(sums), (total, address, more) =>
          local.set(total, v128.load(address, sums.at + stage.sums + more)),
        )
      : eachTotal(totals[v], e.weights, (total, address, more) =>
          local.set(total, v128.load(address, stage.biases + more)),
        ),
  );
  const ends = streams.map((places, v) =>
    part.to === 'sums'
      ? eachTotal(totals[v], baseOf(places.sums), (total, address, more) =>
          v128.store(address, places.sums.at + stage.sums + more, local.get(total)),
        )
      : e.fn.scope(() =>
          elementwise(e, own, stage, places, {
            ...{ offset, at, count: groups },
            totals: affine => totals[v][affines.indexOf(affine)],
          }),
        ),
  );
  return [begin, e.fn.scope(() => productsCode(e, own, stage, streams, part, tile, totals)), ends];
}

/** The products of a tile's rows, added to the totals `[stream][affine][group]`. */
function productsCode(
  e: Emitter,
  own: CellPlan,
  { args, weights, affines, split }: StagePlan,
  streams: readonly Places[],
  { from, to }: Part,
  { offset, at }: Tile,
  totals: readonly (readonly (readonly number[])[])[],
): Code {
  const { nodes } = own.cell.definition.plan;
  return args.map(({ of, maps }, k) => {
    const wanted = nodes[of].op === 'port' ? from === 'biases' : to === 'end';
    if (!wanted) return [];
    const { at: weightsAt, pitch, columns } = weights[k];
    const vectors = streams.map(places => wholeVector(own, places, of));
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

/** Code that works out, once, what depends on parameters alone. */
export function prepareCode(e: Emitter, own: CellPlan): Code {
  const { cell, prepared } = own;
  const { nodes } = cell.definition.plan;
  return [...prepared].map(([i, to]) => {
    const rows = cell.sizes[nodes[i].dimension];
    return tiled(e, Math.ceil(rows / 4), 1, ({ offset, at }) => {
      const value = (of: number) => [fixedValue(e, own, of, offset, at)];
      const address = offset ? i32.add(e.weights, offset) : e.weights;
      const one = new Abreast(e, 1);
      const [result] = combined(one, own, i, value);
      return [one.code, v128.store(address, to + at, result)];
    });
  });
}
