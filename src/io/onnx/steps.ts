import { rowMajor } from '../../arrays/ndarray.js';
import { contextCell } from '../../layers/moves.js';
import {
  batchOf,
  batchStride,
  type Carried,
  ensure,
  type Flow,
  numberOf,
  stepOf,
  stepStride,
} from './flow.js';
import type { Reading } from './reading.js';
import type { Tensor } from './whole-program.js';

/**
 * What a tensor is over the steps, by its ids alone: the same numbers at each step, in some order
 * and along some axis, perhaps with padding around them; or numbers of the first step or of the
 * last ones.
 */
export function flowOf({ ids }: Tensor, reading: Reading): Flow {
  const { dims } = ids;
  const all = reading.network.resolved(ids.values() as Float64Array);
  ensure(all.length > 0 && dims.length <= 8, 'a tensor of no numbers');
  const { axis: batch, rows: own } = firstOfBatch(all, dims);
  const sizes = dims.map((n, d) => (d === batch ? 1 : n));
  const times = moving(own, sizes, stepOf);
  const found = times.length === 1 && perStep(own, sizes, times[0], reading);
  if (found) return { ...found, batch };
  return { kind: 'flow', dims: sizes, batch, steps: 1, numbers: answers(own, reading) };
}

/** The axes along which something of the ids changes. */
function moving(
  ids: Float64Array,
  dims: readonly number[],
  of: (id: number) => number,
): readonly number[] {
  const strides = rowMajor(dims);
  return dims.flatMap((n, d) => {
    for (let i = 0; n > 1 && i < ids.length; i++) {
      if (Math.floor(i / strides[d]) % n === 0) continue;
      const [before, id] = [ids[i - strides[d]], ids[i]];
      if (before && id && of(before) !== of(id)) return d;
    }
    return [];
  });
}

/** What stands at each place of an axis. */
function rowsOf(ids: Float64Array, dims: readonly number[], axis: number): Float64Array[] {
  const inner = rowMajor(dims)[axis];
  const size = dims[axis];
  const length = ids.length / size;
  return Array.from({ length: size }, (_, k) =>
    Float64Array.from({ length }, (__, i) => {
      return ids[Math.floor(i / inner) * inner * size + k * inner + (i % inner)];
    }),
  );
}

/** The ids of the first sequence of a batch: those of the others have to be the same of theirs. */
function firstOfBatch(ids: Float64Array, dims: readonly number[]) {
  const [axis, ...others] = moving(ids, dims, batchOf);
  const why = 'sequences of a batch that are not apart';
  ensure(others.length === 0, why);
  if (axis === undefined) {
    ensure(
      ids.every(id => batchOf(id) === 0),
      why,
    );
    return { axis, rows: ids };
  }
  const rows = rowsOf(ids, dims, axis);
  const areSame = rows.every((row, b) =>
    row.every((id, i) => id === (rows[0][i] && rows[0][i] + b * batchStride)),
  );
  ensure(areSame, why);
  return { axis, rows: rows[0] };
}

/** A flow of the same numbers at each step along an axis; undefined if it is none. */
function perStep(
  ids: Float64Array,
  dims: readonly number[],
  time: number,
  reading: Reading,
): Flow | undefined {
  const { network } = reading;
  const rows = rowsOf(ids, dims, time);
  const isPad = (row: Float64Array) => row.every(id => id === 0);
  const isState = (row: Float64Array) => row.every(id => id && network.layerOf(numberOf(id)).state);
  const before = rows.findIndex(row => !isPad(row) && !isState(row));
  let end = rows.length;
  while (end > before && isPad(rows[end - 1])) end--;
  const [first, ...others] = rows.slice(before, end);
  const isRow = others.every((row, j) =>
    row.every((id, i) => id === (first[i] && first[i] + (j + 1) * stepStride)),
  );
  const used = [...first].filter(id => id !== 0);
  if (!isRow || used.some(id => stepOf(id) !== stepOf(used[0]))) return undefined;
  const { steps } = network.layerOf(numberOf(used[0]));
  const areSame = used.every(id => network.layerOf(numberOf(id)).steps === steps);
  ensure(areSame, 'sequences of other steps');
  if (stepOf(used[0]) !== 0) return undefined;
  const sizes = dims.map((n, d) => (d === time ? 1 : n));
  const flow: Flow = { kind: 'flow', dims: sizes, time, steps, numbers: first };
  if (end - before < steps) return trimmed(flow, end - before, reading);
  if (rows.length === steps) return flow;
  const context = before ? contextOf(rows.slice(0, before), reading) : undefined;
  return { ...flow, pad: [before, rows.length - end], context };
}

/** The state that steps before others are. */
function contextOf(rows: readonly Float64Array[], { network }: Reading): Carried | undefined {
  const { state } = rows[0][0] ? network.layerOf(rows[0][0]) : {};
  const ids = rows.flatMap(row => [...row]);
  const isWhole = ids.every((id, i) => id === (state ? ids[0] + i : 0));
  ensure(isWhole, 'a state put before steps in another order');
  return state && { input: state.input, from: 0 };
}

/** Without the last steps, for which a layer was padded. */
function trimmed(flow: Flow, count: number, { network, budget }: Reading): Flow | undefined {
  const signals = new Set(Array.from(flow.numbers, n => (n ? network.placeOf(n).signal : 0)));
  const [signal] = signals;
  const layer = network.layer(signal);
  const own = signals.size === 1 ? layer.trimmed?.(flow.steps - count) : undefined;
  if (!own) return undefined;
  const made = network.add(layer.where, layer.reads, own.draft, own.steps);
  const [from, to] = [network.numbers(signal)[0], network.numbers(made)];
  budget.spend(to.length);
  return { ...flow, steps: own.steps, numbers: flow.numbers.map(n => to[n - from]) };
}

/** The numbers that ids of single steps are: the answers to a whole sequence. */
function answers(ids: Float64Array, { network, answer }: Reading): Float64Array {
  const taken = new Map<number, Set<number>>();
  for (const id of ids) {
    const { signal } = id ? network.placeOf(numberOf(id)) : { signal: 0 };
    if (!id || network.layer(signal).steps === 1) continue;
    const steps = taken.get(signal) ?? new Set();
    taken.set(signal, steps.add(stepOf(id)));
  }
  const made = new Map<number, (step: number) => number>();
  for (const [signal, all] of taken) {
    const { steps, width } = network.layer(signal);
    ensure(all.size < steps, 'a shape that mixes the steps of a sequence');
    const isEnd = [...all].every(step => step === 0 || step === steps - 1);
    const least = Math.min(...all);
    const startOf = (step: number) =>
      network.numbers(answer(signal, step === 0 ? 'first' : 'last'))[0];
    const starts = new Map(isEnd ? [...all].map(step => [step, startOf(step)]) : []);
    const window = isEnd ? 0 : windowOf(signal, steps - least, width, { network, answer });
    made.set(signal, step =>
      isEnd ? (starts.get(step) as number) : window + (step - least) * width,
    );
  }
  return ids.map(id => {
    if (!id) return 0;
    const { signal, at } = network.placeOf(numberOf(id));
    return (made.get(signal)?.(stepOf(id)) ?? numberOf(id) - at) + at;
  });
}

/** The first number of a signal's last steps in a row: zeros stand for those that are to come. */
function windowOf(
  signal: number,
  count: number,
  width: number,
  { network, answer }: Pick<Reading, 'network' | 'answer'>,
): number {
  const length = (count - 1) * width;
  ensure(length <= 2 ** 20, `a window of ${length} numbers`);
  const { where, steps } = network.layer(signal);
  const make = () => contextCell(width, length);
  const made = network.add(where, [signal], { width: length + width, streams: true, make }, steps);
  return network.numbers(answer(made, 'last'))[0];
}

/** True for numbers of a state that the graph is given. */
export function isPartOfState({ ids }: Tensor, { network }: Reading): boolean {
  const [id] = ids.values();
  return id > 0 && network.layerOf(numberOf(id)).state !== undefined;
}

/** The state of which an initial one is a part; throws Unfit where that cannot be told. */
export function carriedIn({ ids }: Tensor, { network }: Reading): Carried {
  const why = 'an initial state that is computed from the input';
  const places = Array.from(ids.values(), id => network.placeOf(numberOf(id)));
  ensure(places.length > 0 && places.every(({ signal }) => signal === places[0].signal), why);
  const state = places[0].signal > 0 ? network.layer(places[0].signal).state : undefined;
  ensure(state, why);
  const { input, dims } = state;
  const strides = rowMajor(dims);
  const taken = dims.map(
    (n, d) => new Set(places.map(({ at }) => Math.floor(at / strides[d]) % n)),
  );
  const axis = Math.max(0, ...dims.flatMap((n, d) => (taken[d].size < n ? d : [])));
  const name = axis === dims.length - 1 ? 'the last axis' : `axis ${axis}`;
  ensure(axis === 0, `a state interleaved on ${name} of one tensor`);
  return { input, from: Math.min(...(taken[0] ?? [0])) };
}
