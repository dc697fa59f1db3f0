import fc from 'fast-check';
import { Subject } from 'rxjs';
import { expect, test } from 'vitest';
import { isNdArray, type NdArray } from '../../src/arrays/ndarray.js';
import {
  chain,
  dense,
  gru,
  gruCell,
  lstm,
  type Member,
  rnn,
  type Snapshot,
  stateful,
  type Vec,
} from '../../src/index.js';
import { sameBits } from './bits.js';
import { law } from './law.js';
import { chainOf, emitted, folded, membersOf, netOf, recurOf, someNet, someState } from './nets.js';
import { generator, inForm, signal, someForm, someSeed, view } from './streams.js';

// Law 5, no aliasing: nothing emitted, snapshotted or passed in is ever changed afterwards.

/** A deep copy of an array of any form, to compare with later. */
function copyOf<T>(value: T): T {
  if (!isNdArray(value)) return structuredClone(value);
  const { data, shape, stride, offset } = value as NdArray;
  return structuredClone({ data, shape, stride, offset }) as T;
}

const asPlain = (value: unknown) => (isNdArray(value) ? copyOf(value) : value);

/** Everything that was once seen, beside what it was then. */
class Witness {
  private readonly seen: { value: unknown; was: unknown }[] = [];

  see<T>(value: T): T {
    this.seen.push({ value, was: copyOf(value) });
    return value;
  }

  confirm(): void {
    for (const { value, was } of this.seen) sameBits(asPlain(value), was);
  }
}

law(
  'what goes in, comes out, is kept by a function within, or is snapshotted is never changed',
  [someNet, fc.integer({ min: 1, max: 12 }), someForm, fc.nat({ max: 4 }), someSeed],
  (spec, steps, form, place, seed) => {
    const witness = new Witness();
    const snapshots: { snapshot: Snapshot; text: string }[] = [];
    const keeper = (x: Vec) => witness.see(x);
    const members = membersOf(spec);
    const within = [chainOf([keeper]), keeper][seed % 2] as Member;
    const net = chainOf([...members.slice(0, place), within, ...members.slice(place)]);
    const reset = new Subject<unknown>();
    const initialState = someState(net, spec, seed);
    const random = generator(seed);
    const source = new Subject<Vec>();
    const before = JSON.stringify(initialState, asBits);
    const model = recurOf(net, {
      initialState,
      reset,
      state: (snapshot: Snapshot) => {
        snapshots.push({ snapshot, text: JSON.stringify(snapshot) });
      },
    });
    source.pipe(model as never).subscribe(y => witness.see(y));
    for (const [t, x] of signal(seed, spec.inputSize, steps).entries()) {
      source.next(witness.see(inForm(form, x, random)));
      if (t === 3) reset.next(undefined);
      if (t === 6) reset.next(snapshots[0].snapshot);
    }
    witness.confirm();
    for (const { snapshot, text } of snapshots) expect(JSON.stringify(snapshot)).toBe(text);
    expect(JSON.stringify(initialState, asBits)).toBe(before);
  },
);

/** Arrays in JSON, every bit of them. */
function asBits(_: string, value: unknown): unknown {
  return value instanceof Float32Array ? [...new Uint32Array(value.slice().buffer)] : value;
}

law(
  'a chunk, its steps and its outputs are never changed',
  [someNet, fc.integer({ min: 1, max: 6 }), someSeed],
  (spec, steps, seed) => {
    const witness = new Witness();
    const net = netOf(spec);
    const random = generator(seed);
    const source = new Subject<unknown>();
    source.pipe(recurOf(net, { chunks: true }) as never).subscribe((chunk: unknown) => {
      if (isNdArray(chunk)) witness.see(chunk);
      else for (const y of chunk as unknown[]) witness.see(y);
    });
    for (let k = 0; k < 4; k++) {
      const sequence = signal(seed + k, spec.inputSize, steps);
      if (k % 2) source.next(sequence.map(x => witness.see(x)));
      else source.next(witness.see(view(sequence.flat(), [spec.inputSize, steps], random)));
    }
    witness.confirm();
  },
);

test('outputs stay as they were while thousands more are emitted, and share no element', () => {
  const steps = 3000;
  for (const size of [1, 16, 17, 40]) {
    const stream = signal(size, 2, steps);
    const outputs: Float32Array[] = [];
    const copies: Float32Array[] = [];
    const m = stateful(gru(2, size, { seed: 1 }));
    for (const x of stream) {
      const y = m(x);
      outputs.push(y);
      copies.push(y.slice());
    }
    sameBits(outputs, copies);
    const places = outputs.map(y => ({ buffer: y.buffer, from: y.byteOffset }));
    expect(places.every(({ buffer }) => buffer.byteLength <= 65536)).toBe(true);
    const taken = new Map<ArrayBufferLike, Set<number>>();
    for (const { buffer, from } of places) {
      const starts = taken.get(buffer) ?? new Set();
      expect(starts.has(from)).toBe(false);
      expect(from % (4 * size)).toBe(0);
      taken.set(buffer, starts.add(from));
    }
  }
});

test('params are copied in: what was passed is left alone, and changing it changes nothing', () => {
  const params = {
    weightIh: Float32Array.from({ length: 12 }, (_, i) => Math.cos(i)),
    weightHh: Array.from({ length: 6 }, (_, i) => [Math.sin(i), Math.cos(i)]),
    biasIh: [1, 2, 3, 4, 5, 6],
    biasHh: view([1, 0, 1, 0, 1, 0], [6], generator(1)),
  };
  const then = structuredClone(params);
  const layer = gru(2, 2, { params });
  const stream = signal(2, 2, 20);
  const outputs = emitted(layer as never, stream);
  sameBits(structuredClone(params), then);
  params.weightIh.fill(9);
  params.weightHh[0][0] = 9;
  params.biasIh[0] = 9;
  (params.biasHh.data as number[]).fill(9);
  sameBits(emitted(layer as never, stream), outputs);
});

test('params are copied out: writing into them changes nothing, before the first step or after', () => {
  const made = () => chain(lstm(2, 3, { seed: 1 }), dense(3, 1, { seed: 2 }));
  const stream = signal(3, 2, 20);
  const outputs = emitted(made() as never, stream);
  const layer = made();
  for (let run = 0; run < 2; run++) {
    for (const params of [layer.params, layer.cell.params]) {
      for (const member of params) for (const array of Object.values(member)) array.data.fill(0);
    }
    sameBits(emitted(layer as never, stream), outputs);
    sameBits(layer.params, made().params);
  }
});

test('a given initial state is copied in: changing it later changes nothing', () => {
  const cell = gruCell(1, 2, { seed: 1 });
  const h = Float32Array.of(0.5, -0.5);
  const layer = recurOf(cell, { initialState: h });
  const sum = (total: { n: number }, x: number) => [{ n: total.n + x }, total.n + x] as const;
  const begin = { n: 5 };
  const sums = recurOf(sum, { initialState: begin });
  const wanted = [emitted(layer, [[1], [2]]), emitted(sums, [1, 2])];
  h.fill(9);
  begin.n = 9;
  sameBits([emitted(layer, [[1], [2]]), emitted(sums, [1, 2])], wanted);
});

test('a snapshot to restore is copied in: changing it later changes nothing', () => {
  const m = stateful(gru(1, 2, { seed: 1 }));
  m([1]);
  const snapshot = m.snapshot();
  const wanted = folded(gru(1, 2, { seed: 1 }) as never, [[1], [2]]).outputs.slice(1);
  const layer = recurOf(gru(1, 2, { seed: 1 }), { restore: snapshot });
  m.restore(snapshot);
  (snapshot.state as Float32Array).fill(9);
  sameBits(m([2]), wanted[0]);
  sameBits(emitted(layer, [[2]]), wanted);
});

test('states read from a model are copies: writing into them changes nothing', () => {
  const m = stateful(lstm(1, 2, { seed: 1 }));
  m([1]);
  const then = structuredClone(m.state);
  (m.state.h as Float32Array).fill(9);
  (m.snapshot().state.c as Float32Array).fill(9);
  sameBits(m.state, then);
  const n = stateful((list: number[], x: number) => [[...list, x], x], {
    initialState: [] as number[],
  });
  n(1);
  n.state.push(9);
  n.snapshot().state.push(9);
  expect(n.state).toEqual([1]);
  const cell = gruCell(1, 2, { seed: 1 });
  (cell.initialState() as Float32Array).fill(9);
  sameBits(cell.initialState(), new Float32Array(2));
  const [h] = cell(undefined, 1);
  const kept = copyOf(h);
  cell(h, 1);
  sameBits(h, kept);
});

test('an initial state survives a function that writes into its state', () => {
  const careless = (h: { seen: number[] }, x: number) => {
    h.seen.push(x);
    return [h, h.seen.length] as const;
  };
  const initialState = { seen: [] };
  const m = stateful(careless, { initialState });
  expect([m(1), m(2)]).toEqual([1, 2]);
  m.reset();
  expect(m(1)).toBe(1);
  expect(initialState).toEqual({ seen: [] });
});

test('a state shared by two machines is not: a snapshot restored twice gives two streams', () => {
  const m = stateful(rnn(1, 2, { seed: 1 }));
  m([1]);
  const snapshot = m.snapshot();
  const [a, b] = [stateful(rnn(1, 2, { seed: 1 })), stateful(rnn(1, 2, { seed: 1 }))];
  a.restore(snapshot);
  b.restore(snapshot);
  for (let t = 0; t < 5; t++) a([t]);
  sameBits(b.state, snapshot.state);
});
