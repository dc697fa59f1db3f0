import { type Blocks, type StateShape, type StateVariable, writeState } from './state.js';

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

/** States from blocks of memory, one after another: their variables begin at `states` in each. */
export function packStates(
  offsets: readonly number[],
  memory: Float32Array,
  places: readonly number[],
  states: readonly number[],
): Float32Array<ArrayBuffer> {
  const size = offsets[offsets.length - 1];
  const packed = new Float32Array(places.length * size);
  for (const [i, place] of places.entries()) {
    for (let k = 0, to = i * size; k < states.length; k++) {
      const n = offsets[k + 1] - offsets[k];
      copy(memory, place + states[k], packed, to + offsets[k], n);
    }
  }
  return packed;
}

/** The state that is packed at `from`, into a block of memory. */
export function unpackState(
  offsets: readonly number[],
  packed: Float32Array,
  from: number,
  to: Blocks,
): void {
  const { memory, at, block, offsets: states } = to;
  memory.fill(0, at, at + block);
  for (let k = 0; k < states.length; k++) {
    const n = offsets[k + 1] - offsets[k];
    copy(packed, from + offsets[k], memory, at + states[k], n);
  }
}

/** Copies numbers: shorter than `set` where there are few. */
export function copy(
  from: Float32Array,
  at: number,
  to: Float32Array,
  start: number,
  n: number,
): void {
  for (let i = 0; i < n; i++) to[start + i] = from[at + i];
}
