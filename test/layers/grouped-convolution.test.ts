import { describe, expect, test } from 'vitest';
import { conv1dCell, stateful } from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { uniform } from '../golden/generate.js';
import { convolve, farthest } from '../streams/sequences-of.js';

/** Groups, inputs and outputs of each, kernel. */
const grouped = [4, 16, 64].flatMap(groups =>
  [
    [1, 1],
    [1, 2],
    [4, 4],
  ].flatMap(([ins, outs]) => [3, 7, 31].map(kernel => ({ groups, ins, outs, kernel }))),
);

describe.each(backends())('on %s', backend => {
  test('a grouped convolution of numbers in [−1, 1] is within 4e-6 of the one in doubles', () => {
    let worst = 0;
    for (const [i, { groups, ins, outs, kernel }] of grouped.entries()) {
      const [inputSize, outputSize] = [groups * ins, groups * outs];
      const weight = uniform(2 * i, outputSize * ins * kernel, 1);
      const bias = uniform(2 * i + 1, outputSize, 1);
      const steps = Array.from({ length: kernel + 5 }, (_, t) => {
        return uniform(1000 + 100 * i + t, inputSize, 1);
      });
      const options = { groups, params: { weight, bias } };
      const cell = conv1dCell(inputSize, outputSize, kernel, options);
      const wanted = convolve(steps, { weight, bias, outputSize, kernelSize: kernel, groups });
      const got = stateful(cell, { backend }).map(steps);
      expect(got).toHaveLength(6);
      worst = Math.max(worst, farthest(got, wanted));
    }
    expect(worst).toBeLessThan(4e-6);
  });
});
