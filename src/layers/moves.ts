import { ModelBuilder } from '../code/model.js';
import { move } from '../code/rows.js';
import { demand } from '../errors.js';
import type { Move } from '../graph/graph.js';
import type { Cell, Kind } from '../streams/cell.js';
import type { StateArray } from '../streams/state.js';
import { integer, layerCell, printed } from './layer-cell.js';

/** A layer that moves numbers, without members or parameters; a state of so many. */
function moveCell<C>(
  kind: Kind,
  settings: Readonly<Record<string, unknown>> & { readonly inputSize: number },
  size: number,
  moves: readonly Move[],
  state = 0,
): C {
  const { name } = kind;
  const { inputSize } = settings;
  const builder = new ModelBuilder(inputSize);
  const model = builder.model(
    builder.add({ op: 'move', moves, state, of: [0], size, where: name }, move),
  );
  const variables = state ? [{ name: 'h', size: state }] : [];
  const text = () => printed(name, Object.values(settings));
  return layerCell<C>(
    { kind, text, settings, inputSize, outputSize: size, hiddenSize: state },
    { model, shape: { layer: name, variables } },
  );
}

export const sliceKind: Kind = {
  name: 'slice',
  settings: ['inputSize', 'begin', 'end'],
  make: ({ inputSize, begin, end }: Record<string, number>) => sliceCell(inputSize, begin, end),
};

/**
 * The features of a step from `begin` up to `end`, as `Array.prototype.slice` counts them: no
 * state.
 *
 * Throws a RecurError where they are not among those of the input.
 *
 * @example
 * sliceCell(4, 1, 3)(undefined, [1, 2, 3, 4])[1]; // → Float32Array(2) [ 2, 3 ]
 */
export function sliceCell(
  inputSize: number,
  begin: number,
  end: number = inputSize,
): Cell<undefined, number, number> {
  integer('slice.inputSize', inputSize, 1);
  integer('slice.begin', begin, 0, inputSize - 1);
  integer('slice.end', end, begin + 1, inputSize);
  const count = end - begin;
  const moves = [{ from: 0, at: begin, to: 0, count }];
  return moveCell(sliceKind, { inputSize, begin, end }, count, moves);
}

/** What stands where a padded vector has no numbers of its own. */
export type PadMode = 'zero' | 'reflect' | 'edge';

interface PadSettings {
  readonly inputSize: number;
  readonly before: number;
  readonly after: number;
  readonly mode: PadMode;
}

export const padKind: Kind = {
  name: 'pad',
  settings: ['inputSize', 'before', 'after', 'mode'],
  make: ({ inputSize, before, after, mode }: PadSettings) =>
    padCell(inputSize, before, after, mode),
};

/**
 * A vector with more numbers before and after it: zeros, its own mirrored without the outermost
 * ('reflect', as in numpy), or the outermost again and again ('edge'). No state.
 *
 * Throws a RecurError where 'reflect' would need more numbers than there are.
 *
 * @example
 * padCell(3, 0, 2, 'reflect')(undefined, [1, 2, 3])[1]; // → Float32Array(5) [ 1, 2, 3, 2, 1 ]
 */
export function padCell(
  inputSize: number,
  before: number,
  after: number,
  mode: PadMode = 'zero',
): Cell<undefined, number, number> {
  integer('pad.inputSize', inputSize, 1);
  const most = mode === 'reflect' ? Math.min(2 ** 16, inputSize - 1) : 2 ** 16;
  integer('pad.before', before, 0, most);
  integer('pad.after', after, 0, most);
  demand(
    ['zero', 'reflect', 'edge'].includes(mode),
    'pad.mode',
    "'zero', 'reflect' or 'edge'",
    mode,
  );
  const moves: Move[] = [{ from: 0, at: 0, to: before, count: inputSize }];
  const last = inputSize - 1;
  if (mode !== 'zero') {
    for (let k = 1; k <= before; k++) {
      moves.push({ from: 0, at: mode === 'edge' ? 0 : k, to: before - k, count: 1 });
    }
    for (let k = 1; k <= after; k++) {
      moves.push({
        from: 0,
        at: mode === 'edge' ? last : last - k,
        to: before + last + k,
        count: 1,
      });
    }
  }
  const size = before + inputSize + after;
  return moveCell(padKind, { inputSize, before, after, mode }, size, moves);
}

export const contextKind: Kind = {
  name: 'context',
  settings: ['inputSize', 'length'],
  make: ({ inputSize, length }: Record<string, number>) => contextCell(inputSize, length),
};

/**
 * The last `length` numbers of the stream before a step, and then the step: a sliding context of
 * samples. The state `h` is those numbers, `[length]`, zeros at first.
 *
 * @example
 * const m = stateful(contextCell(2, 1));
 * m([1, 2]); // → Float32Array(3) [ 0, 1, 2 ]
 * m([3, 4]); // → Float32Array(3) [ 2, 3, 4 ]
 */
export function contextCell(inputSize: number, length: number): Cell<StateArray, number, number> {
  integer('context.inputSize', inputSize, 1);
  integer('context.length', length, 1);
  const moves = contextMoves(inputSize, length);
  return moveCell(contextKind, { inputSize, length }, length + inputSize, moves, length);
}

/** The numbers before, then the input. */
export function contextMoves(input: number, length: number): readonly Move[] {
  return [
    { from: -1, at: 0, to: 0, count: length },
    { from: 0, at: 0, to: length, count: input },
  ];
}
