import { type StateShape, type StateVariable, writeState } from './state.js';

/** The variables of a state in the order in which a packed one holds them: the public order. */
export function variablesOf(shape: StateShape): readonly StateVariable[] {
  return 'members' in shape ? shape.members.flatMap(variablesOf) : shape.variables;
}

/** Where each variable of a packed state begins, and last where the state ends, in floats. */
export function packedOffsets(shape: StateShape): readonly number[] {
  const offsets = [0];
  for (const { size } of variablesOf(shape)) offsets.push(offsets[offsets.length - 1] + size);
  return offsets;
}

/** The packed state that begins at `at`, copied, in the public form. */
export function unpacked(
  shape: StateShape,
  offsets: readonly number[],
  memory: Float32Array,
  at: number,
): unknown {
  const block = offsets[offsets.length - 1];
  return writeState(shape, { memory, at, block, offsets, streams: 1 }, 0);
}
