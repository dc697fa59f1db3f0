import { isNdArray } from '../arrays/ndarray.js';
import { ModelBuilder } from '../code/model.js';
import { loop, sequence, whole } from '../code/sequences.js';
import { mismatch } from '../errors.js';
import type { BirthOptions } from '../streams/any-machine.js';
import {
  type AnyCell,
  type Cell,
  internals,
  type Kind,
  type Runs,
  type StateOf,
} from '../streams/cell.js';
import { columnsOf } from '../streams/inputs.js';
import type { Member, WithCell } from '../streams/members.js';
import { layerText, memberCell } from '../streams/model.js';
import { joins } from './combine.js';
import { inMember, modelIn, shapesOf } from './compose.js';
import { integer, layerCell } from './layer-cell.js';
import { machineOf } from './machine-of.js';
import type { CellOf } from './taps.js';

/** The state of one layer that runs over rows: a tuple with one entry a row. */
export type EachCell<M> = Cell<readonly StateOf<CellOf<M>>[], number, number>;

export const eachKind: Kind = {
  name: 'each',
  settings: ['count'],
  members: [1, 1],
  rows: true,
  make: ({ count }: { count: number }, [layer]) => eachCell(count, layer),
};

/**
 * One layer over `count` rows of a vector, which share its parameters and have a state each: a
 * vector `[count · in]` becomes one of `[count · out]`, row after row. The state is a tuple of
 * `count` states. It is how a network runs over the bands of a spectrum, or over sensors that are
 * alike.
 *
 * Throws a RecurError for a layer that reads sequences as wholes, and for one with configuration.
 *
 * @example
 * const sum = defineCell('Sum', "h' = h + W x")(1, 1, { params: { weightIh: [1] } });
 * const m = stateful(eachCell(3, sum));
 * m([1, 2, 3]); // → Float32Array(3) [ 1, 2, 3 ]
 * m([1, 2, 3]); // → Float32Array(3) [ 2, 4, 6 ]
 */
export function eachCell<M extends AnyCell | WithCell>(count: number, layer: M): EachCell<M> {
  integer('each.count', count, 1, 2 ** 16);
  const cell = memberCell('each', layer as Member, 0);
  const { inputSize, outputSize } = cell;
  if (cell[internals].why) {
    throw mismatch('each', 'a layer that takes vectors one by one', layerText(cell));
  }
  if (inputSize === undefined || outputSize === undefined) {
    const hint = 'a plain function has none: let it stand between layers';
    throw mismatch('each', 'a layer of known input and output sizes', layerText(cell), hint);
  }
  const size = integer('each', count * inputSize, 1);
  return layerCell(
    {
      kind: eachKind,
      text: layer => `Each(${count}, ${layer})`,
      settings: { count },
      members: [cell],
      inputSize: size,
      outputSize: count * outputSize,
      hiddenSize: count * cell.hiddenSize,
    },
    runsOf(cell, count, inputSize, outputSize),
  );
}

function runsOf(cell: AnyCell, count: number, inputSize: number, outputSize: number): Runs {
  const [shape] = shapesOf([cell]) ?? [];
  if (!shape) return { start: startEach(cell, count) };
  const rows = new ModelBuilder(inputSize);
  const turn = { op: 'loop', each: true, body: rows.body(modelIn(cell), 'each[0].') } as const;
  const one = rows.add({ ...turn, of: [0], size: outputSize, where: 'each' }, loop);
  const builder = new ModelBuilder(count * inputSize);
  const body = builder.body(rows.model(one, whole), '');
  const node = { op: 'sequence', steps: count, body, of: [0], size: count * outputSize } as const;
  const model = builder.model(builder.add({ ...node, where: 'each' }, sequence));
  return { model, shape: { kind: 'each', members: Array(count).fill(shape) } };
}

/** Starts a machine for each row, where users' functions are. */
function startEach(cell: AnyCell, count: number) {
  const rows = Array<AnyCell>(count).fill(cell);
  const size = cell.inputSize as number;
  return (state?: unknown, options: BirthOptions = {}) =>
    machineOf('each', rows, state, options, (machines, x) => {
      columnsOf('each', x, isNdArray(x) ? x : undefined, count * size);
      const ys = machines.map((machine, i) =>
        inMember('each', i, () => machine.step(rowOf(x, i, size))),
      );
      return joins.values('each', 'concat', ys);
    });
}

/** The i-th part of a vector, or of a batch, of so many features. */
export function rowOf(x: unknown, i: number, size: number): unknown {
  if (!isNdArray(x))
    return [].slice.call(typeof x === 'number' ? [x] : x, i * size, (i + 1) * size);
  const { data, shape, stride, offset } = x;
  return { data, stride, shape: [size, ...shape.slice(1)], offset: offset + i * size * stride[0] };
}
