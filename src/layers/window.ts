import { isNdArray, sliceAt, wrap } from '../arrays/ndarray.js';
import { ModelBuilder } from '../code/model.js';
import { lifted, sequence } from '../code/sequences.js';
import { mismatch } from '../errors.js';
import type { BirthOptions, Machine } from '../streams/any-machine.js';
import { type AnyCell, type Cell, internals, type Kind, type Runs } from '../streams/cell.js';
import { columnsOf, readVector } from '../streams/inputs.js';
import type { WithCell } from '../streams/members.js';
import { layerText, memberCell } from '../streams/model.js';
import { stateless } from '../streams/stateless.js';
import { shapesOf } from './compose.js';
import { integer, layerCell } from './layer-cell.js';
import { stepsAfter } from './sequence-layers.js';
import { wholeRun } from './whole-run.js';

export const windowKind: Kind = {
  name: 'window',
  settings: ['steps'],
  members: [1, 1],
  make: ({ steps }: { steps: number }, [layer]) => windowCell(steps, layer),
};

/**
 * A layer that is fed whole windows: a datum is `steps` steps one after another, a vector
 * `[steps · in]`, and so is the output. Inside, each window is a sequence of its own that begins at
 * the initial state, so layers that read sequences as wholes (`bidirectional`, `conv1d`, pooling)
 * can take part in a stream of windows; `frame` makes such of a signal.
 *
 * Throws a RecurError for a layer that makes no outputs of so many steps.
 *
 * @example
 * const m = stateful(windowCell(3, maxPool1dCell(1, 3)));
 * m([1, 5, 2]); // → Float32Array(1) [ 5 ]
 */
export function windowCell(
  steps: number,
  layer: AnyCell | WithCell,
): Cell<undefined, number, number> {
  integer('window.steps', steps, 1, 2 ** 20);
  const cell = memberCell('window', layer, 0);
  const { inputSize } = cell;
  if (inputSize === undefined) throw mismatch('window', 'a layer of vectors', layerText(cell));
  const size = integer('window', steps * inputSize, 1);
  if (cell.outputSize === undefined) {
    const hint = 'a plain function has none: let a layer follow it';
    throw mismatch('window', 'a layer of a known output size', layerText(cell), hint);
  }
  const outputSize = stepsAfter(cell, steps) * cell.outputSize;
  if (outputSize === 0) {
    throw mismatch('window', `a layer with outputs for ${steps} steps`, layerText(cell));
  }
  return layerCell(
    {
      kind: windowKind,
      text: layer => `Window(${steps}, ${layer})`,
      settings: { steps },
      members: [cell],
      inputSize: size,
      outputSize,
      hiddenSize: 0,
    },
    runsOf(cell, steps, inputSize, outputSize),
  );
}

function runsOf(cell: AnyCell, steps: number, inputSize: number, outputSize: number): Runs {
  const { engines } = cell[internals];
  if (!engines || !shapesOf([cell])) {
    return { start: startWindow(cell, steps, inputSize, outputSize) };
  }
  const builder = new ModelBuilder(steps * inputSize);
  const body = builder.body(lifted(engines.model), 'window[0].');
  const node = { op: 'sequence', steps, body, of: [0], size: outputSize, where: 'window' } as const;
  const model = builder.model(builder.add(node, sequence));
  return { model, shape: { layer: 'window', variables: [] } };
}

/** Starts a window of a layer in which users' functions are. */
function startWindow(cell: AnyCell, steps: number, inputSize: number, outputSize: number) {
  const size = steps * inputSize;
  return (_state?: unknown, options?: BirthOptions): Machine => {
    const machine = cell[internals].start(undefined, { backend: options?.backend });
    const one = (x: unknown) => {
      const data = new Float32Array(size);
      readVector('window', x, data, 0, size);
      return wholeRun(machine, { data, count: steps, size: inputSize }, cell.outputSize).data;
    };
    return {
      ...stateless,
      step(x) {
        const array = isNdArray(x) ? x : undefined;
        const columns = columnsOf('window', x, array, size);
        if (!array) return one(x);
        if (!columns) return wrap(one(x), [outputSize], array);
        const data = new Float32Array(outputSize * columns);
        for (let j = 0; j < columns; j++) {
          const y = one(sliceAt(array, 1, j));
          for (let i = 0; i < outputSize; i++) data[i * columns + j] = y[i];
        }
        return wrap(data, [outputSize, columns], array);
      },
      release: () => machine.release(),
    };
  };
}
