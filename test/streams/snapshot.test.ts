import { describe, expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import {
  backend,
  chain,
  defineCell,
  dense,
  gru,
  lstm,
  minGru,
  recur,
  rnn,
  type Snapshot,
  snapshotFromBytes,
  stateful,
} from '../../src/index.js';
import type { Model } from '../../src/streams/members.js';
import { sameBits } from '../laws/bits.js';

const layer = lstm(1, 2, { seed: 1 });

/** A snapshot of a plain function's state, whatever that is. */
function snapshotOf(state: unknown): Snapshot {
  return stateful((h: unknown, x: unknown) => [h, x] as const, {
    initialState: () => state,
  }).snapshot();
}

const ways: Record<string, (snapshot: Snapshot) => Snapshot> = {
  'JSON text': snapshot => {
    const m = stateful((h: unknown, x: unknown) => [h, x] as const);
    m.restore(JSON.parse(JSON.stringify(snapshot)));
    return m.snapshot();
  },
  bytes: snapshot => snapshotFromBytes(snapshot.toBytes()),
};

test('a snapshot says what it is of', () => {
  const m = stateful(layer);
  expect({ ...m.snapshot(), state: 0 }).toEqual({
    format: 'rxrecur/state',
    version: 1,
    backend: backend(layer),
    layer: 'Recur(LSTMCell(1, 2))',
    batch: null,
    graph: expect.stringMatching(/^[\da-f]{16}$/),
    weights: expect.stringMatching(/^[\da-f]{16}$/),
    state: 0,
  });
  m([1]);
  expect(m.snapshot().batch).toBe(0);
  m.reset();
  m(new NdView(new Float32Array(3), [1, 3]));
  expect(m.snapshot().batch).toBe(3);
});

test('the layer is told with its sizes and options, plain functions without their names', () => {
  const add = (n: number, x: Float32Array) => [n + x[0], x] as const;
  const models = [
    gru(2, 3, { resetGate: 'before', bias: false }),
    chain(rnn(1, 2), (y: Float32Array) => y, recur(add, { initialState: 0 }), dense(2, 1)),
    chain(chain(minGru(1, 2)), dense(2, 1, { activation: 'relu' })),
  ];
  expect(models.map(model => stateful(model).snapshot().layer)).toEqual([
    'Recur(GRUCell(2, 3; resetGate=before, bias=false))',
    'Chain(Recur(RNNCell(1, 2, tanh)), function, Recur(function), Dense(2, 1))',
    'Chain(Chain(Recur(MinGRUCell(1, 2, sigmoid))), Dense(2, 1, relu))',
  ]);
});

test('its JSON is plain: no class, no typed array, and it restores after any copy', () => {
  const m = stateful(layer);
  m([1]);
  const json = m.snapshot().toJSON();
  expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  const copy = structuredClone(json);
  const n = stateful(layer);
  n.restore(copy as never);
  sameBits(n.state, m.state);
});

test('arrays are base64 of little-endian float32', () => {
  const m = stateful(rnn(1, 2), { initialState: [1, -0] });
  const { state } = JSON.parse(JSON.stringify(m.snapshot()));
  const bytes = Uint8Array.from(atob(state.data), c => c.charCodeAt(0));
  expect([...bytes]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0x80]);
  expect(state).toEqual({ $: 'Float32Array', data: 'AACAPwAAAIA=' });
});

test('posted to another thread as it is, it restores there', () => {
  const batch = { data: [1, 2, 3], shape: [1, 3], stride: [3, 1], offset: 0 };
  const count = ({ n }: { n: Float64Array }, x: number) => [{ n: n.map(v => v + x) }, x] as const;
  const counter = () => stateful(count, { initialState: { n: new Float64Array(2) } });
  const [whole, batched, counted] = [stateful(layer), stateful(layer), counter()];
  whole([1]);
  batched(batch);
  counted(0.1);

  const [there, thereBatched, thereCounted] = [stateful(layer), stateful(layer), counter()];
  there.restore(structuredClone(whole.snapshot()));
  thereBatched.restore(structuredClone(batched.snapshot()));
  thereCounted.restore(structuredClone(counted.snapshot()));
  sameBits(there([2]), whole([2]));
  sameBits(thereBatched(batch).data, batched(batch).data);
  sameBits(thereCounted.state, counted.state);
});

describe.each(Object.entries(ways))('through %s', (_, through) => {
  test('−0, NaN, infinities and the last bit of every number survive', () => {
    const edges = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const numbers = [...edges, 0.1, 1 / 3, 2 ** -1074, Number.MAX_VALUE, 2 ** 53 + 2, -1e-308];
    sameBits(through(snapshotOf(numbers)).state, numbers);
    const floats = Float32Array.from([...edges, 0.1, 2 ** -149, 1 + 2 ** -23, 3.4e38]);
    sameBits(through(snapshotOf(floats)).state, floats);
    sameBits(through(snapshotOf(-0)).state, -0);
  });

  test('every bit of NaN survives in arrays', () => {
    const bits = Uint32Array.of(0x7fc00001, 0xffc12345, 0x7f800001);
    const { state } = through(snapshotOf(new Float32Array(bits.buffer)));
    expect(new Uint32Array((state as Float32Array).slice().buffer)).toEqual(bits);
  });

  test('all that a plain function may keep survives, as what it was', () => {
    const state = {
      text: 'naïve ☃ 𝄞 \u0000 "quoted"',
      yes: true,
      nothing: null,
      list: [1, [2, [3, 'x']], []],
      nested: { deep: { deeper: { '': 0, 'a.b': 1 } } },
      typed: [
        Int8Array.of(-1),
        Uint8Array.of(255),
        Uint8ClampedArray.of(255),
        Int16Array.of(-2),
        Uint16Array.of(65535),
        Int32Array.of(-3),
        Uint32Array.of(2 ** 32 - 1),
        Float32Array.of(0.5),
        Float64Array.of(0.1),
        new Float64Array(0),
      ],
      ndarray: new NdView(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]),
    };
    sameBits(through(snapshotOf(state)).state, state);
  });

  test('keys that mean something elsewhere are keys here', () => {
    const state = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2, "toString": 3}');
    const names = { $: 'Float32Array', data: 'not base64', entries: 5, format: 'rxrecur/state' };
    const lists = [{ entries: [['a', 1]] }, { entries: 3 }, { $: 'object', entries: [] }];
    for (const kept of [state, names, lists]) {
      const back = through(snapshotOf(kept)).state;
      expect(JSON.stringify(back)).toBe(JSON.stringify(kept));
      sameBits(back, kept);
    }
    expect(Object.getPrototypeOf(through(snapshotOf(state)).state)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });

  test('views of a larger buffer are kept without it', () => {
    const larger = Float32Array.from({ length: 100 }, (_, i) => i);
    const kept = through(snapshotOf({ part: larger.subarray(5, 8) })).state;
    expect(kept).toEqual({ part: Float32Array.of(5, 6, 7) });
    const strided = { data: larger, shape: [2, 2], stride: [-10, 1], offset: 50 };
    const { ndarray } = through(snapshotOf({ ndarray: strided })).state as { ndarray: NdView };
    expect(ndarray).toEqual(new NdView(Float32Array.of(50, 51, 40, 41), [2, 2]));
  });
});

describe('what no snapshot holds is refused when it is taken, by its path', () => {
  class Tracker {
    readonly n = 1;
  }
  const cyclic: Record<string, unknown> = {};
  cyclic.self = { again: cyclic };
  const deep = (levels: number): unknown => (levels ? { in: deep(levels - 1) } : 0);
  const refused: [path: string, got: string, state: unknown][] = [
    ['state', 'a function', () => 1],
    ['state', 'Symbol(a)', Symbol('a')],
    ['state', '5n', 5n],
    ['state.seen', 'a Map', { seen: new Map() }],
    ['state.list[1].at', 'a Date', { list: [0, { at: new Date(0) }] }],
    ['state.tracker', 'a Tracker', { tracker: new Tracker() }],
    ['state[0]', 'the function push', [[].push]],
    ['state.big', 'BigInt64Array of length 1', { big: new BigInt64Array(1) }],
    ['state.promise', 'a Promise', { promise: Promise.resolve() }],
    ['state.tagged', 'an object {  }', { tagged: { [Symbol('hidden')]: 1 } }],
  ];

  test.each(refused)('%s: %s', (path, got, state) => {
    expect(() => snapshotOf(state)).toThrow(
      expect.objectContaining({ name: 'RecurError', where: path, got }),
    );
  });

  test('a cycle, and more than 64 levels', () => {
    expect(() => snapshotOf(cyclic)).toThrow(
      /^state(\.self\.again)+\.self: expected at most 64 levels, got more, or a cycle$/,
    );
    expect(() => snapshotOf(deep(100))).toThrow('expected at most 64 levels');
    const kept = deep(60);
    sameBits(ways.bytes(snapshotOf(kept)).state, kept);
  });

  test('the model itself goes on', () => {
    const m = stateful((h: Map<string, number>, x: string) => [h.set(x, 1), h.size] as const, {
      initialState: () => new Map(),
    });
    expect([m('a'), m('b')]).toEqual([1, 2]);
    expect(() => m.snapshot()).toThrow('state: expected numbers, strings');
    expect(m('c')).toBe(3);
  });
});

describe('the digests of a snapshot', () => {
  const digests = (model: Model) => {
    const { graph, weights } = stateful(model).snapshot();
    return { graph, weights };
  };

  test('tell equations and parameters apart: one bit of one parameter makes other weights', () => {
    const one = lstm(1, 2, { seed: 1 });
    expect(digests(lstm(1, 2, { seed: 1 }))).toEqual(digests(one));
    const weightIh = one.params.weightIh.data.slice();
    new Int32Array(weightIh.buffer)[7] ^= 1;
    const other = digests(lstm(1, 2, { params: { ...one.params, weightIh } }));
    expect(other.graph).toBe(digests(one).graph);
    expect(other.weights).not.toBe(digests(one).weights);
    expect(digests(lstm(1, 3, { seed: 1 })).graph).not.toBe(digests(one).graph);
  });

  test('are the same in later versions, whose users have snapshots with them', () => {
    const sum = defineCell('Sum', "h' = h + W x")(1, 1, { params: { weightIh: [1] } });
    const both = chain(sum, dense(1, 1, { params: { weight: [2], bias: [-0.5] } }));
    expect(digests(sum)).toEqual({ graph: '50ef899e7ab6f991', weights: '2d68bb46583bde03' });
    expect(digests(both)).toEqual({ graph: '46c30f6e456b12b6', weights: 'd6bdb0a998bca56a' });
  });

  test('do not change with the white space of a text', () => {
    const text = "h' = h + W x";
    const [a, b] = [text, `\n\n  h'  =   h + W x  \n`].map(t => {
      return defineCell('Sum', t)(1, 1, { params: { weightIh: [1] } });
    });
    expect(digests(a)).toEqual(digests(b));
  });

  test('equal names with other equations are refused, the state kept', () => {
    const cellOf = (text: string) => defineCell('Mine', text)(1, 1, { params: { weightIh: [1] } });
    const m = stateful(cellOf("h' = h + W x"));
    m([1]);
    const other = stateful(cellOf("h' = h - W x"));
    other([1]);
    expect(() => other.restore(m.snapshot())).toThrow(
      /^restore: expected a snapshot of the equations [\da-f]{16}, got one of [\da-f]{16}; the text/,
    );
    expect(other.state).toEqual(Float32Array.of(-1));
  });

  test('other parameters go on from a state; a swap makes other weights', () => {
    const m = stateful(lstm(1, 2, { seed: 1 }));
    m([1]);
    const before = m.snapshot();
    m.use(lstm(1, 2, { seed: 2 }).params);
    const after = m.snapshot();
    expect([after.graph, after.state]).toEqual([before.graph, before.state]);
    expect(after.weights).toBe(digests(lstm(1, 2, { seed: 2 })).weights);
    expect(after.weights).not.toBe(before.weights);
  });
});
