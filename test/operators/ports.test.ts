import { from, Subject, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import {
  bidirectional,
  chain,
  chainCell,
  defineCell,
  dense,
  denseCell,
  forecast,
  gru,
  mapSequences,
  type NdArray,
  parallel,
  RecurError,
  read,
  recur,
  recurBy,
  skip,
  stateful,
  tap,
  telemetry,
  window,
} from '../../src/index.js';
import { load, save } from '../../src/io/index.js';

// Records by name: what is refused and how, and how layers join.

const masked = defineCell('Masked', "h' = φ(W_h (m * x) + W_d d + U_h h)\nz = σ(V_z h')", {
  inputs: { x: 'input', m: 'input', d: 'elapsed' },
  outputs: ['z', 'h'],
});
const cell = masked({ x: 3, m: 3, d: 1 }, 4, { seed: 1, projectionSize: 2 });
const event = { x: [1, 2, 3], m: [1, 0, 1], d: 0.5 };
const view = (shape: readonly number[], value = 0.5): NdArray => ({
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
  shape,
  stride: shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1)),
  offset: 0,
});

/** The error of one event. */
function errorOf(x: unknown): RecurError {
  let error: unknown;
  from([event, x])
    .pipe(recur(cell) as never)
    .subscribe({ error: e => (error = e) });
  expect(error).toBeInstanceOf(RecurError);
  return error as RecurError;
}

describe('an event that is no record of the inputs is refused', () => {
  const { x, m, d } = event;
  test.each<[unknown, string]>([
    [{ x, m }, 'masked.d: expected [1] or [1, batch], got undefined; an event has all of x, m, d'],
    [
      { ...event, q: [1, 2] },
      'masked.q: expected no input but x, m, d, got an array of length 2; select makes a record of the inputs alone',
    ],
    [
      [1, 2, 3],
      'masked: expected a record { x, m, d }, got an array of length 3; select makes it a record by name',
    ],
    [
      new Float32Array(12),
      'masked: expected a record { x, m, d }, got Float32Array of length 12; select makes it a record by name',
    ],
    [
      view([12]),
      'masked: expected a record { x, m, d }, got an ndarray [12]; select makes it a record by name',
    ],
    [7, 'masked: expected a record { x, m, d }, got 7; select makes it a record by name'],
    [null, "masked: expected a record { x, m, d }, got null; onInvalid: 'skip' drops such events"],
    [{ x, m: [1, 2], d }, 'masked.m: expected [3] or [3, batch], got [2]'],
    [{ x, m: 1, d }, 'masked.m: expected [3] or [3, batch], got 1'],
    [
      { x, m: null, d },
      "masked.m: expected [3] or [3, batch], got null; onInvalid: 'skip' drops such events",
    ],
    [{ x, m: view([3, 2, 2]), d }, 'masked.m: expected [3] or [3, batch], got [3, 2, 2]'],
    [{ x, m: [1, Number.NaN, 1], d }, 'masked.m: expected finite numbers, got NaN at [1]'],
    [
      { x, m, d: 1e39 },
      'masked.d: expected finite numbers, got 1e+39 at [0]; it is beyond float32',
    ],
    [
      { x: view([3, 2]), m: view([3, 2]), d: [1] },
      'masked.d: expected a batch of 2, as x is, got a vector',
    ],
    [{ x, m: view([3, 2]), d }, 'masked.m: expected a vector, as x is, got a batch of 2'],
    [
      { x: view([3, 2]), m: view([3, 4]), d: view([1, 2]) },
      'masked.m: expected a batch of 2, as x is, got a batch of 4',
    ],
  ])('%#', (x, message) => {
    const error = errorOf(x);
    expect(error.message).toBe(message);
    expect(error.step).toBe(1);
  });
});

test('a refused event leaves the state', () => {
  const model = stateful(cell);
  model(event);
  const before = model.state;
  expect(() => model({ ...event, m: [1, Number.NaN, 1] })).toThrow(RecurError);
  expect(model.state).toEqual(before);
});

describe('a chunk that is none is refused', () => {
  const sequences = { x: view([3, 5]), m: view([3, 5]), d: view([1, 5]) };
  test.each<[unknown, string]>([
    [{ ...sequences, m: view([3, 4]) }, 'masked.m: expected [3, 5], as x is, got [3, 4]'],
    [{ ...sequences, m: view([2, 5]) }, 'masked.m: expected 3 features, got an ndarray [2, 5]'],
    [
      { ...sequences, m: [[1], [2]] },
      'masked.m: expected an ndarray [features, steps] or [features, steps, batch], got an array of length 2',
    ],
    [{ x: sequences.x, m: sequences.m }, 'masked.d: expected an ndarray [features, steps]'],
    [{ ...sequences, q: 1 }, 'masked.q: expected no input but x, m, d, got 1'],
    [
      { ...sequences, d: view([1, 5], Number.NaN) },
      '[0].masked.d: expected finite numbers, got NaN at [0]',
    ],
    [
      view([12, 5]),
      'masked chunk: expected a sequence of records, or a record of ndarrays [features, steps] or [features, steps, batch], got an ndarray [12, 5]',
    ],
    [[event, { ...event, d: [1, 2] }], '[1].masked.d: expected [1] or [1, batch], got [2]'],
  ])('%#', (chunk, message) => {
    expect(() => stateful(cell).map(chunk as never)).toThrow(message);
  });
});

test('a key takes no batches', async () => {
  const errors: string[] = [];
  const batch = { x: view([3, 2]), m: view([3, 2]), d: view([1, 2]) };
  const operator = recurBy(cell, { key: () => 'k' });
  operator.invalid.subscribe(({ error }) => errors.push(error.message));
  from([batch])
    .pipe(operator as never)
    .subscribe();
  expect(errors).toEqual([
    'masked: expected one vector an input: a key is one stream, got batches of 2',
  ]);
});

test('accessors of a record run before the step, and may reset it', () => {
  const reset = new Subject<void>();
  const answers: object[] = [];
  const nosy = {
    get x() {
      reset.next();
      return event.x;
    },
    m: event.m,
    d: event.d,
  };
  from([event, nosy, event])
    .pipe(recur(cell, { reset }))
    .subscribe(y => answers.push(y));
  expect(answers[1]).toEqual(answers[0]);
  const [, second] = stateful(cell).map([event, event]);
  expect(answers[2]).toEqual(second);
});

test('a record may be a proxy, and its vectors too', () => {
  const through = (value: object): never => new Proxy(value, {}) as never;
  const proxied = through({ x: through([1, 2, 3]), m: through([1, 0, 1]), d: 0.5 });
  expect(stateful(cell)(proxied)).toEqual(stateful(cell)(event));
});

test('reuse answers one record again and again, transferable arrays of their own buffers', () => {
  const own = stateful(cell)(event);
  const reused = stateful(cell, { reuse: true });
  const first = reused(event);
  expect(first).toEqual(own);
  expect(reused(event)).toBe(first);
  const { z, h } = stateful(cell, { transferable: true })(event);
  expect([z.buffer.byteLength, h.buffer.byteLength]).toEqual([8, 16]);
});

test('answers have the class of the first array that came in', () => {
  const y = stateful(cell)({ x: [1, 2, 3], m: view([3], 1), d: [0.5] });
  expect(y).toEqual({ z: expect.any(NdView), h: expect.any(NdView) });
});

test('select makes records, and project takes them', async () => {
  const rows = [[1, 2, 3, 0.5]];
  const operator = recur(cell, {
    select: ([a, b, c, d]: number[]) => ({ x: [a, b, c], m: [1, 0, 1], d }),
    project: y => y.z.length + y.h.length,
  });
  from(rows)
    .pipe(operator, toArray())
    .subscribe(all => expect(all).toEqual([6]));
});

test('forecast takes what feedback makes of an answer, and needs it', () => {
  const model = stateful(cell);
  model(event);
  const want: unknown[] = [];
  let next = model({ ...event, d: 2 });
  const back = ({ z, h }: typeof next) => ({ x: h.subarray(1), m: h.subarray(0, 3), d: z[0] });
  for (let i = 0; i < 3; i++) want.push((next = model(back(next))));
  const emitted: { y: unknown; ahead: unknown[] }[] = [];
  from([event, { ...event, d: 2 }])
    .pipe(forecast(cell, 3, { feedback: back as never }))
    .subscribe(value => emitted.push(value));
  expect(emitted[1].ahead).toEqual(want);
  expect(() => forecast(cell, 3)).toThrow(
    'forecast: expected outputs as long as inputs, or feedback, got a model from { x: 3, m: 3, d: 1 } to { z: 2, h: 4 }',
  );
});

const got = 'inputs { x: 3, m: 3, d: 1 } and outputs { z: 2, h: 4 }';
const hint = 'chain and parallel take it';
const single = 'expected a model of one input and one output';
test.each<[() => unknown, string]>([
  [() => window(2, cell as never), `window[0]: ${single}, got ${got}; ${hint}`],
  [() => bidirectional(cell as never), `bidirectional[0]: ${single}, got ${got}; ${hint}`],
  [() => skip(cell as never), `skip[0]: ${single}, got ${got}; ${hint}`],
  [() => telemetry(cell), `telemetry: ${single}, got ${got}`],
  [
    () => telemetry(chain(cell, dense(4, 1))),
    `telemetry: ${single}, got ${got.replace('{ z: 2, h: 4 }', '1')}`,
  ],
  [() => mapSequences(cell as never, [[[1]]]), `mapSequences: ${single}, got ${got}`],
  [
    () => parallel('concat', cell, cell),
    'parallel[0]: expected one output, got { z: 2, h: 4 }; a branch is combined with others',
  ],
  [
    () => chain(dense(2, 3) as never, cell),
    `chain[1]: expected inputs that fit what comes before, 3, got ${cell}, which takes { x: 3, m: 3, d: 1 }`,
  ],
  [
    () => chain(cell, dense(3, 1) as never),
    'chain[1]: expected inputs that fit what comes before, { z: 2, h: 4 }, got Dense(3, 1), which takes 3; none fits',
  ],
  [
    () => chain(masked({ x: 3, m: 3, d: 1 }, 4, { projectionSize: 4 }), dense(4, 1)),
    'which takes 4; z and h fit; a function y => y.z chooses',
  ],
  [
    () => chain(tap('x'), cell as never),
    'chain[1]: expected one input, after a tap or a read, got { x: 3, m: 3, d: 1 }',
  ],
  [() => chain(cell, tap('y')), 'chain[1]: expected one vector to go on from, got { z: 2, h: 4 }'],
  [
    () => chain(cell, (y: object) => y, bidirectional(gru(4, 2))),
    'chain: expected one input and one output, got several beside plain functions',
  ],
])('what has several inputs or outputs is refused: %#', (make, message) => {
  expect(make).toThrow(message);
});

const gated = (seed: number) =>
  defineCell('Gated', "h' = φ(W_h (m * x) + U_h h)", { inputs: { x: 'input', m: 'input' } })(
    { x: 3, m: 3 },
    2,
    { seed },
  );

test('taps of one vector stand after several inputs', () => {
  const model = chain(
    gated(1),
    tap('h'),
    dense(2, 3, { seed: 2 }),
    read('h'),
    dense(2, 1, { seed: 3 }),
  );
  const first = stateful(gated(1));
  const last = stateful(dense(2, 1, { seed: 3 }));
  const { x, m } = event;
  expect(stateful(model)({ x, m })).toEqual(last(first({ x, m })));
});

test('branches share a record of inputs, in any order of its names', () => {
  const turned = defineCell('Gated', "h' = φ(W_h (m * x) + U_h h)", {
    inputs: { m: 'input', x: 'input' },
  })({ x: 3, m: 3 } as never, 2, { seed: 2 });
  const model = stateful(parallel('concat', gated(1), turned as never));
  const { x, m } = event;
  const want = [gated(1), gated(2)].flatMap(branch => [...stateful(branch)({ x, m })]);
  expect([...(model as (e: object) => Float32Array)({ x, m })]).toEqual(want);
});

test.each([
  ['a function in a chain', () => chain(gated(1), (y: Float32Array) => y.map(v => 2 * v))],
  ['a member that begins elsewhere', () => recur(gated(1), { initialState: [1, 2] })],
  [
    'a function of the record',
    () =>
      ({ x }: { x: Float32Array }) =>
        x.map(v => 2 * v),
  ],
  ['a layer of the one input that fits', () => chain(dense(3, 2, { seed: 4 }), (y: unknown) => y)],
])('branches share it where one is %s', (name, make) => {
  const three = defineCell('Three', "h' = φ(W_h x + W_m m + U_h h)", {
    inputs: { x: 'input', m: 'other' },
  })({ x: 3, m: 2 }, 2, { seed: 3 });
  const first = name.includes('fits') ? three : gated(1);
  const branch = make() as unknown as ReturnType<typeof gated>;
  const steps = [1, 2, 3].map(n => ({ x: [n, 1, 0.5], m: [1, -n] }));
  const events = name.includes('fits') ? steps : steps.map(({ x }) => ({ x, m: x }));
  const [one, other] = [stateful(first as typeof branch), stateful(branch)];
  const alone = (e: { x: number[] }) => {
    if (name.includes('record')) return e.x.map(v => 2 * v);
    return name.includes('fits') ? (other as never as typeof one)(e.x as never) : other(e as never);
  };
  const want = events.map(e => [...one(e as never), ...alone(e)]);
  for (const branches of [
    [first, branch],
    ...(name.includes('fits') ? [] : [[branch, first]]),
  ] as const) {
    const model = stateful(parallel('concat', ...(branches as [typeof branch])));
    const half = want[0].length - first.outputSize;
    const turned = ([...y]: number[]) => [...y.slice(half), ...y.slice(0, half)];
    const ys = events.map(e => [...model(e as never)]);
    expect(branches[0] === first ? ys : ys.map(turned)).toEqual(want);
  }
});

test('a chain of them goes before layers that read sequences as wholes', () => {
  const after = bidirectional(gru(2, 2, { seed: 3 }));
  const model = stateful(chain(gated(1), after));
  const steps = [1, 2, 3].map(n => ({ x: [n, 1, 0], m: [1, 1, 0] }));
  const want = stateful(after).map(stateful(gated(1)).map(steps));
  expect(model.map(steps)).toEqual(want);
});

test('parameters change in the middle of a stream', () => {
  const other = masked({ x: 3, m: 3, d: 1 }, 4, { seed: 9, projectionSize: 2 });
  const model = stateful(cell);
  model(event);
  const restored = stateful(other, { initialState: model.state });
  model.use(other.params);
  expect(model(event)).toEqual(restored(event));
});

test.each([
  ['a cell', () => cell],
  ['a cell that begins elsewhere', () => recur(cell, { initialState: [1, 2, 3, 4] })],
  ['a chain', () => chainCell(cell, denseCell(4, 2, { seed: 1 }))],
])('%s comes back from its file', (_, make) => {
  const model = (make as () => typeof cell)();
  const again = load(save(model)) as unknown as typeof model;
  const [one, two] = [stateful(model), stateful(again)];
  expect(String(again)).toBe(String(recur(model)));
  expect([one(event), one(event)]).toEqual([two(event), two(event)]);
  two.restore(one.snapshot());
  expect(two(event)).toEqual(one(event));
});
