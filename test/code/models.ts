import type { CellPlan, Layout } from '../../src/code/layout.js';
import { type Model, ModelBuilder } from '../../src/code/model.js';
import { type AnyCell, internals } from '../../src/streams/cell.js';

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
