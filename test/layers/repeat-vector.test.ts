import { describe, expect, test } from 'vitest';
import {
  chainCell,
  denseCell,
  gruCell,
  lastCell,
  lstmCell,
  recur,
  repeatVector,
  repeatVectorCell,
  stateful,
  windowCell,
} from '../../src/index.js';
import { load, save } from '../../src/io/index.js';
import { backends } from '../../src/kernels/backends.js';
import { vectors } from '../streams/sequences-of.js';

const encoder = gruCell(3, 5, { seed: 1 });
const decoder = lstmCell(5, 4, { seed: 2 });
const head = denseCell(4, 3, { seed: 3 });
const parts = [encoder, lastCell(5), repeatVectorCell(5, 7), decoder, head] as const;
const autoencoder = chainCell(...parts);

describe.each(backends())('on %s', backend => {
  /** The encoder's last output, given to the decoder again and again: one step at a time. */
  function byHand(steps: readonly Float32Array[]): number[] {
    const encode = stateful(encoder, { backend });
    const code = steps.map(x => encode(x)).at(-1) as Float32Array;
    const decode = stateful(chainCell(decoder, head), { backend });
    return Array.from({ length: 7 }, () => [...decode(code)]).flat();
  }

  test('every step comes so many times, in order, whatever its size', () => {
    for (const size of [1, 3, 4, 5, 37]) {
      const steps = vectors(3, size, 1);
      const ys = stateful(repeatVectorCell(size, 2), { backend }).map(steps);
      expect(ys).toEqual([0, 0, 1, 1, 2, 2].map(t => steps[t]));
    }
  });

  test('a sequence without steps stays one', () => {
    expect(stateful(repeatVectorCell(2, 3), { backend }).map([])).toEqual([]);
  });

  test('an autoencoder answers what its parts answer one step at a time, bit for bit', () => {
    for (const count of [1, 2, 7, 150]) {
      const steps = vectors(count, 3, 2);
      const ys = stateful(autoencoder, { backend }).map(steps) ?? [];
      expect(ys.flatMap(y => [...y])).toEqual(byHand(steps));
    }
  });

  test('in a window it is one program, with batches of windows', () => {
    const model = windowCell(6, autoencoder);
    expect(model.outputSize).toBe(21);
    const steps = vectors(6, 3, 3);
    const x = Float32Array.from(steps.flatMap(step => [...step]));
    const m = stateful(model, { backend });
    expect([...m(x)]).toEqual(byHand(steps));
    const other = x.map(value => -value);
    const data = Float32Array.from([...x].flatMap((value, i) => [value, other[i]]));
    const batch = { data, shape: [18, 2], stride: [2, 1], offset: 0 };
    const y = stateful(model, { backend })(batch as never) as unknown as { data: Float32Array };
    expect([...y.data].filter((_, i) => i % 2 === 0)).toEqual(byHand(steps));
  });

  test('what is not finite goes through it and is refused by what reads it', () => {
    const huge = denseCell(1, 1, { params: { weight: [3e38], bias: [0] } });
    const m = stateful(chainCell(huge, repeatVectorCell(1, 2), gruCell(1, 1)), { backend });
    expect(() => m.map([[1], [9]])).toThrow(
      /chain\[2\].*gru\.x: expected finite numbers, got Infinity/,
    );
    expect(stateful(chainCell(huge, repeatVectorCell(1, 2)), { backend }).map([[9]])).toEqual([
      Float32Array.of(Number.POSITIVE_INFINITY),
      Float32Array.of(Number.POSITIVE_INFINITY),
    ]);
  });
});

test('it is saved, loaded and printed, and a single step of a stream is refused', async () => {
  const loaded = (await load(save(autoencoder))) as unknown as { toString(): string };
  expect(String(loaded)).toBe(String(autoencoder));
  expect(String(repeatVector(5, 7))).toBe('RepeatVector(5, 7)');
  expect(() => stateful(repeatVectorCell(2, 3))([1, 2])).toThrow(
    'repeatVector: expected a whole sequence',
  );
  expect(() => repeatVectorCell(2, 0)).toThrow('repeatVector.times: expected');
  expect(() => recur(repeatVectorCell(1.5, 2))).toThrow('repeatVector.size: expected');
});
