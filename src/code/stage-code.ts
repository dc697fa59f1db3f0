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
 * The code of one stage, a block of rows at a time, and for each block all streams, while its
 * weights are in the cache: products, a tile of rows at a time, then all that is elementwise.
 */
export function stageCode(
  e: Emitter,
  cellPlan: CellPlan,
  stage: StagePlan,
  phase: Phase,
  each: EachStream,
): Code {
  return blocks(e, stage.groups, stage.block, block =>
    each(places => blockCode(e, cellPlan, stage, places, phase, block), stage.abreast),
  );
}

/** Some groups of four rows. */
interface Block {
  /** The first group's offset in a vector, in bytes: a part that varies, and a constant one. */
  readonly offset?: Code;
  readonly at: number;
  readonly groups: number;
}

/** Runs the body for each block of groups; the last one may have fewer. */
function blocks({ fn }: Emitter, groups: number, size: number, body: (block: Block) => Code): Code {
  const rest = groups % size;
  const end = (groups - rest) * groupBytes;
  const offset = fn.number();
  const block = { at: 0, groups: size };
  return [
    groups >= 2 * size
      ? eachOffset(offset, size * groupBytes, end, body({ ...block, offset: local.get(offset) }))
      : body(block),
    rest ? body({ at: end, groups: rest }) : [],
  ];
}

function blockCode(
  e: Emitter,
  cellPlan: CellPlan,
  stage: StagePlan,
  streams: readonly Places[],
  phase: Phase,
  block: Block,
): Code {
  const { affines } = stage;
  const { offset, at, groups } = block;
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
  const begin: Code[] = streams.map(({ sums }, v) =>
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
  for (let first = 0; first < groups; first += stage.tile) {
    begin.push(
      e.fn.scope(() => productsCode(e, cellPlan, stage, streams, phase, block, totals, first)),
    );
  }
  return [begin, ends];
}

/** The products of a tile's rows in a block, added to the totals `[stream][affine][group]`. */
function productsCode(
  e: Emitter,
  cellPlan: CellPlan,
  { args, weights, affines, split, tile }: StagePlan,
  streams: readonly Places[],
  { from, to }: Phase,
  { offset, at }: Block,
  totals: readonly (readonly (readonly number[])[])[],
  first: number,
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
      weightsAt: weightsAt + (at / groupBytes + first) * pitch,
      pitch,
      vectors: baseOf(vectors[0]),
      vectorsAt: vectors.map(vector => vector.at),
      columns,
      split,
      totals: totals.map(rows =>
        maps.map(({ affine }) => rows[affines.indexOf(affine)].slice(first, first + tile)),
      ),
    });
  });
}

/** Code that computes, once, the nodes that depend on parameters alone. */
export function prepareCode(e: Emitter, cellPlan: CellPlan): Code {
  const { cell, prepared } = cellPlan;
  const { nodes } = cell.definition.plan;
  return [...prepared].map(([i, to]) => {
    const rows = cell.sizes[nodes[i].dimension];
    return blocks(e, Math.ceil(rows / 4), 1, ({ offset, at }) => {
      const value = (of: number) => [fixedValue(e, cellPlan, of, offset, at)];
      const address = plus(e.weights, offset);
      const one = new Abreast(e, 1);
      const [result] = combined(one, cellPlan, i, value);
      return [one.code, v128.store(address, to + at, result)];
    });
  });
}
