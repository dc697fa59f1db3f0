import fc from 'fast-check';
import { from } from 'rxjs';
import { expect } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import { ModelBuilder } from '../../src/code/model.js';
import { portableEngine } from '../../src/code/portable-engine.js';
import { outputOffsets, outputsOf } from '../../src/graph/ports.js';
import {
  chain,
  defineCell,
  type NdArray,
  recur,
  recurBy,
  reference,
  stateful,
  type Vec,
} from '../../src/index.js';
import { equationSpec } from '../../src/streams/equation-cell.js';
import { numbersOf, sameBits } from './bits.js';
import { law } from './law.js';
import {
  generator,
  inForm,
  type Random,
  signal,
  someForm,
  someSeed,
  someSteps,
  view,
} from './streams.js';

// Several inputs and outputs: a record by name goes in and comes out, and nothing else changes.

const make = defineCell(
  'Masked',
  `
  k  = b + a * x
  h' = φ(W_h (m * k) + W_d d + U_h h)
  z  = σ(V_z h')
  `,
  {
    inputs: { x: 'input', m: 'input', d: 'elapsed' },
    outputs: ['z', 'h', 'k'],
    vectors: { a: 0.5, b: 0.25 },
    sizes: { a: 'input', b: 'input' },
  },
);

interface Spec {
  readonly x: number;
  readonly d: number;
  readonly hidden: number;
  readonly z: number;
  readonly seed: number;
}
const size = fc.integer({ min: 1, max: 9 });
const someSpec: fc.Arbitrary<Spec> = fc.record({
  x: size,
  d: size,
  hidden: size,
  z: size,
  seed: someSeed,
});

const cellOf = ({ x, d, hidden, z, seed }: Spec) =>
  make({ x, m: x, d }, hidden, { seed, projectionSize: z });

type Name = 'x' | 'm' | 'd';
const names: readonly Name[] = ['x', 'm', 'd'];
type Event = Readonly<Record<Name, number[]>>;

/** A stream of records. */
function events({ x, d, seed }: Spec, steps: number, salt = 0): Event[] {
  const [xs, ms, ds] = [x, x, d].map((size, i) => signal(seed + salt + i, size, steps));
  return xs.map((_, t) => ({ x: xs[t], m: ms[t], d: ds[t] }));
}

const mapped = <V>(event: Event, make: (values: number[], name: Name) => V) =>
  Object.fromEntries(names.map(name => [name, make(event[name], name)])) as Record<Name, V>;

/** The outputs of a stream, a step at a time. */
function stepped(cell: ReturnType<typeof cellOf>, stream: readonly Readonly<Record<Name, Vec>>[]) {
  const model = stateful(cell);
  return stream.map(event => numbers(model(event)));
}

const numbers = (y: object) => Object.entries(y).map(([name, value]) => [name, numbersOf(value)]);

/** Columns of records as a batch a step. */
function batched(columns: readonly (readonly Event[])[], random: Random) {
  return columns[0].map((first, t) =>
    mapped(first, (values, name) => {
      const rows = values.flatMap((_, i) => columns.map(column => column[t][name][i]));
      return view(rows, [values.length, columns.length], random);
    }),
  );
}

/** A stream as one ndarray an input, `[features, steps]`. */
const sequences = (stream: readonly Event[], { x, d }: Spec, random: Random) =>
  Object.fromEntries(
    names.map(name => {
      const features = name === 'd' ? d : x;
      const rows = Array.from({ length: features }, (_, i) => stream.map(event => event[name][i]));
      return [name, view(rows.flat(), [features, stream.length], random)];
    }),
  ) as Record<Name, NdArray>;

/** Step t of a record of `[features, steps]` arrays. */
const stepAt = (y: object, t: number) =>
  Object.entries(y).map(([name, { data, shape }]) => {
    const [features, steps] = shape as [number, number];
    return [name, Array.from({ length: features }, (_, i) => data[i * steps + t])];
  });

law('an engine with a port each answers the same bits', [someSpec, someSteps], (spec, steps) => {
  const cell = cellOf(spec);
  const { params, kind, ...own } = equationSpec('test', cell);
  const builder = new ModelBuilder();
  const sizes = { x: spec.x, m: spec.x, d: spec.d };
  const of = names.map(name => builder.port(name, sizes[name]));
  const answers = outputsOf(own.definition.plan);
  const offsets = outputOffsets(answers, own.sizes);
  const index = builder.withParams(params);
  const cellGraph = { ...own, outputs: answers.map(({ node }, k) => ({ node, at: offsets[k] })) };
  const node = { op: 'cell', cell: cellGraph, params: index, of, where: 'cell' } as const;
  const engine = portableEngine(builder.model(builder.add({ ...node, size: offsets[3] })));
  const pinned = stateful(cell, { backend: 'portable' });
  let [now, next] = [engine.pool.take(1), engine.pool.take(1)];
  for (const event of events(spec, steps)) {
    for (const [k, name] of names.entries())
      engine.pool.memory.set(event[name], engine.inputs[k].at);
    expect(engine.step(now, next)).toBe(0);
    const y = answers.map(({ name, dimension }, k) => {
      const at = engine.output.at + offsets[k];
      return [name, engine.pool.memory.slice(at, at + own.sizes[dimension])];
    });
    sameBits(pinned(event), Object.fromEntries(y));
    [now, next] = [next, now];
  }
});

law('answers are those of the reference', [someSpec, someSteps], (spec, steps) => {
  const cell = cellOf(spec);
  const step = reference(cell);
  const model = stateful(cell);
  for (const event of events(spec, steps)) {
    const state = { h: Float64Array.from(numbersOf(model.state)) };
    const rounded = mapped(event, values => Float32Array.from(values));
    const want = step(state, rounded).y;
    const got = model(event);
    for (const name of ['z', 'h', 'k'] as const) {
      for (const [i, value] of want[name].entries()) {
        expect(Math.abs(got[name][i] - value)).toBeLessThan(4e-6 * Math.max(1, Math.abs(value)));
      }
    }
  }
});

law(
  'inputs in one vector, taken apart by a function, are the same',
  [someSpec, someSteps],
  (spec, steps) => {
    const { x } = spec;
    const cell = cellOf(spec);
    const apart = chain(
      (all: number[]) => ({ x: all.slice(0, x), m: all.slice(x, 2 * x), d: all.slice(2 * x) }),
      cell,
    );
    const stream = events(spec, steps);
    const joined: unknown[] = [];
    from(stream.map(event => [...event.x, ...event.m, ...event.d]))
      .pipe(apart)
      .subscribe(y => joined.push(numbers(y)));
    sameBits(joined, stepped(cell, stream));
  },
);

law(
  'the form of an input changes no number',
  [someSpec, someSteps, someForm],
  (spec, steps, form) => {
    const cell = cellOf(spec);
    const stream = events(spec, steps);
    const random = generator(spec.seed);
    const mixed = stream.map(event => mapped(event, values => inForm(form, values, random)));
    sameBits(stepped(cell, mixed), stepped(cell, stream));
  },
);

law('one by one, as a list and as ndarrays are the same', [someSpec, someSteps], (spec, steps) => {
  const cell = cellOf(spec);
  const stream = events(spec, steps);
  const want = stepped(cell, stream);
  sameBits(stateful(cell).map(stream).map(numbers), want);
  const random = generator(spec.seed);
  const half = Math.floor(steps / 2);
  const model = stateful(cell);
  for (const [first, last] of [
    [0, half],
    [half, steps],
  ]) {
    const y = model.map(sequences(stream.slice(first, last), spec, random));
    sameBits(
      Array.from({ length: last - first }, (_, t) => stepAt(y, t)),
      want.slice(first, last),
    );
  }
  const chunks: unknown[] = [];
  from([stream.slice(0, half), stream.slice(half)])
    .pipe(recur(cell, { chunks: true }))
    .subscribe(list => chunks.push(...list.map(numbers)));
  sameBits(chunks, want);
});

law(
  'a column of a batch is a stream of its own, in single steps and in sequences',
  [someSpec, someSteps, fc.integer({ min: 1, max: 4 })],
  (spec, steps, count) => {
    const cell = cellOf(spec);
    const columns = Array.from({ length: count }, (_, j) => events(spec, steps, 100 * j));
    const batch = batched(columns, generator(spec.seed));
    const answers = recorded(cell, batch);
    const mappedAll = stateful(cell).map(batch);
    for (const [j, column] of columns.entries()) {
      const want = stepped(cell, column);
      for (const ys of [answers, mappedAll])
        sameBits(
          ys.map(y => columnOf(y, j)),
          want,
        );
    }
  },
);

const recorded = (
  cell: ReturnType<typeof cellOf>,
  stream: readonly Readonly<Record<Name, NdArray>>[],
) => {
  const ys: object[] = [];
  from(stream)
    .pipe(recur(cell))
    .subscribe(y => ys.push(y));
  return ys;
};

const columnOf = (y: object, j: number) =>
  Object.entries(y).map(([name, array]) => {
    expect(array).toBeInstanceOf(NdView);
    const { data, shape } = array as NdView;
    const [rows, batch] = shape;
    return [name, Array.from({ length: rows }, (_, i) => data[i * batch + j])];
  });

law('a reset begins anew, and a snapshot goes on', [someSpec, someSteps], (spec, steps) => {
  const cell = cellOf(spec);
  const stream = events(spec, steps);
  const want = stepped(cell, stream);
  const model = stateful(cell);
  for (const event of stream) model(event);
  model.reset();
  sameBits(
    stream.map(event => numbers(model(event))),
    want,
  );
  const half = Math.floor(steps / 2);
  const first = stateful(cell);
  first.map(stream.slice(0, half));
  const second = stateful(cell, { restore: JSON.parse(JSON.stringify(first.snapshot())) });
  sameBits(second.map(stream.slice(half)).map(numbers), want.slice(half));
});

law(
  'each key is a stream of its own, alone and in batches',
  [someSpec, someSteps, fc.constantFrom(1, 2, 7)],
  (spec, steps, maxSize) => {
    const cell = cellOf(spec);
    const streams = [0, 1, 2].map(j => events(spec, steps, 100 * j));
    const all = Array.from({ length: steps }, (_, t) =>
      streams.map((s, key) => ({ key, x: s[t] })),
    );
    const answers: unknown[][] = [[], [], []];
    from(all.flat())
      .pipe(
        recurBy(cell, {
          key: e => e.key,
          select: (e: { key: number; x: Event }) => e.x,
          project: (y, e) => ({ y, key: e.key }),
          ...(maxSize > 1 && { batch: { maxSize, maxDelay: 1000 } }),
        }),
      )
      .subscribe(({ y, key }) => answers[key].push(numbers(y)));
    for (const [j, stream] of streams.entries()) sameBits(answers[j], stepped(cell, stream));
  },
);

law(
  'what goes in is never altered, and what comes out stays as it is',
  [someSpec, someSteps],
  (spec, steps) => {
    const model = stateful(cellOf(spec));
    const stream = events(spec, steps);
    const before = structuredClone(stream);
    const kept = stream.map(event => {
      const y = model(event);
      return { y, copy: structuredClone(y) };
    });
    sameBits(stream, before);
    for (const { y, copy } of kept) sameBits(y, copy);
  },
);

law('cells join by name, in any order', [someSpec, someSteps], (spec, steps) => {
  const { x, hidden, z, seed } = spec;
  const inputs = { x: 'input', m: 'input' };
  const options = { seed, projectionSize: z };
  const text = "h' = φ(W_h (m * x) + U_h h)\nz = σ(V_z h')\nq = -h'";
  const first = defineCell('Two', text, { inputs, outputs: ['q', 'z'] })(
    { x, m: x },
    hidden,
    options,
  );
  const second = defineCell('Join', 'y = W_a z + W_b q', { inputs: { z: 'input', q: 'other' } })(
    { z, q: hidden },
    3,
    { seed },
  );
  const joined = stateful(chain(first, second));
  const split = stateful(chain(first, y => ({ q: y.q, z: y.z }), second));
  const [a, b] = [stateful(first), stateful(second)];
  for (const { x, m } of events(spec, steps)) {
    const want = b(a({ x, m }));
    sameBits(joined({ x, m }), want);
    sameBits(split({ x, m }), want);
  }
});
