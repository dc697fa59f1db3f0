import { sizeOf } from '../../arrays/ndarray.js';
import { quoted } from '../json.js';
import type { Budget } from './budget.js';
import { castOf, halves } from './cast.js';
import { ensure, type Value } from './flow.js';
import { folded, movedInputs } from './fold.js';
import { floatOf, type Node } from './graph.js';
import { type Constant, constantOf, tensorOf } from './tensor.js';
import type { Tensor } from './whole-program.js';

/** What numbers of the file are as numbers of what is computed. */
export interface Ids {
  readonly budget: Budget;
  /** True where numbers that are cast to integers may pick rows of a table. */
  readonly hasIndices: boolean;
  idsOf(constant: Constant): Float64Array;
}

/** So many numbers may be put in a row. */
const longestRow = 2 ** 20;

/** Operators that are more than the numbers of the file, and yet compute none of the input's. */
export const plainNames = ['Cast', 'Constant', 'Dropout', 'Shape', 'Size'] as const;

/**
 * What a node gives that computes no numbers of the input: it is computed while the file is read,
 * or only moves numbers. Undefined for any other.
 */
export function plainValues(
  node: Node,
  inputs: readonly Value[],
  reading: Ids,
): readonly Value[] | undefined {
  const { operator } = node;
  if (operator === 'Constant') return [constantNode(node)];
  if (operator === 'Identity') return [inputs[0]];
  if (inputs.some(({ kind }) => kind === 'list')) return undefined;
  if (operator === 'Dropout') {
    const [value, , training] = inputs;
    const isOff = training?.kind !== 'constant' || training.values()[0] === 0;
    ensure(
      isOff && training?.kind !== 'tensor',
      'training_mode, in which it drops numbers at random',
    );
    return [value];
  }
  const folding = { node, budget: reading.budget };
  const given = inputs.filter(({ kind }) => kind !== 'absent');
  if (given.every(({ kind }) => kind === 'constant')) {
    const constants = inputs.map(value => (value.kind === 'constant' ? value : undefined));
    const results = folded(folding, constants as Constant[]);
    if (results) return results;
  }
  if (operator === 'Cast') {
    const value = inputs[0] as Tensor;
    const { floating, isRounded } = castOf(node);
    ensure(!isRounded, halves);
    const isKnown = floating || value.isWhole || reading.hasIndices;
    ensure(isKnown, 'Cast of computed numbers to integers');
    return [{ ...value, isWhole: !floating }];
  }
  if (operator === 'Shape' || operator === 'Size') {
    return folded(folding, [(inputs[0] as Tensor).ids]);
  }
  const moved = movedInputs(node);
  const isMoved = inputs.every((input, i) => input.kind !== 'tensor' || moved?.includes(i));
  return moved && isMoved ? movedTensors(node, inputs, moved, reading) : undefined;
}

/** Numbers that are only moved: what is done to them is done to their ids. */
function movedTensors(
  node: Node,
  inputs: readonly Value[],
  moved: readonly number[],
  { idsOf, budget }: Ids,
): Tensor[] {
  checkMove(node, inputs);
  const isWhole = moved.every(i => {
    const input = inputs[i];
    if (input?.kind === 'constant') return !input.floating;
    return input?.kind !== 'tensor' || input.isWhole === true;
  });
  const ids = inputs.map((input, i): Constant | undefined => {
    if (input.kind === 'tensor') return input.ids;
    if (input.kind !== 'constant') return undefined;
    if (!moved.includes(i)) return input;
    const values = idsOf(input);
    return { kind: 'constant', name: '', dims: input.dims, floating: false, values: () => values };
  });
  const results = folded({ node, budget }, ids as Constant[]) ?? [];
  return results.map(own => ({ kind: 'tensor', ids: own, isWhole }));
}

/** Refuses what would be other numbers than the input's, and rows without end. */
function checkMove(node: Node, inputs: readonly Value[]): void {
  const sizes = inputs.map(value => (value.kind === 'tensor' ? sizeOf(value.ids.dims) : 0));
  const isShort = node.operator !== 'Concat' || sizes.reduce((a, b) => a + b, 0) <= longestRow;
  ensure(isShort, 'too many parts in a row');
  const filler = floatOf(node, 'value', 0);
  const isZero = node.operator !== 'Pad' || filler === 0;
  ensure(isZero, `the mode ${quoted('constant')} with the value ${filler}`);
}

/** The value of a node Constant. */
export function constantNode(node: Node): Constant {
  const [name] = node.outputs;
  const { attributes } = node;
  ensure(attributes.size === 1, `${attributes.size} values, not one`);
  const tensor = attributes.get('value')?.tensor;
  if (tensor) return tensorOf(tensor, name);
  const { value_float, value_int, value_floats, value_ints } = Object.fromEntries(attributes);
  if (value_float) return constantOf(name, [], Float32Array.of(value_float.float));
  if (value_int) return constantOf(name, [], Float64Array.of(value_int.integer));
  const list = value_floats?.floats ?? value_ints?.integers;
  ensure(list, 'a constant that is no numbers');
  const values = value_floats ? Float32Array.from(list) : Float64Array.from(list);
  return constantOf(name, [list.length], values);
}
