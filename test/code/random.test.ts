import { describe, expect, test } from 'vitest';
import { ModelBuilder } from '../../src/code/model.js';
import { random } from '../../src/code/random.js';
import { combine } from '../../src/code/rows.js';
import { lifted } from '../../src/code/sequences.js';
import { backends } from '../../src/kernels/backends.js';
import { philox } from '../../src/kernels/philox.js';
import * as i32 from '../../src/kernels/wasm/i32.js';
import * as local from '../../src/kernels/wasm/local.js';
import { philox as compiledPhilox } from '../../src/kernels/wasm/philox.js';
import { dataAt, runnable } from '../kernels/running.js';
import { engineOf, expectSameBits, forAll, oneByOne, throughSequence } from './driving.js';

/** Random123's kat_vectors, philox4x32 of 10 rounds: counter, key, words. */
const published = [
  [
    '00000000 00000000 00000000 00000000',
    '00000000 00000000',
    '6627e8d5 e169c58d bc57ac4c 9b00dbd8',
  ],
  [
    'ffffffff ffffffff ffffffff ffffffff',
    'ffffffff ffffffff',
    '408f276d 41c83b0e a20bc7c6 6d5451fd',
  ],
  [
    '243f6a88 85a308d3 13198a2e 03707344',
    'a4093822 299f31d0',
    'd16cfe09 94fdcceb 5001e420 24126ea1',
  ],
].map(row => row.map(words => words.split(' ').map(word => Number.parseInt(word, 16))));

/** The words as the paper has them, in whole numbers of any length. */
function plain(counter: readonly number[], key: readonly number[]): number[] {
  const mask = 0xffffffffn;
  let [a, b, c, d] = counter.map(BigInt);
  let [k0, k1] = key.map(BigInt);
  for (let round = 0; round < 10; round++) {
    const [p0, p1] = [0xd2511f53n * a, 0xcd9e8d57n * c];
    [a, b, c, d] = [(p1 >> 32n) ^ b ^ k0, p1 & mask, (p0 >> 32n) ^ d ^ k1, p0 & mask];
    [k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask];
  }
  return [a, b, c, d].map(Number);
}

/** The i-th of a vector's numbers at a state. */
const uniformAt = (key: readonly number[], state: readonly number[], i: number) =>
  (plain([Math.floor(i / 4), ...state], key)[i % 4] >>> 8) / 2 ** 24;

/** A model of one port that it leaves alone, which draws numbers. */
function drawing(size: number, key: readonly [number, number], rate?: number) {
  const builder = new ModelBuilder(1);
  const own = { op: 'random', key, of: [], size, where: 'random' } as const;
  return builder.model(builder.add({ ...own, ...(rate !== undefined && { rate }) }, random));
}

const steps = (count: number) => [Array.from({ length: count }, () => [0])];

describe('Philox 4x32-10', () => {
  test.each(published)('its published words of %j, %j are %j', (counter, key, words) => {
    expect(plain(counter, key)).toEqual(words);
    const own = Uint32Array.from(counter);
    philox(own, key[0], key[1]);
    expect([...own]).toEqual(words);
  });

  test.skipIf(backends().length < 2).each(published)(
    'compiled, its published words of %j, %j are %j',
    (counter, key, words) => {
      const at = dataAt;
      const { memory, run } = runnable(false, 1, e => {
        const locals = counter.map(() => e.fn.number());
        const store = (index: number, k: number) =>
          i32.store(i32.const(at + k * 4), 0, local.get(index));
        return [
          locals.map((index, k) => local.set(index, i32.const(counter[k] | 0))),
          compiledPhilox(e, locals, [key[0], key[1]]),
          locals.map(store),
        ];
      });
      run(0, 0, 0, 0);
      expect([...new Uint32Array(memory.buffer, at, 4)]).toEqual(words);
    },
  );

  test('it is the paper’s formula for any counter and key', () => {
    forAll(300, draw => {
      const counter = Array.from({ length: 4 }, () => draw(0xffffffff));
      const key = [draw(0xffffffff), draw(0xffffffff)];
      const own = Uint32Array.from(counter);
      philox(own, key[0], key[1]);
      expect([...own]).toEqual(plain(counter, key));
    });
  });
});

describe.each(backends())('%s', backend => {
  test('numbers follow from key, state and index alone', () => {
    forAll(40, draw => {
      const size = 1 + draw(69);
      const key = [draw(0xffffffff), draw(0xffffffff)] as const;
      const start = [draw(2 ** 24 - 8), draw(100), draw(2 ** 24 - 1)];
      const engine = engineOf(drawing(size, key), backend);
      const { ys, states } = oneByOne(engine, steps(5), [start]);
      const wanted = ys.map((_, t) => {
        const state = [start[0] + t, start[1], start[2]];
        return Array.from({ length: size }, (_, i) => uniformAt(key, state, i));
      });
      expect(ys).toEqual(wanted);
      expect(states).toEqual([[start[0] + 5, start[1], start[2]]]);
      // A stream that goes on from there draws what it would have drawn.
      const half = oneByOne(engine, steps(2), [start]);
      const rest = oneByOne(engine, steps(3), half.states);
      expect([...half.ys, ...rest.ys]).toEqual(ys);
      expectSameBits(engine, steps(9), [start]);
      engine.release?.();
    });
  });

  test('after 2²⁴ steps the count is carried', () => {
    const engine = engineOf(drawing(5, [1, 2]), backend);
    const { ys, states } = oneByOne(engine, steps(3), [[2 ** 24 - 1, 6, 3]]);
    expect(states).toEqual([[2, 7, 3]]);
    expect(ys[1]).toEqual([0, 1, 2, 3, 4].map(i => uniformAt([1, 2], [0, 7, 3], i)));
    engine.release?.();
  });

  test('the mask of dropout is 0 where a number is below the rate, else 1 / (1 − rate)', () => {
    forAll(40, draw => {
      const size = 1 + draw(69);
      const rate = [0, 0.1, 0.5, 0.9, draw(999) / 1000][draw(4)];
      const key = [draw(0xffffffff), 7] as const;
      const [numbers, mask] = [drawing(size, key), drawing(size, key, rate)].map(model =>
        engineOf(model, backend),
      );
      const start = [[draw(1000), 0, draw(5)]];
      const { ys } = oneByOne(numbers, steps(4), start);
      const wanted = ys.map(y =>
        y.map(u => (u < Math.fround(rate) ? 0 : Math.fround(1 / (1 - rate)))),
      );
      expect(oneByOne(mask, steps(4), start).ys).toEqual(wanted);
      expectSameBits(mask, steps(4), start);
      for (const engine of [numbers, mask]) engine.release?.();
    });
  });

  test('a share of the numbers is dropped that is within five deviations of the rate', () => {
    const engine = engineOf(drawing(1000, [3, 4], 0.3), backend);
    const { ys } = oneByOne(engine, steps(100), [[0, 0, 0]]);
    const share = ys.flat().filter(v => v === 0).length / 1e5;
    expect(Math.abs(share - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 1e5));
    const sum = ys.flat().reduce((a, b) => a + b, 0);
    expect(Math.abs(sum / 1e5 - 1)).toBeLessThan(5 * Math.sqrt(0.3 / 0.7 / 1e5));
    engine.release?.();
  });

  test('in a loop over a sequence, x times its mask is that of steps', () => {
    const builder = new ModelBuilder(6);
    const common = { size: 6, where: '' } as const;
    const own = { op: 'random', key: [5, 6], rate: 0.4, of: [] } as const;
    const mask = builder.add({ ...common, ...own }, random);
    const y = builder.add({ ...common, op: 'multiply', of: [0, mask] }, combine);
    const model = builder.model(y);
    const input = [Array.from({ length: 150 }, (_, t) => [1, 2, 3, 4, 5, t])];
    const [one, whole] = [model, lifted(model)].map(own => engineOf(own, backend));
    const { ys } = oneByOne(one, input, [[9, 0, 1]]);
    expect(throughSequence(whole, input, [[9, 0, 1]]).ys).toEqual(ys);
    const keep = Math.fround(1 / 0.6);
    const wanted = input[0].map((x, t) => {
      const state = [9 + t, 0, 1];
      return x.map((v, i) =>
        uniformAt([5, 6], state, i) < Math.fround(0.4) ? 0 : Math.fround(v * keep),
      );
    });
    expect(ys).toEqual(wanted);
    for (const engine of [one, whole]) engine.release?.();
  });
});
