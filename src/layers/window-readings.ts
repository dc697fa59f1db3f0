import { type AnyCell, internals, type LayerSpec } from '../streams/cell.js';
import type { Flow, Frames } from '../streams/flow.js';
import { made } from '../streams/function-cell.js';
import type { LayerReading } from '../streams/layer-reading.js';
import { statesFor } from '../streams/state.js';
import { joins } from './combine.js';
import { reversed } from './sequence-layers.js';
import { wholeRun } from './whole-run.js';

/** The readings of one step from a state: `readingsOf`. */
type ReadStep = (cell: AnyCell, state: unknown, x: unknown) => readonly LayerReading[];

/** How a sequence is read, and where its readings go. */
interface Reader {
  readonly readStep: ReadStep;
  readonly readings: LayerReading[];
}

/**
 * Readings of the layers in a window: of each, the last step that it takes there. Its columns are
 * windows `[steps · in]` of several streams, or of one.
 */
export function windowReadings(
  { members: [cell], settings }: LayerSpec,
  columns: readonly Float64Array[],
  readStep: ReadStep,
): readonly LayerReading[] {
  const count = settings.steps as number;
  const { inputSize: size = 1 } = cell;
  const lists = columns.map(column => {
    const readings: LayerReading[] = [];
    readLast(
      cell,
      undefined,
      { data: Float32Array.from(column), count, size },
      { readStep, readings },
    );
    return readings;
  });
  return lists[0].map((_, k) => sideBySide(lists.map(readings => readings[k])));
}

/** Reads the last step of a sequence in each layer of a cell, and answers the cell's outputs. */
function readLast(cell: AnyCell, state: unknown, steps: Frames, reader: Reader): Frames {
  const { spec, why, initialState, start } = cell[internals];
  const begin = state ?? made(initialState);
  if (steps.count && why && 'through' in spec && spec.through) {
    const { kind, members, through } = spec;
    const own = statesFor(kind.name, members, begin);
    const flow: Flow<Frames> = {
      member: (i, value) => readLast(members[i], own(i), value, reader),
      joined: (by, outputs, where) => joins.frames(where, by, outputs),
      reversed,
    };
    return through(flow, steps);
  }
  if (steps.count && why && 'members' in spec && spec.members.length) {
    return readLast(spec.members[0], begin, steps, reader);
  }
  if (steps.count && !why && spec.kind !== 'function') {
    reader.readings.push(...lastStep(cell, begin, steps, reader.readStep));
  }
  const machine = start(begin);
  try {
    return wholeRun(machine, steps, cell.outputSize);
  } finally {
    machine.release();
  }
}

/** The readings of a sequence's last step: the steps before it lead to its state. */
function lastStep(
  cell: AnyCell,
  state: unknown,
  { data, count, size }: Frames,
  readStep: ReadStep,
): readonly LayerReading[] {
  const machine = cell[internals].start(state);
  const stepAt = (t: number) => data.subarray(t * size, (t + 1) * size);
  try {
    for (let t = 0; t < count - 1; t++) {
      machine.step(stepAt(t));
      machine.commit();
    }
    return readStep(cell, machine.state(), stepAt(count - 1));
  } finally {
    machine.release();
  }
}

/** Readings of one layer in several streams as one. */
function sideBySide(readings: readonly LayerReading[]): LayerReading {
  const [{ layer, values, norms }] = readings;
  const joined = <T>(names: object, of: (reading: LayerReading, name: string) => readonly T[]) =>
    Object.fromEntries(
      Object.keys(names).map(name => [name, readings.flatMap(reading => of(reading, name))]),
    );
  return {
    layer,
    values: joined(values, (reading, name) => reading.values[name]),
    norms: joined(norms, (reading, name) => reading.norms[name]),
  };
}
