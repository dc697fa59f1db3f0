import fc from 'fast-check';
import { Subject } from 'rxjs';
import { expect } from 'vitest';
import { forecast, type Reading, type Snapshot, stateful, telemetry } from '../../src/index.js';
import { numbersOf, sameBits } from './bits.js';
import { law } from './law.js';
import {
  cellWith,
  drawnAnew,
  type Net,
  netOf,
  recurOf,
  someCell,
  someNet,
  someState,
} from './nets.js';
import { batched, generator, pieces, signal, someSeed } from './streams.js';
import { handedOn, netsFor, run } from './swaps.js';

// Law 11 of the contract's §8: after a swap by `weights` outputs equal those of a new layer with
// those parameters, restored from the snapshot.

/** For each event: does a set come before it? */
const someSwaps = fc.array(fc.boolean(), { maxLength: 10 });

const forecastOf = forecast as unknown as (model: unknown, steps: number, config: object) => Net;
const telemetryOf = telemetry as unknown as (
  model: unknown,
  config: object,
) => Net & { readonly readings: Subject<Reading> };

law(
  'after a swap recur goes on as a new layer with those parameters does from that state',
  [someNet, someSwaps, fc.integer({ min: 0, max: 3 }), someSeed],
  (spec, swaps, batch, seed) => {
    const nets = netsFor(spec, swaps);
    const columns = Array.from({ length: batch }, (_, j) =>
      signal(seed + j, spec.inputSize, swaps.length),
    );
    const stream: readonly unknown[] =
      batch && swaps.length
        ? batched(columns, generator(seed))
        : signal(seed, spec.inputSize, swaps.length);
    const weights = new Subject();
    const got = run(recurOf(netOf(spec), { weights }), weights, swaps, nets, stream);
    sameBits(
      got,
      handedOn(
        nets,
        stream.map(x => [x]),
      ).flat(),
    );
  },
);

law(
  'so does a stateful model by use, from the snapshot taken at the swap, which leaves the state',
  [someNet, someSwaps, someSeed],
  (spec, swaps, seed) => {
    const nets = netsFor(spec, swaps);
    const m = stateful(netOf(spec));
    let fresh = stateful(netOf(spec));
    const stream = signal(seed, spec.inputSize, swaps.length);
    for (const [t, x] of stream.entries()) {
      if (swaps[t]) {
        const before = JSON.parse(JSON.stringify(m.snapshot()));
        const { state } = m;
        m.use(nets[t].params as never);
        sameBits(m.state, state);
        const { weights, ...after } = JSON.parse(JSON.stringify(m.snapshot()));
        expect({ ...after, weights: before.weights }).toEqual(before);
        expect(weights).toBe(stateful(nets[t]).snapshot().weights);
        fresh = stateful(nets[t], { restore: before });
      }
      const y = m(x);
      sameBits(y, fresh(x));
      sameBits(m.state, fresh.state);
    }
  },
);

law('so does a chunk, which no set splits', [someNet, someSwaps, someSeed], (spec, later, seed) => {
  const random = generator(seed);
  const swaps = [false, ...later];
  const chunks = pieces(signal(seed, spec.inputSize, 3 * swaps.length), random);
  const nets = netsFor(
    spec,
    chunks.map((_, t) => swaps[t] ?? false),
  );
  const weights = new Subject();
  const chunked = recurOf(netOf(spec), { weights, chunks: true });
  sameBits(run(chunked, weights, swaps, nets, chunks), handedOn(nets, chunks));
  // A set that comes while a chunk is selected counts from the next one on.
  let t = 0;
  const select = (chunk: number[][]) => {
    if (swaps[++t] && nets[t]) weights.next(nets[t].params);
    return chunk;
  };
  const inside = recurOf(netOf(spec), { weights, chunks: true, select });
  sameBits(run(inside, weights, [], nets, chunks), handedOn(nets, chunks));
});

law('so does what forecast looks ahead to', [someNet, someSwaps, someSeed], (spec, swaps, seed) => {
  const nets = netsFor(spec, swaps);
  const stream = signal(seed, spec.inputSize, swaps.length);
  const feedback = (y: unknown) => {
    const numbers = numbersOf(y);
    return Array.from({ length: spec.inputSize }, (_, i) => Math.tanh(numbers[i] ?? 0.5));
  };
  const weights = new Subject();
  const got = run(forecastOf(netOf(spec), 2, { weights, feedback }), weights, swaps, nets, stream);
  let state: unknown;
  const wanted = stream.map((x, t) => {
    const [next, y] = nets[t].cell(state, x);
    state = next;
    let at = next;
    let last: unknown = y;
    const ahead = [0, 1].map(() => ([at, last] = nets[t].cell(at, feedback(last)))[1]);
    return { y, ahead };
  });
  sameBits(got, wanted);
});

law('so do readings of telemetry', [someNet, someSwaps, someSeed], (spec, swaps, seed) => {
  const nets = netsFor(spec, swaps);
  const stream = signal(seed, spec.inputSize, swaps.length);
  const weights = new Subject();
  const states: Snapshot[] = [];
  const config = { weights, state: (snapshot: Snapshot) => states.push(snapshot) };
  const watched = telemetryOf(netOf(spec), config);
  const readings: Reading[] = [];
  watched.readings.subscribe(reading => readings.push(reading));
  const got = run(watched, weights, swaps, nets, stream);
  sameBits(
    got,
    handedOn(
      nets,
      stream.map(x => [x]),
    ).flat(),
  );
  for (const [t, x] of stream.entries()) {
    const fresh = telemetryOf(nets[t], { restore: states[t - 1] });
    const own: Reading[] = [];
    fresh.readings.subscribe(reading => own.push(reading));
    const source = new Subject<unknown>();
    source.pipe(fresh as never).subscribe();
    source.next(x);
    sameBits(readings[t].layers, own[0].layers);
  }
});

law(
  'members that are left out keep their values, those of the set before',
  [someNet, fc.array(fc.array(fc.constantFrom('new', 'left out', 'undefined'))), someSeed],
  (spec, sets, seed) => {
    const weights = new Subject();
    const source = new Subject<unknown>();
    const outputs: unknown[] = [];
    const isChain = Array.isArray(netOf(spec).params) && spec.members.length > 1;
    source.pipe(recurOf(netOf(spec), { weights }) as never).subscribe(y => outputs.push(y));
    const stream = signal(seed, spec.inputSize, sets.length);
    let now = spec;
    const nets = sets.map((set, k) => {
      const isNew = (i: number) => !isChain || set[i] === 'new';
      now = drawnAnew(now, k + 1, isNew);
      const { params } = netOf(now);
      if (!isChain) weights.next(params);
      else {
        const own = (params as unknown[]).map((member, i) => (isNew(i) ? member : undefined));
        while (own.length && set[own.length - 1] === 'left out') own.pop();
        weights.next(own);
      }
      source.next(stream[k]);
      return netOf(now);
    });
    sameBits(
      outputs,
      handedOn(
        nets,
        stream.map(x => [x]),
      ).flat(),
    );
  },
);

law(
  'names that are left out keep their values, those of the set before',
  [someCell, fc.array(fc.array(fc.boolean(), { minLength: 8, maxLength: 8 })), someSeed],
  (spec, sets, seed) => {
    const m = stateful(netOf(spec));
    let params = netOf(spec).params as Record<string, unknown>;
    let state: unknown;
    for (const [k, x] of signal(seed, spec.inputSize, sets.length).entries()) {
      const drawn = Object.entries(netOf(drawnAnew(spec, k + 1)).params as typeof params);
      const set = Object.fromEntries(drawn.filter((_, i) => sets[k][i]));
      const undefinedOnes = drawn.map(([name]) => [name, undefined]);
      m.use({ ...(k % 2 && Object.fromEntries(undefinedOnes)), ...set } as never);
      params = { ...params, ...set };
      const [next, y] = cellWith(spec, params).cell(state, x);
      state = next;
      sameBits(m(x), y);
    }
  },
);

law(
  'a reset begins under the set that counts, where initialState says',
  [someNet, fc.array(fc.tuple(fc.boolean(), fc.boolean()), { maxLength: 10 }), someSeed],
  (spec, turns, seed) => {
    const swaps = turns.map(([isSwap]) => isSwap);
    const nets = netsFor(spec, swaps);
    const initial = someState(netOf(spec), spec, seed);
    const stream = signal(seed, spec.inputSize, turns.length);
    for (const initialState of [undefined, initial, () => initial]) {
      const [weights, reset, source] = [new Subject(), new Subject(), new Subject<unknown>()];
      const outputs: unknown[] = [];
      const model = recurOf(netOf(spec), { weights, reset, initialState });
      source.pipe(model as never).subscribe(y => outputs.push(y));
      const first = initialState && initial;
      let state = first;
      for (const [t, [isSwap, isReset]] of turns.entries()) {
        if (isSwap) weights.next(nets[t].params);
        if (isReset) {
          reset.next(undefined);
          state = first;
        }
        source.next(stream[t]);
        const [next, y] = nets[t].cell(state, stream[t]);
        state = next;
        sameBits(outputs[t], y);
      }
      expect(outputs).toHaveLength(turns.length);
    }
  },
);
