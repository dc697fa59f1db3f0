import { isNdArray, type NdArray, sliceAt, type Vec } from '../arrays/ndarray.js';
import { readNumbers } from '../arrays/numbers.js';
import { asRecurError, checkNames, demand, mismatch } from '../errors.js';
import type { Machine } from '../streams/any-machine.js';
import { type AnyCell, internals, type StateOf } from '../streams/cell.js';
import { checkUnported } from '../streams/children.js';
import type { Frames } from '../streams/flow.js';
import type { StateInput } from '../streams/forms.js';
import { startingFrom } from '../streams/function-cell.js';
import { firstIn } from '../streams/inputs.js';
import type { WithCell } from '../streams/members.js';
import { layerText } from '../streams/model.js';
import { isWhole } from '../streams/sequence-machine.js';
import { sessions } from '../streams/session.js';
import { framesOf } from '../streams/whole-chunks.js';
import { holding } from './holding.js';
import { masked } from './masked.js';
import { stepped } from './whole-run.js';

/** A sequence: vectors one after another, or an ndarray `[features, steps]`. */
export type SequenceInput = readonly Vec[] | NdArray;

/** Which steps do not count: those whose features all have this value, or of which it is true. */
export type Mask = number | ((x: Float32Array, step: number, sequence: number) => boolean);

/** Options of `mapSequences`. */
export interface MapSequencesOptions<S = unknown> {
  /** How many steps of each sequence count; the outputs of those after them are zeros. */
  readonly lengths?: readonly number[] | undefined;
  /**
   * Steps to pass over. Each member of the chain that has a state keeps it and repeats its last
   * output (zeros at first); the other members run as ever, on zeros if `mask` is a number.
   */
  readonly mask?: Mask | undefined;
  /** Where the i-th sequence begins; absent: at the initial state. */
  readonly initialState?: ((sequence: number) => StateInput<S> | undefined) | undefined;
}

/** What a sequence became. */
export interface SequenceResult<S = unknown> {
  /** An output `[outputSize]` a step. */
  readonly outputs: Float32Array[];
  /** The state after the last step that counts. */
  readonly state: S;
}

/**
 * Runs a model over an array of sequences, each from the initial state on, as a batch of padded
 * sequences is run elsewhere: `lengths` as in ONNX's `sequence_lens` and PyTorch's packed
 * sequences (a bidirectional layer runs back from each sequence's own end), `mask` as in Keras.
 *
 * Throws a RecurError for lengths that do not fit and for a mask with a model that reads sequences
 * as wholes: give it lengths.
 *
 * @example
 * const sum = defineCell('Sum', "h' = h + W x")(1, 1, { params: { weightIh: [1] } });
 * const [{ outputs }] = mapSequences(sum, [[[1], [0], [2], [9]]], { lengths: [3], mask: 0 });
 * outputs.join(' '); // → 1 1 3 0
 */
export function mapSequences<M extends AnyCell | WithCell>(
  model: M,
  sequences: Iterable<SequenceInput>,
  options: MapSequencesOptions<StateOf<M>> = {},
): SequenceResult<StateOf<M>>[] {
  checkNames('mapSequences', options, ['lengths', 'mask', 'initialState']);
  const { lengths, mask, initialState } = options;
  const { cell } = sessions('mapSequences', model, {});
  checkUnported('mapSequences', cell);
  const given = Array.from(sequences);
  if (lengths && lengths.length !== given.length) {
    throw mismatch('mapSequences.lengths', `${given.length} lengths`, String(lengths.length));
  }
  const maskFits = ['undefined', 'number', 'function'].includes(typeof mask);
  demand(maskFits, 'mapSequences.mask', 'a number or a function', mask);
  return given.map((sequence, i) => {
    try {
      return run(startingFrom(cell, initialState?.(i)), sequence, i, lengths?.[i], mask);
    } catch (error) {
      throw asRecurError(error, 'a sequence', { prefix: `sequences[${i}].` });
    }
  }) as SequenceResult<StateOf<M>>[];
}

function run(
  cell: AnyCell,
  sequence: SequenceInput,
  index: number,
  length: number | undefined,
  mask: Mask | undefined,
): SequenceResult {
  const array = isNdArray(sequence) ? sequence : undefined;
  const steps = array ? array.shape[1] : (sequence as readonly Vec[]).length;
  const used = length ?? steps;
  const fits = Number.isInteger(used) && used >= 0 && used <= steps;
  demand(fits, 'mapSequences.lengths', `a length from 0 to ${steps}`, length);
  const isAhead = cell[internals].why !== undefined;
  demand(!isAhead || mask === undefined, 'mapSequences.mask', `none with ${layerText(cell)}`, mask);
  const vectorAt = (t: number) => (array ? sliceAt(array, 1, t) : (sequence as Vec[])[t]);
  const isHidden = (x: Float32Array, t: number) => isMasked(mask, x, t, index);
  const { outputs, state } = ran(cell, used, vectorAt, isHidden, mask);
  // A layer that makes other steps of a sequence has answered with all of them.
  const isShort = isAhead && outputs.length < used;
  while (!isShort && outputs.length < steps) outputs.push(new Float32Array(cell.outputSize ?? 0));
  return { outputs, state };
}

/** A sequence through a machine, from its beginning, and where it is then. */
function through(machine: Machine, frames: Frames, outputSize: number | undefined): SequenceResult {
  try {
    const { data, count, size } = isWhole(machine)
      ? machine.whole(frames)
      : stepped(machine, frames, outputSize);
    machine.commit();
    const outputs = Array.from({ length: count }, (_, t) => data.slice(t * size, (t + 1) * size));
    return { outputs, state: machine.state() };
  } finally {
    machine.release();
  }
}

type IsHidden = (x: Float32Array, t: number) => boolean;

/** Runs a sequence in one call, or where users' functions are, step by step. */
function ran(
  cell: AnyCell,
  count: number,
  vectorAt: (t: number) => unknown,
  isHidden: IsHidden,
  mask: Mask | undefined,
): SequenceResult {
  const { inputSize, outputSize } = cell;
  const { start, engines, why } = cell[internals];
  if (inputSize === undefined && !why) {
    const vectors = Array.from({ length: count }, (_, t) => {
      return readNumbers(`[${t}]`, vectorAt(t), 'a vector').values;
    });
    return stepByStep(cell, vectors, isHidden, mask);
  }
  const where = engines && !why ? firstIn(engines.model) : String(cell);
  const frames = framesOf({ inputSize, toString: () => where }, count, vectorAt);
  const model = mask === undefined ? undefined : masked(cell);
  if (model) {
    const wide = withMask(frames, isHidden, mask);
    const { outputs, state } = through(model.start(), wide, outputSize);
    return { outputs, state: model.stateOf(state) };
  }
  if (mask === undefined && (outputSize !== undefined || why)) {
    return through(start(), frames, outputSize);
  }
  return stepByStep(cell, vectorsIn(frames), isHidden, mask);
}

const vectorsIn = ({ data, count, size }: Frames) =>
  Array.from({ length: count }, (_, t) => data.slice(t * size, (t + 1) * size));

/** Steps as `masked` reads them. Keras's Masking turns the steps that it hides into zeros. */
function withMask(frames: Frames, isHidden: IsHidden, mask: Mask | undefined): Frames {
  const { count, size } = frames;
  const data = new Float32Array(count * (size + 1));
  for (const [t, x] of vectorsIn(frames).entries()) {
    const isHeld = isHidden(x, t);
    if (!isHeld || typeof mask !== 'number') data.set(x, t * (size + 1));
    data[t * (size + 1) + size] = Number(isHeld);
  }
  return { data, count, size: size + 1 };
}

/** A sequence through a model of which a function may take or make anything. */
function stepByStep(
  cell: AnyCell,
  vectors: readonly Float32Array[],
  isHidden: IsHidden,
  mask: Mask | undefined,
): SequenceResult {
  let isHeld = false;
  const own = mask === undefined ? cell : holding(cell, () => isHeld);
  const machine = own[internals].start();
  try {
    const outputs = vectors.map((x, t) => {
      isHeld = isHidden(x, t);
      try {
        const input = isHeld && typeof mask === 'number' ? new Float32Array(x.length) : x;
        return machine.step(input) as Float32Array;
      } catch (error) {
        throw asRecurError(error, 'a step', { prefix: `[${t}].` });
      }
    });
    machine.commit();
    return { outputs, state: machine.state() };
  } finally {
    machine.release();
  }
}

function isMasked(
  mask: Mask | undefined,
  x: Float32Array,
  step: number,
  sequence: number,
): boolean {
  if (typeof mask === 'function') return mask(x, step, sequence);
  const value = mask === undefined ? undefined : Math.fround(mask);
  return value !== undefined && x.every(v => v === value);
}
