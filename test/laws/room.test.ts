import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isNdArray, NdView } from '../../src/arrays/ndarray.js';
import { chain, dense, lstm, recur, rnn, stateful } from '../../src/index.js';
import { columnOf, numbersOf, sameBits } from './bits.js';
import { emitted, folded, type Net, netOf, recurOf, someNet } from './nets.js';
import { generator, signal, someSeed, view } from './streams.js';

// What an engine takes in one call is bounded (64 streams or steps): more is the same numbers
// still.

const many = fc.constantFrom(63, 64, 65, 128, 130, 300);
const runs = { numRuns: 25 };

/** Vectors as one ndarray `[features, length]`. */
const matrix = (vectors: readonly number[][], seed: number) => {
  const [{ length }] = vectors;
  const values = Array.from({ length }, (_, i) => vectors.map(x => x[i])).flat();
  return view(values, [length, vectors.length], generator(seed));
};
/** The outputs of a chunk, one a step; a list where the user's own function answers. */
const columns = (value: unknown, n: number) =>
  isNdArray(value)
    ? Array.from({ length: n }, (_, j) => columnOf(value, j))
    : (value as unknown[]).map(numbersOf);

function foldedOrRefused(net: Net, stream: readonly number[][]) {
  const outputs: unknown[] = [];
  let state: unknown;
  for (const [t, x] of stream.entries()) {
    let y: unknown;
    try {
      [state, y] = net.cell(state, x);
    } catch (error) {
      return { outputs, state, error: `[${t}].${(error as Error).message}` };
    }
    outputs.push(y);
  }
  return { outputs, state, error: undefined };
}

test('a chunk of more steps equals single steps, as arrays and as an ndarray', () => {
  const holds = (spec: Parameters<typeof netOf>[0], steps: number, seed: number) => {
    const net = netOf(spec);
    const stream = signal(seed, spec.inputSize, steps);
    const { outputs, state, error } = foldedOrRefused(net, stream);
    if (error) {
      // A net that grows without bound: what one member makes the next one refuses.
      expect(() => stateful(net).map(stream)).toThrow(error);
      return;
    }
    const lists = outputs.map(y => [...(y as Float32Array)]);
    const mapped = stateful(net);
    sameBits(mapped.map(stream), outputs);
    sameBits(mapped.state, state);
    const asMatrix = stateful(net);
    sameBits(columns(asMatrix.map(matrix(stream, seed)), steps), lists);
    sameBits(asMatrix.state, state);
    const chunked = recurOf(net, { chunks: true });
    const cut = 1 + (seed % (steps - 1));
    const chunks = [stream.slice(0, cut), stream.slice(cut)];
    sameBits(emitted(chunked, chunks).flat(), outputs);
    const [first, second] = emitted(
      chunked,
      chunks.map(chunk => matrix(chunk, seed)),
    );
    sameBits([...columns(first, cut), ...columns(second, steps - cut)], lists);
  };
  fc.assert(fc.property(someNet, many, someSeed, holds), runs);
});

test('a batch of more columns equals its columns alone', () => {
  const holds = (spec: Parameters<typeof netOf>[0], batch: number, seed: number) => {
    const net = netOf(spec);
    const [first, second] = [
      signal(seed, spec.inputSize, batch),
      signal(seed + 1, spec.inputSize, batch),
    ];
    const m = stateful(net);
    const outputs = [m(matrix(first, seed)), m(matrix(second, seed))];
    for (let j = 0; j < batch; j += 1 + (seed % 7)) {
      const alone = folded(net, [first[j], second[j]]).outputs;
      sameBits(
        outputs.map(y => columnOf(y, j)),
        alone.map(y => [...(y as Float32Array)]),
      );
    }
  };
  fc.assert(fc.property(someNet, many, someSeed, holds), runs);
});

test('a batch of 300 equals its columns alone, states too', () => {
  const layer = chain(lstm(3, 17, { seed: 1 }), dense(17, 5, { seed: 2 }));
  const steps = Array.from({ length: 3 }, (_, t) => signal(t, 3, 300));
  const m = stateful(layer);
  const outputs = steps.map(step => m(matrix(step, 1)));
  const [{ h }] = m.state as unknown as [{ h: NdView }];
  for (let j = 0; j < 300; j++) {
    const own = stateful(layer);
    for (const [t, step] of steps.entries()) sameBits(columnOf(outputs[t], j), [...own(step[j])]);
    sameBits(columnOf(h, j), [...(own.state[0].h as Float32Array)]);
  }
});

/** A layer whose answer to 2 is beyond float32, and 0 to 0. */
const beyond = () =>
  dense(1, 1, { params: { weight: [[3e38]], bias: [0] }, activation: 'identity' });

describe('a chunk of which step 70 is refused', () => {
  const model = chain(lstm(1, 4, { seed: 1 }), dense(4, 2, { seed: 1 }));
  const bad = Array.from({ length: 100 }, (_, t) => [t === 70 ? Number.NaN : Math.sin(t)]);

  test.each([
    ['arrays', bad],
    ['an ndarray', new NdView(Float32Array.from(bad.flat()), [1, 100])],
  ])('of %s leaves the state as it was and says which', (_, chunk) => {
    const m = stateful(model);
    m([0.5]);
    const { state } = m;
    expect(() => m.map(chunk as number[][])).toThrow(
      '[70].chain[0].lstm.x: expected finite numbers, got NaN at [0]',
    );
    sameBits(m.state, state);
    const own = stateful(model);
    own([0.5]);
    sameBits(m([1]), own([1]));
  });

  test('by what one layer makes of it tells the same error as stepping', () => {
    const inner = chain(
      rnn(1, 1, { seed: 1, activation: 'identity' }),
      beyond(),
      lstm(1, 2, { seed: 1 }),
    );
    const stream = Array.from({ length: 80 }, () => [0]);
    stream[70] = [1e30];
    const messageOf = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    };
    const stepped = stateful(inner);
    for (const x of stream.slice(0, 70)) stepped(x);
    const one = messageOf(() => stepped(stream[70]));
    expect(one).toContain('chain[2].lstm.x: expected finite numbers, got ');
    expect(messageOf(() => stateful(inner).map(stream))).toBe(`[70].${one}`);
    const matrixOf = new NdView(Float32Array.from(stream.flat()), [1, 80]);
    expect(messageOf(() => stateful(inner).map(matrixOf))).toBe(`[70].${one}`);
    const chunked = recur(inner, { chunks: true });
    expect(messageOf(() => emitted(chunked as never, [stream]))).toBe(`[70].${one}`);
    const batch = new NdView(Float32Array.from(stream.flat()), [1, 80]);
    expect(messageOf(() => stateful(inner)(batch))).toBe(one);
  });
});

test('what one layer makes and the next refuses ends a chain as it ends its members piped', () => {
  const [a, b] = [beyond(), lstm(1, 3, { seed: 1 })];
  const stream = [[0], [0.5], [-1], [2], [0]];
  const told = (operator: unknown) => {
    const seen: unknown[] = [];
    try {
      for (const y of emittedOneByOne(operator, stream)) seen.push([...(y as Float32Array)]);
    } catch (error) {
      const { expected, got, step } = error as { expected: string; got: string; step: number };
      seen.push({ expected, got, step });
    }
    return seen;
  };
  expect(told(chain(a, b))).toEqual(told((source: never) => b(a(source))));
});

/** Outputs as they come, and then the error. */
function* emittedOneByOne(operator: unknown, stream: readonly number[][]) {
  for (let n = 1; n <= stream.length; n++) {
    yield emitted(operator as never, stream.slice(0, n)).at(-1);
  }
}
