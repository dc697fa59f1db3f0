import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import {
  bidirectionalCell,
  causalConv1d,
  chain,
  conv1dCell,
  dense,
  each,
  eachCell,
  gru,
  gruCell,
  lstm,
  recur,
  recurBy,
  stateful,
  telemetry,
  windowCell,
} from '../../src/index.js';
import { load, save } from '../../src/io/index.js';
import { backends } from '../../src/kernels/backends.js';
import { uniform } from '../golden/generate.js';

const rowsOf = (x: ArrayLike<number>, count: number) => {
  const size = x.length / count;
  return Array.from({ length: count }, (_, i) => Array.from(x).slice(i * size, (i + 1) * size));
};

/** Layers of 3 → 4 features, and what each is alone. */
const layers = {
  gru: () => gru(3, 4, { seed: 1 }),
  lstm: () => lstm(3, 4, { seed: 2 }),
  dense: () => dense(3, 4, { seed: 3, activation: 'relu' }),
  causal: () => causalConv1d(3, 4, 3, { seed: 4 }),
  chain: () => chain(gru(3, 5, { seed: 5 }), dense(5, 4, { seed: 6 })),
  nested: () => chain(dense(3, 6, { seed: 7 }), each(2, gru(3, 2, { seed: 8 }))),
  'a chain with a function': () =>
    chain(gru(3, 5, { seed: 9 }), (y: Float32Array) => y.map(Math.abs), dense(5, 4, { seed: 10 })),
};

describe.each(Object.entries(layers))('each of %s', (_, make) => {
  const count = 5;
  const xs = Array.from({ length: 70 }, (_, t) => uniform(t, count * 3, 1));

  test('is the layer for every row, with its own state, bit for bit', () => {
    const m = stateful(each(count, make() as never)) as (x: Float32Array) => Float32Array;
    const alone = Array.from({ length: count }, () => stateful(make() as never)) as never[];
    for (const x of xs) {
      const wanted = rowsOf(x, count).flatMap((row, i) => [
        ...(alone[i] as (row: number[]) => Float32Array)(row),
      ]);
      expect([...m(x)]).toEqual(wanted);
    }
    expect((m as unknown as { state: unknown[] }).state).toEqual(
      alone.map(own => (own as { state: unknown }).state),
    );
  });

  test('gives the same bits in chunks, as keys, and after a snapshot', () => {
    const layer = each(count, make() as never) as never;
    const wanted = stateful(layer as ReturnType<typeof each>).map(xs);
    const chunks: unknown[] = [];
    from([xs.slice(0, 33), xs.slice(33)])
      .pipe(recur(layer, { chunks: true } as never) as never)
      .subscribe(ys => chunks.push(...(ys as unknown[])));
    expect(chunks).toEqual(wanted);

    const keyed: unknown[] = [];
    from(
      xs.flatMap(x => [
        { key: 'a', x },
        { key: 'b', x: x.map(v => -v) },
      ]),
    )
      .pipe(
        recurBy(layer, {
          key: (event: { key: string }) => event.key,
          select: (event: { x: Float32Array }) => event.x,
          project: (y: unknown, event: { key: string }) => [event.key, y],
        } as never) as never,
      )
      .subscribe(y => keyed.push(y));
    const ofA = keyed.flatMap(event =>
      (event as [string])[0] === 'a' ? [(event as [string, unknown])[1]] : [],
    );
    expect(ofA).toEqual(wanted);

    const first = stateful(layer as ReturnType<typeof each>);
    first.map(xs.slice(0, 20));
    const snapshot = JSON.parse(JSON.stringify(first.snapshot()));
    const second = stateful(layer as ReturnType<typeof each>, { restore: snapshot });
    expect(second.map(xs.slice(20))).toEqual(wanted.slice(20));
  });
});

test('columns of a batch are streams of their own', () => {
  const layer = each(2, gru(1, 3, { seed: 1 }));
  const batch = stateful(layer);
  const alone = [0, 1].map(() => stateful(layer));
  for (let t = 0; t < 3; t++) {
    const columns = [uniform(t, 2, 1), uniform(100 + t, 2, 1)];
    const x = new NdView(Float32Array.from([0, 1].flatMap(i => columns.map(c => c[i]))), [2, 2]);
    const y = batch(x) as unknown as NdView;
    for (const [j, m] of alone.entries()) {
      expect(Array.from({ length: 6 }, (_, i) => y.get(i, j))).toEqual([...m(columns[j])]);
    }
  }
});

test('its rows share one set of parameters, which files hold once', () => {
  const layer = each(33, gru(4, 8, { seed: 1 }));
  expect(String(layer)).toBe('Each(33, Recur(GRUCell(4, 8)))');
  expect([layer.inputSize, layer.outputSize, layer.hiddenSize]).toEqual([132, 264, 264]);
  expect(layer.params).toEqual([gru(4, 8, { seed: 1 }).params]);
  const bytes = save(layer);
  expect(bytes.length).toBeLessThan(2 * save(gru(4, 8)).length);
  const x = uniform(1, 132, 1);
  expect(stateful(load(bytes) as typeof layer)(x)).toEqual(stateful(layer)(x));
});

test('a state is given and told as one for each row', () => {
  const initialState = [
    [1, 2],
    [3, 4],
  ];
  const m = stateful(eachCell(2, gruCell(1, 2, { seed: 1 })), { initialState });
  expect(m.state).toEqual(initialState.map(h => Float32Array.from(h)));
  expect(() => stateful(eachCell(3, gruCell(1, 2)), { initialState: [[1, 2]] as never })).toThrow(
    'each.initialState: expected a tuple of 3, got an array of length 1',
  );
});

test.each(backends())(
  'on %s a row that is not finite inside is refused by the name of its layer, the states intact',
  backend => {
    const inf = dense(1, 1, { params: { weight: [3e38], bias: [0] } });
    const m = stateful(each(2, chain(inf, gru(1, 1, { seed: 1 }))), { backend });
    const before = m([0.1, 0.2]);
    const { state } = m;
    expect(() => m([0.1, 9])).toThrow(
      'each[0].chain[1].gru.x: expected finite numbers, got Infinity at [0]',
    );
    expect(m.state).toEqual(state);
    expect(before.length).toBe(2);
  },
);

test.each([
  [[1, 2, 3], '[3]'],
  [[1], '[1]'],
  [null, 'null'],
  [new NdView(new Float32Array(6), [3, 2]), '[3, 2]'],
])('an input of another size is refused, be there functions or not: %#', (x, got) => {
  const layers = [gru(1, 1), chain(gru(1, 1), (y: Float32Array) => y, dense(1, 1))];
  for (const layer of layers) {
    const m = stateful(each(2, layer as ReturnType<typeof gru>));
    expect(() => m(x as never)).toThrow(`each.x: expected [2] or [2, batch], got ${got}`);
  }
});

test('each row is read by telemetry', () => {
  const watched = telemetry(each(3, gru(1, 2)));
  const counts: number[] = [];
  watched.readings.subscribe(({ layers }) => counts.push(layers.length));
  from([[1, 2, 3]])
    .pipe(watched)
    .subscribe();
  expect(counts).toEqual([3]);
});

test('it runs inside a window, where its states begin anew for each window', () => {
  const m = stateful(windowCell(4, eachCell(2, gruCell(1, 3, { seed: 1 }))));
  const x = uniform(1, 8, 1);
  const alone = stateful(eachCell(2, gruCell(1, 3, { seed: 1 })));
  const wanted = [0, 1, 2, 3].flatMap(t => [...alone(x.subarray(2 * t, 2 * t + 2))]);
  expect([...m(x)]).toEqual(wanted);
  expect([...m(x)]).toEqual(wanted);
});

test.each([
  [() => eachCell(0, gruCell(1, 1)), 'each.count: expected a whole number from 1 to 65536, got 0'],
  [() => eachCell(2, conv1dCell(1, 1, 2)), 'each: expected a layer that takes vectors one by one'],
  [
    () => eachCell(2, bidirectionalCell(gruCell(1, 1))),
    'each: expected a layer that takes vectors one by one, got Bidirectional(',
  ],
  [
    () =>
      eachCell(
        2,
        chain(gruCell(1, 1), y => y),
      ),
    'each: expected a layer of known input and output sizes, got Chain(Recur(GRUCell(1, 1)), ' +
      'function); a plain function has none: let it stand between layers',
  ],
  [
    () =>
      windowCell(
        2,
        chain(gruCell(1, 1), y => y),
      ),
    'window: expected a layer of a known output size, got Chain(Recur(GRUCell(1, 1)), function); ' +
      'a plain function has none: let a layer follow it',
  ],
])('wrong arguments are refused: %#', (make, message) => {
  expect(make).toThrow(message);
});
