import { type NdArray, NdView } from '../arrays/ndarray.js';
import { mismatch } from '../errors.js';
import type { StateArray } from '../streams/state.js';
import { quoted } from './json.js';

/** The arrays of a state by their place in it: of rows of LSTMs `0.h`, `0.c`, `1.h` … */
export function arraysIn(state: unknown, path = ''): [path: string, array: NdView][] {
  if (state === undefined) return [];
  if (state instanceof NdView) return [[path, state]];
  if (state instanceof Float32Array) return [[path, new NdView(state, [state.length])]];
  return Object.entries(state as object).flatMap(([name, part]) => {
    return arraysIn(part, path ? `${path}.${name}` : name);
  });
}

/** A state of the form of another one, of arrays by their place in it. */
export function stateOf(like: unknown, tensors: ReadonlyMap<string, NdArray>): unknown {
  const left = new Set(tensors.keys());
  const filled = (part: unknown, path: string): unknown => {
    if (part === undefined) return undefined;
    const within = (name: string | number) => (path ? `${path}.${name}` : `${name}`);
    if (Array.isArray(part)) return part.map((own, i) => filled(own, within(i)));
    if (!isArray(part)) {
      const parts = Object.entries(part as object);
      return Object.fromEntries(parts.map(([name, own]) => [name, filled(own, within(name))]));
    }
    if (left.delete(path)) return tensors.get(path);
    throw mismatch(`initialState.${path}`, 'a tensor', 'none');
  };
  const state = filled(like, '');
  for (const path of left) throw mismatch('initialState', 'no such tensor', quoted(path));
  return state;
}

const isArray = (part: unknown): part is StateArray =>
  part instanceof Float32Array || part instanceof NdView;
