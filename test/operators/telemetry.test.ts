import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import {
  backwardCell,
  bidirectionalCell,
  chain,
  chainCell,
  conv1dCell,
  defineCell,
  dense,
  denseCell,
  globalMaxPool1dCell,
  gru,
  gruCell,
  type LayerReading,
  lastCell,
  lstm,
  parallelCell,
  type Reading,
  RecurError,
  read,
  recur,
  reference,
  rnn,
  skipCell,
  stateful,
  type TelemetryOperator,
  tap,
  telemetry,
  windowCell,
} from '../../src/index.js';
import { sameBits } from '../laws/bits.js';
import { nothingIsThrownLate } from '../laws/late.js';
import { law } from '../laws/law.js';
import { emitted, equationsIn, netOf, someCell, someNet } from '../laws/nets.js';
import {
  batched,
  generator,
  inForm,
  signal,
  someForm,
  someSeed,
  someSteps,
} from '../laws/streams.js';

nothingIsThrownLate();

/** `telemetry` for models and configurations that no type knows. */
const telemetryOf = telemetry as unknown as (
  model: unknown,
  config?: unknown,
) => TelemetryOperator<unknown, unknown>;

/** The readings of a stream. */
function readingsOf(operator: TelemetryOperator<never, unknown>, events: Iterable<unknown>) {
  const readings: Reading[] = [];
  const subscription = operator.readings.subscribe(reading => readings.push(reading));
  emitted(operator, events);
  subscription.unsubscribe();
  return readings;
}

law(
  'outputs are recur’s, bit for bit, whether somebody listens or not',
  [someNet, someSteps, someForm, someSeed],
  (spec, count, form, seed) => {
    const net = netOf(spec);
    const random = generator(seed);
    const stream = signal(seed, spec.inputSize, count).map(x => inForm(form, x, random));
    const wanted = emitted(net, stream);
    const watched = telemetryOf(net);
    sameBits(emitted(watched, stream), wanted);
    const readings: Reading[] = [];
    watched.readings.subscribe(reading => readings.push(reading));
    sameBits(emitted(watched, stream), wanted);
    expect(readings.map(({ step }) => step)).toEqual(stream.map((_, t) => t));
    const layers = spec.members.reduce((sum, { kind }) => sum + equationsIn(kind), 0);
    for (const reading of readings) expect(reading.layers).toHaveLength(layers);
  },
);

law(
  'norms are those of the reference’s states, a step from each state',
  [someCell, someSeed],
  (spec, seed) => {
    const net = netOf(spec);
    const cell = net.cell as never;
    const step = reference(cell);
    let state: unknown = net.initialState();
    for (const x of signal(seed, spec.inputSize, 3)) {
      const names = Object.keys(stateByName(state));
      const given = Object.fromEntries(
        names.map(name => [name, Float64Array.from(stateByName(state)[name])]),
      );
      const next = step(given, Float32Array.from(x));
      const operator = telemetryOf(recur(net as never, { initialState: state } as never));
      const [{ layers }] = readingsOf(operator as never, [x]);
      for (const name of names) {
        const norm = Math.sqrt(next.state[name].reduce((sum, v) => sum + v * v, 0));
        expect(layers[0].norms[name]).toHaveLength(1);
        expect(layers[0].norms[name][0]).toBeCloseTo(norm, 10);
      }
      [state] = net.cell(state, x);
    }
  },
);

/** Records by name as they are; the one state of others is h. */
function stateByName(state: unknown): Record<string, Float32Array> {
  if (state === undefined) return {};
  return state instanceof Float32Array ? { h: state } : (state as Record<string, Float32Array>);
}

const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));

/** An LSTM's gates in float64, written by hand: rows i, f, g, o. */
function lstmGates(layer: ReturnType<typeof lstm>, h: number[], c: number[], x: number[]) {
  const { weightIh, weightHh, biasIh, biasHh } = layer.params as Record<
    string,
    { data: Float32Array }
  >;
  const size = h.length;
  const sum = (row: number) =>
    x.reduce((s, v, j) => s + weightIh.data[row * x.length + j] * v, 0) +
    h.reduce((s, v, j) => s + weightHh.data[row * size + j] * v, 0) +
    biasIh.data[row] +
    biasHh.data[row];
  const gate = (k: number, activate: (v: number) => number) =>
    h.map((_, r) => activate(sum(k * size + r)));
  const [i, f, g, o] = [gate(0, sigmoid), gate(1, sigmoid), gate(2, Math.tanh), gate(3, sigmoid)];
  const nextC = c.map((v, r) => f[r] * v + i[r] * g[r]);
  return { i, f, g, o, c: nextC, h: nextC.map((v, r) => o[r] * Math.tanh(v)) };
}

describe('telemetry', () => {
  test('an LSTM’s gates and norms are those of its equations', () => {
    const layer = lstm(3, 4, { seed: 5 });
    const stream = signal(9, 3, 6).map(x => x.map(Math.fround));
    const readings = readingsOf(telemetry(layer) as never, stream);
    let [h, c] = [Array(4).fill(0), Array(4).fill(0)] as [number[], number[]];
    for (const [t, x] of stream.entries()) {
      const want = lstmGates(layer, h, c, x);
      const [{ layer: name, values, norms }] = readings[t].layers;
      expect(name).toBe('Recur(LSTMCell(3, 4))');
      expect(Object.keys(values)).toEqual(['i', 'f', 'g', 'o']);
      for (const gate of ['i', 'f', 'g', 'o'] as const) {
        for (const [r, v] of want[gate].entries()) expect(values[gate][0][r]).toBeCloseTo(v, 6);
      }
      expect(norms.h[0]).toBeCloseTo(Math.hypot(...want.h), 6);
      expect(norms.c[0]).toBeCloseTo(Math.hypot(...want.c), 6);
      ({ h, c } = want);
    }
  });

  test('by hand: a sum of threes', () => {
    const params = { weightIh: [1], weightHh: [1] };
    const sums = rnn(1, 1, { activation: 'identity', bias: false, params });
    const double = dense(1, 1, { bias: false, params: { weight: [2] } });
    const readings = readingsOf(telemetry(chain(sums, double)) as never, [[3], [3]]);
    expect(readings.map(({ layers }) => layers.map(plain))).toEqual([
      [
        { layer: String(sums), values: {}, norms: { h: [3] } },
        { layer: String(double), values: { y: [[6]] }, norms: {} },
      ],
      [
        { layer: String(sums), values: {}, norms: { h: [6] } },
        { layer: String(double), values: { y: [[12]] }, norms: {} },
      ],
    ]);
  });

  test('nothing is worked out while nobody listens: a plain function is called once an event', () => {
    let calls = 0;
    const half = (v: Float32Array) => {
      calls++;
      return v.map(value => value / 2);
    };
    const watched = telemetryOf(chain(gru(1, 2, { seed: 1 }), half));
    const source = new Subject<number[]>();
    source.pipe(watched as never).subscribe();
    source.next([1]);
    expect(calls).toBe(1);
    const subscription = watched.readings.subscribe();
    source.next([1]);
    expect(calls).toBe(3);
    subscription.unsubscribe();
    source.next([1]);
    expect(calls).toBe(4);
  });

  test('a reading comes before the emission, and none for an event that is dropped', () => {
    const order: unknown[] = [];
    const watched = telemetryOf(gru(1, 2, { seed: 1 }), {
      onInvalid: () => order.push('invalid'),
      project: (_: unknown, [x]: number[]) => {
        if (x === 13) throw new Error('no');
        return x;
      },
    });
    watched.readings.subscribe(({ step }) => order.push(`reading ${step}`));
    const source = new Subject<number[]>();
    source.pipe(watched).subscribe(y => order.push(y));
    for (const x of [[1], [Number.NaN], [13], [2]]) source.next(x);
    expect(order).toEqual(['reading 0', 1, 'invalid', 'invalid', 'reading 3', 2]);
  });

  test('a listener may send the next event', () => {
    const sum = recur((h: number, x: number) => [h + x, h + x] as const, { initialState: 0 });
    const watched = telemetryOf(sum);
    const source = new Subject<number>();
    const outputs: unknown[] = [];
    source.pipe(watched).subscribe({ next: y => outputs.push(y), error: e => outputs.push(e) });
    watched.readings.subscribe(({ step }) => step === 0 && source.next(10));
    source.next(1);
    expect(outputs).toEqual([11, 1]);
  });

  test('a batch has a column each, those of its streams alone', () => {
    const net = chain(lstm(2, 3, { seed: 1 }), (y: unknown) => y as Float32Array, dense(3, 2));
    const streams = [signal(1, 2, 3), signal(2, 2, 3)];
    const together = readingsOf(telemetryOf(net) as never, batched(streams, generator(1)));
    for (const [j, stream] of streams.entries()) {
      const alone = readingsOf(telemetryOf(net) as never, stream);
      for (const [t, { layers }] of alone.entries()) {
        for (const [k, { values, norms }] of layers.entries()) {
          const both = together[t].layers[k];
          for (const name of Object.keys(values)) sameBits(both.values[name][j], values[name][0]);
          for (const name of Object.keys(norms)) expect(both.norms[name][j]).toBe(norms[name][0]);
        }
      }
    }
  });

  test('a plain function in a chain is given the form that its step gives it', () => {
    const shapes: string[] = [];
    const seen = (y: unknown) => {
      shapes.push(y instanceof NdView ? `ndarray [${y.shape}]` : 'vector');
      return y as Float32Array;
    };
    const net = chain(gru(2, 3, { seed: 1 }), seen);
    const event = new NdView(Float32Array.of(1, 2), [2]);
    for (const x of [event, [1, 2], ...batched([[[1, 2]], [[3, 4]]], generator(1))]) {
      readingsOf(telemetryOf(net) as never, [x]);
      const [stepped, read] = shapes.splice(0);
      expect(read).toBe(stepped);
    }
  });

  test('plain functions alone have no layers to read', () => {
    const sum = (h: number, x: number) => [h + x, h + x] as const;
    const watched = telemetryOf(sum, { initialState: 0 });
    expect(readingsOf(watched as never, [1, 2])).toEqual([
      { step: 0, layers: [] },
      { step: 1, layers: [] },
    ]);
  });

  test('readings of two subscriptions come in one stream, each counted on its own', () => {
    const watched = telemetryOf(gru(1, 1, { seed: 1 }));
    const steps: number[] = [];
    watched.readings.subscribe(({ step }) => steps.push(step));
    const [one, other] = [new Subject(), new Subject()];
    one.pipe(watched).subscribe();
    other.pipe(watched).subscribe();
    one.next([1]);
    other.next([1]);
    one.next([1]);
    expect(steps).toEqual([0, 0, 1]);
  });

  test('a reset and a state that begins elsewhere are read as well', () => {
    const reset = new Subject<void>();
    const watched = telemetryOf(gru(1, 2, { seed: 1 }), { reset, initialState: [0.5, 0.5] });
    const norms: number[] = [];
    watched.readings.subscribe(({ layers }) => norms.push(layers[0].norms.h[0]));
    const source = new Subject();
    source.pipe(watched).subscribe();
    source.next([1]);
    source.next([1]);
    reset.next();
    source.next([1]);
    expect(norms[2]).toBe(norms[0]);
    expect(norms[1]).not.toBe(norms[0]);
  });

  test('wrong arguments throw at the call, in words', () => {
    const layer = gru(1, 2);
    expect(() => telemetryOf(5)).toThrow(RecurError);
    expect(() => telemetryOf(5)).toThrow(
      'telemetry: expected a layer, a cell or a function, got 5',
    );
    for (const config of [null, 5, []]) {
      expect(() => telemetryOf(layer, config)).toThrow('telemetry: expected an object of options');
    }
    expect(() => telemetryOf(layer, { project: 1 })).toThrow(
      'telemetry.project: expected a function, got 1',
    );
    for (const name of ['chunks', 'probe', 'ahead']) {
      expect(() => telemetryOf(layer, { [name]: true })).toThrow(`got '${name}'`);
    }
    expect(() => chain(layer, telemetry(layer) as never)).toThrow(/without configuration/);
  });
});

test('an input and an output of any names are read, and go on to the next layer', () => {
  const named = defineCell('Named', "h' = tanh(W_h v + U_h h)\na = σ(U_a h')", {
    inputs: { v: 'input' },
    outputs: ['a'],
  });
  const cell = named(2, 3, { seed: 1 });
  const watched = telemetryOf(chain(cell, denseCell(3, 1, { seed: 2 })));
  const [{ layers: readings }] = readingsOf(watched as never, [[0.5, -1]]);
  const { y } = reference(cell)({ h: new Float64Array(3) }, [0.5, -1]);
  expect(readings.map(({ layer, values }) => [layer, Object.keys(values)])).toEqual([
    ['Recur(NamedCell(2, 3, sigmoid))', ['a']],
    ['Dense(3, 1)', ['y']],
  ]);
  expect(readings[0].values.a).toEqual([y]);
  const next = reference(denseCell(3, 1, { seed: 2 }))({}, Float32Array.from(y));
  expect(readings[1].values.y).toEqual([next.y]);
});

describe('layers in a window', () => {
  const leakyCell = defineCell('Leaky', "n = W x\nh' = 0.5 * h + n");
  const leaky = leakyCell(1, 1, { params: { weightIh: [1] } });
  const double = denseCell(1, 1, { bias: false, params: { weight: [2] } });
  const textOf = (cell: unknown) => `Recur(${cell})`;
  const leakyAt = (n: number, h: number) => {
    return { layer: textOf(leaky), values: { n: [[n]] }, norms: { h: [h] } };
  };
  /** The readings of one window. */
  const inWindow = (window: object, x: readonly number[]) => {
    const [{ layers }] = readingsOf(telemetryOf(window) as never, [x]);
    return layers.map(plain);
  };

  test('a window’s layer and those after it are read: the last step of each', () => {
    const net = chain(
      windowCell(3, leaky),
      denseCell(3, 1, { params: { weight: [1, 0, 0], bias: [1] } }),
    );
    const readings = readingsOf(telemetry(net) as never, [
      [4, 2, 3],
      [1, 0, 0],
    ]);
    // 4 → 4; 4/2 + 2 → 4; 4/2 + 3 → 5; the next window begins at 0 again: 1, 0.5, 0.25.
    expect(readings.map(({ layers }) => layers.map(plain))).toEqual([
      [leakyAt(3, 5), { layer: 'Dense(3, 1)', values: { y: [[5]] }, norms: {} }],
      [leakyAt(0, 0.25), { layer: 'Dense(3, 1)', values: { y: [[2]] }, norms: {} }],
    ]);
  });

  test('a backward layer takes the first step last', () => {
    // 3 → 3; 3/2 + 2 → 3.5; 3.5/2 + 4 → 5.75.
    expect(inWindow(windowCell(3, backwardCell(leaky)), [4, 2, 3])).toEqual([leakyAt(4, 5.75)]);
    const both = bidirectionalCell(leaky, 'add', leaky);
    expect(inWindow(windowCell(3, both), [4, 2, 3])).toEqual([leakyAt(3, 5), leakyAt(4, 5.75)]);
  });

  test('members of chains, branches, skips and taps are read on the steps that reach them', () => {
    const chained = chainCell(leaky, lastCell(1), double, backwardCell(leaky));
    const doubled = { layer: 'Dense(1, 1; bias=false)', values: { y: [[10]] }, norms: {} };
    expect(inWindow(windowCell(3, chained), [4, 2, 3])).toEqual([
      leakyAt(3, 5),
      doubled,
      leakyAt(10, 10),
    ]);
    const branches = parallelCell('add', backwardCell(leaky), skipCell(leaky));
    expect(inWindow(windowCell(3, branches), [4, 2, 3])).toEqual([leakyAt(4, 5.75), leakyAt(3, 5)]);
    const tapped = chainCell(
      tap('x', backwardCell(leaky)),
      globalMaxPool1dCell(1),
      read('x'),
      leaky,
    );
    // The backward layer answers 5.75, 3.5, 3: then 5.75 → 6.375 → 6.1875.
    expect(inWindow(windowCell(3, tapped), [4, 2, 3])).toEqual([
      leakyAt(4, 5.75),
      leakyAt(3, 6.1875),
    ]);
    const convolved = chainCell(
      conv1dCell(1, 1, 2, { params: { weight: [[[1, 1]]], bias: [0] } }),
      leaky,
    );
    // 6, 5: 6 → 6; 6/2 + 5 → 8.
    expect(inWindow(windowCell(3, convolved), [4, 2, 3])).toEqual([leakyAt(5, 8)]);
    const nested = windowCell(2, chainCell(windowCell(2, leaky), lastCell(2)));
    expect(inWindow(nested, [9, 9, 4, 3])).toEqual([leakyAt(3, 5)]);
  });

  test('a window’s reading is that of its layer alone at the last step', () => {
    const layer = gruCell(2, 5, { seed: 4 });
    const steps = signal(3, 2, 6);
    const alone = readingsOf(telemetryOf(layer) as never, steps);
    const [{ layers }] = readingsOf(telemetryOf(windowCell(6, layer)) as never, [steps.flat()]);
    expect(layers.map(plain)).toEqual(alone[5].layers.map(plain));
  });

  test('each begins where its layer begins, at a value or at what a factory makes', () => {
    for (const initialState of [[8], () => [8]]) {
      const begun = recur(leaky as never, { initialState } as never) as never;
      // 8/2 + 4 → 8; 8/2 + 2 → 6.
      expect(inWindow(windowCell(2, begun), [4, 2])).toEqual([leakyAt(2, 6)]);
      expect([...stateful(windowCell(2, begun))([4, 2])]).toEqual([8, 6]);
    }
    const pair = recur(bidirectionalCell(leaky, 'add', leaky), {
      initialState: [[8], [4]],
    } as never);
    // Backwards 4/2 + 2 → 4; 4/2 + 4 → 6.
    expect(inWindow(windowCell(2, pair as never), [4, 2])).toEqual([leakyAt(2, 6), leakyAt(4, 6)]);
  });

  test('a batch of windows has a column each', () => {
    const net = windowCell(3, bidirectionalCell(gruCell(2, 3, { seed: 1 })));
    const streams = [signal(1, 6, 2), signal(2, 6, 2)];
    const together = readingsOf(telemetryOf(net) as never, batched(streams, generator(1)));
    for (const [j, stream] of streams.entries()) {
      const alone = readingsOf(telemetryOf(net) as never, stream);
      for (const [t, { layers }] of alone.entries()) {
        expect(layers).toHaveLength(2);
        for (const [k, { values, norms }] of layers.entries()) {
          const both = together[t].layers[k];
          expect(Object.keys(values)).toEqual(['r', 'z', 'n']);
          for (const name of Object.keys(values)) sameBits(both.values[name][j], values[name][0]);
          for (const name of Object.keys(norms)) expect(both.norms[name][j]).toBe(norms[name][0]);
        }
      }
    }
  });

  test('a model that reads sequences as wholes has no steps to read: it is refused at the call, by name', () => {
    const models = [
      bidirectionalCell(gruCell(1, 2)),
      backwardCell(gruCell(1, 2)),
      conv1dCell(1, 1, 2),
      chainCell(gruCell(1, 2), lastCell(2)),
      parallelCell('add', backwardCell(leaky), leaky),
    ];
    for (const model of models) {
      const expected = `telemetry: expected a model that takes steps one by one, got `;
      expect(() => telemetryOf(model)).toThrow(expected);
      expect(() => telemetryOf(recur(model as never))).toThrow(/; put it into a window$/);
    }
    expect(() => telemetryOf(models[0])).toThrow(
      'got Bidirectional(Recur(GRUCell(1, 2)), Recur(GRUCell(1, 2))); ' +
        'it also runs from the last step to the first; put it into a window',
    );
  });
});

/** A reading with plain lists. */
function plain({ layer, values, norms }: LayerReading) {
  const lists = Object.entries(values).map(([name, columns]) => [name, columns.map(v => [...v])]);
  return { layer, values: Object.fromEntries(lists), norms };
}
