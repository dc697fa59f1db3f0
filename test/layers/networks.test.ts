import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import {
  averagePool1dCell,
  backwardCell,
  bidirectionalCell,
  chainCell,
  contextCell,
  conv1dCell,
  denseCell,
  embeddingCell,
  globalAveragePool1dCell,
  gruCell,
  lastCell,
  lstmCell,
  mapSequences,
  maxPool1dCell,
  padCell,
  parallelCell,
  read,
  recur,
  skipCell,
  sliceCell,
  softmaxCell,
  stackCell,
  stateful,
  tap,
  windowCell,
} from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { farthest, vectors } from '../streams/sequences-of.js';

const a = lstmCell(5, 6, { seed: 1 });
const b = gruCell(5, 7, { seed: 2 });
const d = denseCell(5, 5, { seed: 3 });
const steps = vectors(12, 5, 1);

/** A model alone over a sequence: its own outputs are the oracle of what is made of it. */
const alone = (cell: unknown, xs: readonly ArrayLike<number>[]) =>
  stateful(cell as typeof d, { backend: 'portable' }).map(xs as Float32Array[]) ?? [];
const joined = (...parts: (readonly ArrayLike<number>[])[]) =>
  parts[0].map((_, t) => Float32Array.from(parts.flatMap(part => Array.from(part[t]))));

describe.each(backends())('on %s', backend => {
  const run = (cell: unknown) => stateful(cell as typeof d, { backend }).map(steps);

  test('branches side by side are the branches alone, combined', () => {
    const wanted = joined(alone(a, steps), alone(b, steps), alone(d, steps));
    expect(farthest(run(parallelCell('concat', a, b, d)), wanted)).toBeLessThan(1e-6);
    const g = gruCell(5, 5, { seed: 4 });
    const [x, y] = [alone(g, steps), alone(d, steps)];
    const sum = x.map((v, t) => v.map((value, i) => value + y[t][i]));
    expect(farthest(run(parallelCell('add', g, d)), sum)).toBeLessThan(1e-6);
    const product = x.map((v, t) => v.map((value, i) => value * y[t][i]));
    expect(farthest(run(parallelCell('multiply', g, d)), product)).toBeLessThan(1e-6);
  });

  test('a way around a layer adds, multiplies or appends its input', () => {
    const own = alone(d, steps);
    const sum = own.map((v, t) => v.map((value, i) => value + steps[t][i]));
    expect(farthest(run(skipCell(d)), sum)).toBeLessThan(1e-6);
    const wanted = joined(alone(a, steps), steps);
    expect(farthest(run(skipCell(a, 'concat')), wanted)).toBeLessThan(1e-6);
  });

  test('a chain goes on from taps', () => {
    const next = gruCell(17, 3, { seed: 5 });
    const net = chainCell(tap('x'), tap('d', d), tap('v', b), read('d', 'v', 'x'), next);
    const [dense, voice] = [alone(d, steps), alone(b, alone(d, steps))];
    const wanted = alone(next, joined(dense, voice, steps));
    expect(farthest(run(net), wanted)).toBeLessThan(2e-6);
    const back = chainCell(tap('d', d), b, read('d'));
    expect(farthest(run(back), dense)).toBeLessThan(1e-6);
  });

  test('a stack is its layers one after another', () => {
    const layers = [0, 1, 2].map(i => gruCell(i ? 4 : 5, 4, { seed: i }));
    const wanted = layers.reduce<readonly ArrayLike<number>[]>(
      (xs, cell) => alone(cell, xs),
      steps,
    );
    expect(farthest(run(stackCell(3, i => layers[i])), wanted)).toBeLessThan(2e-6);
  });

  test('contexts, padding and slices only move numbers', () => {
    const net = chainCell(contextCell(5, 3), padCell(8, 2, 3, 'reflect'), sliceCell(13, 1, 12));
    const flat = [0, 0, 0, ...steps.flatMap(x => [...x])];
    const wanted = steps.map((_, t) => {
      const w = flat.slice(t * 5, t * 5 + 8);
      return [w[2], w[1], ...w, w[6], w[5], w[4]].slice(1, 12);
    });
    expect(farthest(run(net), wanted)).toBe(0);
    const edges = stateful(padCell(5, 1, 2, 'edge'), { backend })(steps[0]);
    expect([...edges]).toEqual([steps[0][0], ...steps[0], steps[0][4], steps[0][4]]);
  });

  test('an embedding is a row of its table, and refuses what is no index', () => {
    const table = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const cell = embeddingCell(4, 3, { params: { weight: table } });
    const m = stateful(chainCell(cell, denseCell(3, 3, { seed: 1 })), { backend });
    const rows = stateful(cell, { backend });
    expect([0, 3, 1].map(i => [...rows(i)])).toEqual([
      [1, 2, 3],
      [10, 11, 12],
      [4, 5, 6],
    ]);
    for (const odd of [4, -1, 1.5, 1e9]) {
      expect(() => m(odd)).toThrow(
        `chain[0].embedding.x: expected a whole number from 0 to 3, got ${odd}`,
      );
    }
    expect(() => m(Number.NaN)).toThrow('finite');
    expect(() => m.map([[0], [7]])).toThrow('a whole number from 0 to 3, got 7');
  });

  test('both ways is forward, and backward on the steps reversed', () => {
    const backward = gruCell(5, 6, { seed: 6 });
    const there = alone(a, steps);
    const back = alone(backward, [...steps].reverse()).reverse();
    const merged = {
      concat: joined(there, back),
      add: there.map((v, t) => v.map((value, i) => value + back[t][i])),
      multiply: there.map((v, t) => v.map((value, i) => value * back[t][i])),
      average: there.map((v, t) => v.map((value, i) => (value + back[t][i]) / 2)),
    };
    for (const [merge, wanted] of Object.entries(merged)) {
      const cell = bidirectionalCell(a, merge as 'concat', backward);
      expect(farthest(run(cell), wanted), merge).toBeLessThan(1e-6);
    }
    expect(farthest(run(backwardCell(backward)), back)).toBeLessThan(1e-6);
  });

  test('a window is a sequence of its own, at every step of a stream', () => {
    const net = chainCell(
      conv1dCell(5, 8, 3, { padding: 'same', activation: 'relu', seed: 1 }),
      bidirectionalCell(lstmCell(8, 5, { seed: 2 }), 'concat', lstmCell(8, 5, { seed: 3 })),
      lastCell(10),
      softmaxCell(10),
    );
    const next = gruCell(10, 3, { seed: 4 });
    const windows = [steps.slice(0, 6), steps.slice(6)];
    const wanted = alone(
      next,
      windows.map(w => stateful(net, { backend }).map(w)[0]),
    );
    const flat = windows.map(w => Float32Array.from(w.flatMap(x => [...x])));
    const m = stateful(chainCell(windowCell(6, net), next), { backend });
    expect(
      farthest(
        flat.map(w => m(w)),
        wanted,
      ),
    ).toBeLessThan(1e-6);
    const columns = Float32Array.from({ length: 60 }, (_, k) => flat[k % 2][k >> 1]);
    const batch = stateful(windowCell(6, net), { backend })({
      ...{ data: columns, shape: [30, 2], stride: [2, 1], offset: 0 },
    });
    const own = flat.map(w => stateful(windowCell(6, net), { backend })(w));
    expect(batch.shape).toEqual([10, 2]);
    expect([...batch.data]).toEqual([...own[0]].flatMap((y, i) => [y, own[1][i]]));
  });
});

test('pooling takes the largest or the mean of its windows', () => {
  const x = [[1], [5], [2], [0], [-3]];
  const pooled = (cell: typeof d) =>
    stateful(cell)
      .map(x)
      .map(([y]) => y);
  expect(pooled(maxPool1dCell(1, 2) as never)).toEqual([5, 2]);
  expect(pooled(maxPool1dCell(1, 3, { stride: 2, padding: 1 }) as never)).toEqual([5, 5, 0]);
  expect(pooled(averagePool1dCell(1, 2, { padding: 'same' }) as never)).toEqual([3, 1, -3]);
  const counted = { padding: 1, includePadding: true };
  expect(pooled(averagePool1dCell(1, 2, counted) as never)).toEqual([0.5, 3.5, -1.5]);
  expect(pooled(globalAveragePool1dCell(1) as never)).toEqual([1]);
});

test('a chain with a layer that looks ahead does so too, in every form of a sequence', () => {
  const net = chainCell(
    tap('x'),
    backwardCell(gruCell(5, 2, { seed: 1 })),
    tap('b'),
    read('b', 'x'),
  );
  const ys = stateful(net).map(steps);
  const data = Float32Array.from({ length: 5 * 12 * 2 }, (_, k) => {
    const [i, t, j] = [Math.floor(k / 24), Math.floor(k / 2) % 12, k % 2];
    return steps[j ? t : 11 - t][i];
  });
  const array = stateful(net).map({ data, shape: [5, 12, 2], stride: [24, 2, 1], offset: 0 });
  expect(array.shape).toEqual([7, 12, 2]);
  const second = ys.map((_, t) =>
    Array.from({ length: 7 }, (_, i) => array.data[(i * 12 + t) * 2 + 1]),
  );
  expect(farthest(second, ys)).toBe(0);
  const chunks: unknown[] = [];
  from([steps, steps])
    .pipe(recur(net, { chunks: true }))
    .subscribe(chunk => chunks.push(chunk));
  expect(chunks).toEqual([ys, ys]);
  expect(() => stateful(net)(steps[0])).toThrow(
    'chain: expected a whole sequence: map(sequence), chunks: true or a window, got one step of a ' +
      'stream; it runs from the last step to the first',
  );
  const m = stateful(net);
  expect(() => m.map([steps[0], [1, 2]])).toThrow('[1].');
  expect(m.map([])).toEqual([]);
  const none = { data: new Float32Array(0), shape: [5, 0], stride: [0, 1], offset: 0 };
  expect(m.map(none).shape).toEqual([7, 0]);
});

test('a snapshot of what looks ahead is of where its sequences begin', () => {
  const cell = bidirectionalCell(gruCell(2, 2, { seed: 1 }), 'add', gruCell(2, 2, { seed: 2 }));
  const xs = vectors(4, 2, 3);
  const m = stateful(cell, {
    initialState: [
      [1, 2],
      [3, 4],
    ] as never,
  });
  const there = stateful(gruCell(2, 2, { seed: 1 }), { initialState: [1, 2] }).map(xs);
  const back = stateful(gruCell(2, 2, { seed: 2 }), { initialState: [3, 4] });
  const behind = back.map([...xs].reverse()).reverse();
  const wanted = there.map((v, t) => v.map((y, i) => y + behind[t][i]));
  expect(m.map(xs)).toEqual(wanted);
  const again = stateful(cell, { restore: m.snapshot() });
  expect(again.map(xs)).toEqual(wanted);
});

describe('arrays of sequences', () => {
  const both = bidirectionalCell(a, 'concat', lstmCell(5, 6, { seed: 8 }));

  test('run each to its own length, with zeros after it', () => {
    const [first, second] = mapSequences(both, [steps, steps], { lengths: [5, 12] });
    expect(first.outputs.slice(0, 5)).toEqual(stateful(both).map(steps.slice(0, 5)));
    expect(first.outputs.slice(5)).toEqual(Array(7).fill(new Float32Array(12)));
    expect(second.outputs).toEqual(stateful(both).map(steps));
    const [{ state }] = mapSequences(b, [steps], { lengths: [5] });
    const m = stateful(b);
    m.map(steps.slice(0, 5));
    expect(state).toEqual(m.state);
  });

  test('pass over masked steps: the state stays, the output is the one before', () => {
    const zero = new Float32Array(5);
    const masked = [zero, steps[0], zero, zero, steps[1]];
    const [{ outputs }] = mapSequences(b, [masked], { mask: 0 });
    const [y0, y1] = stateful(b).map(steps.slice(0, 2));
    expect(outputs).toEqual([new Float32Array(7), y0, y0, y0, y1]);
    const byStep = mapSequences(b, [masked], { mask: (_, t) => t % 2 === 0 });
    expect(byStep[0].outputs[0]).toEqual(new Float32Array(7));
    expect(byStep[0].outputs[1]).toEqual(y0);
  });

  test('mask member by member: layers without a state run at masked steps too', () => {
    const half = Array(7).fill(0.5);
    const inner = chainCell(b, denseCell(7, 5, { seed: 3 }));
    const last = denseCell(10, 2, { seed: 4 });
    const chained = chainCell(tap('x'), tap('q', inner), read('q', 'x'), last);
    const [{ outputs }] = mapSequences(chained, [steps.slice(0, 4)], {
      mask: (_, t) => t === 0 || t === 2,
      initialState: () => [undefined, [half, undefined], undefined, undefined] as const,
    });
    const m = stateful(b, { initialState: half });
    const [zeros, y1, y3] = [new Float32Array(7), m(steps[1]), m(steps[3])];
    const [before, after] = [inner.params[1], last.params];
    const dense = ({ weight, bias }: typeof before, v: ArrayLike<number>) =>
      Array.from(bias.data, (sum, o) => {
        return Array.from(v).reduce((s, vi, i) => s + weight.data[o * v.length + i] * vi, sum);
      });
    for (const [t, h] of [zeros, y1, y1, y3].entries()) {
      const wanted = dense(after, [...dense(before, h), ...steps[t]]);
      for (const [i, y] of outputs[t].entries()) expect(y).toBeCloseTo(wanted[i], 5);
    }
  });

  test('refuse lengths that do not fit, and a mask where a layer looks ahead', () => {
    expect(() => mapSequences(b, [steps], { lengths: [13] })).toThrow(
      'a length from 0 to 12, got 13',
    );
    expect(() => mapSequences(b, [steps], { lengths: [1, 2] })).toThrow('1 lengths, got 2');
    expect(() => mapSequences(both, [steps], { mask: 0 })).toThrow('none with Bidirectional(');
  });
});

test('misplaced names and sizes are refused where they are', () => {
  expect(() => chainCell(d, read('q'))).toThrow(
    "chain[1].read: expected the name of an earlier tap (none), got 'q'",
  );
  expect(() => chainCell(tap('q', d), tap('q'))).toThrow(
    'chain[1].tap: expected a name that is not',
  );
  expect(() => chainCell(d, lstmCell(4 as never, 2))).toThrow(
    'chain[1]: expected input size 5, the output size of Dense(5, 5), got Recur(LSTMCell(4, 2))',
  );
  expect(() => parallelCell('add', a, b)).toThrow(
    'parallel: expected outputs of one size, 6, got 7',
  );
  expect(() => parallelCell('concat', a, denseCell(3, 2))).toThrow(
    'parallel[1]: expected input size 5',
  );
  expect(() => parallelCell('sum' as never, a)).toThrow("'concat', 'add' or 'multiply'");
  expect(() => stateful(tap('x'))).toThrow('tap: expected its place in a chain');
  expect(() => padCell(3, 3, 0, 'reflect')).toThrow(
    'pad.before: expected a whole number from 0 to 2',
  );
  expect(() => windowCell(2, conv1dCell(1, 1, 3))).toThrow('a layer with outputs for 2 steps');
});

test('they print what they are made of', () => {
  const net = chainCell(
    tap('x'),
    tap('v', b),
    read('v', 'x'),
    parallelCell('concat', denseCell(12, 1), skipCell(denseCell(12, 12))),
  );
  expect(String(net)).toBe(
    'Chain(Tap(x), Tap(v, Recur(GRUCell(5, 7))), Read(v, x), ' +
      'Parallel(concat, Dense(12, 1), Skip(Dense(12, 12), add)))',
  );
  expect(String(bidirectionalCell(b, 'add', b))).toBe(
    'Bidirectional(Recur(GRUCell(5, 7)), Recur(GRUCell(5, 7)); add)',
  );
});
