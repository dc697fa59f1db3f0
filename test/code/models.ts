import type { CellPlan } from '../../src/code/cell-plans.js';
import { type Model, ModelBuilder } from '../../src/code/model.js';
import type { Layout, Operator } from '../../src/code/plans.js';
import { pool } from '../../src/code/pool.js';
import { repeat } from '../../src/code/repeat.js';
import { combine, move, row } from '../../src/code/rows.js';
import { loop, sequence, whole } from '../../src/code/sequences.js';
import { stop } from '../../src/code/stop.js';
import { unfold } from '../../src/code/unfold.js';
import type { Node } from '../../src/graph/graph.js';
import { type AnyCell, internals } from '../../src/streams/cell.js';

const operators: Readonly<Record<string, Operator>> = {
  ...{ add: combine, multiply: combine, move, row },
  ...{ unfold, pool, repeat, sequence, loop, stop },
};

/** Composes a model of any nodes: it knows the operators of all. */
export class AnyModelBuilder extends ModelBuilder {
  override add(node: Node, operator = operators[node.op]): number {
    return super.add(node, operator);
  }

  /** The model, as one of sequences. */
  ofSequences(output: number): Model {
    return this.model(output, whole);
  }
}

/** A cell as a model. */
export function modelOf(cell: AnyCell): Model {
  const { engines } = cell[internals];
  if (!engines) throw new TypeError(`${cell} is no one program`);
  return engines.model;
}

/** Cells in a row, each fed with the output before it, as one model. */
export function inRow(cells: readonly AnyCell[]): Model {
  const builder = new ModelBuilder(cells[0].inputSize as number);
  const add = (at: number, cell: AnyCell, i: number) =>
    builder.inline(modelOf(cell), [at], `chain[${i}].`);
  return builder.model(cells.reduce(add, 0));
}

/** The cells of a layout, in order. */
export function cellsOf({ all }: Layout): CellPlan[] {
  return all.flatMap(({ cell }) => cell ?? []);
}
