import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { causalConv1dCell, conv1dCell, recur, stateful } from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { convolve, farthest, vectors } from '../streams/sequences-of.js';

/** Inputs, outputs, kernel, dilation, groups. */
const causal = [
  [1, 1, 1, 1, 1],
  [1, 4, 3, 1, 1],
  [3, 5, 3, 2, 1],
  [4, 6, 3, 1, 2],
  [4, 4, 2, 3, 4],
  [6, 9, 3, 4, 3],
  [33, 17, 5, 1, 1],
] as const;

describe.each(causal)(
  'a causal convolution %d → %d, kernel %d, dilation %d, groups %d',
  (...args) => {
    const [inputSize, outputSize, kernelSize, dilation, groups] = args;
    const cell = causalConv1dCell(inputSize, outputSize, kernelSize, { dilation, groups, seed: 3 });
    const steps = vectors(14, inputSize, 1);
    const { weight, bias } = cell.params as Record<string, { data: ArrayLike<number> }>;
    const wanted = convolve(steps, {
      ...{ weight: weight.data, bias: bias.data, outputSize, kernelSize, dilation, groups },
      padding: [(kernelSize - 1) * dilation, 0],
    });

    test.each(backends())('is the convolution of what has come, on %s', backend => {
      const m = stateful(cell, { backend });
      const ys = steps.map(x => m(x));
      expect(farthest(ys, wanted)).toBeLessThan(2e-6);
      expect(stateful(cell, { backend }).map(steps)).toEqual(ys);
      const resumed = stateful(cell, { backend });
      resumed.map(steps.slice(0, 5));
      const rest = stateful(cell, { backend, restore: resumed.snapshot() });
      expect(steps.slice(5).map(x => rest(x))).toEqual(ys.slice(5));
    });
  },
);

const same = (count: number, kernel: number, stride: number, dilation: number) => {
  const total = Math.max(
    0,
    (Math.ceil(count / stride) - 1) * stride + (kernel - 1) * dilation + 1 - count,
  );
  return [Math.floor(total / 2), Math.ceil(total / 2)] as const;
};

/** Inputs, outputs, kernel, stride, dilation, groups, padding. */
const whole = [
  [4, 6, 3, 1, 1, 1, 0],
  [4, 6, 3, 2, 1, 1, 1],
  [4, 6, 3, 1, 2, 2, 'same'],
  [4, 4, 2, 3, 2, 4, [2, 1]],
  [4, 2, 5, 1, 1, 1, 'same'],
  [4, 2, 4, 2, 1, 1, 'same'],
  [1, 3, 2, 1, 1, 1, [0, 3]],
] as const;

describe.each(whole)(
  'a convolution %d → %d, kernel %d, stride %d, dilation %d, groups %d, padding %j',
  (inputSize, outputSize, kernelSize, stride, dilation, groups, padding) => {
    const options = { stride, dilation, groups, padding, seed: 4 };
    const cell = conv1dCell(inputSize, outputSize, kernelSize, options);
    const { weight, bias } = cell.params as unknown as Record<string, { data: ArrayLike<number> }>;

    test.each([1, 3, 11, 150])('over %d steps is what its formula says', count => {
      const steps = vectors(count, inputSize, 2);
      const around =
        padding === 'same'
          ? same(count, kernelSize, stride, dilation)
          : typeof padding === 'number'
            ? ([padding, padding] as const)
            : padding;
      const wanted = convolve(steps, {
        ...{ weight: weight.data, bias: bias.data, outputSize, kernelSize },
        ...{ stride, dilation, groups, padding: around },
      });
      expect(farthest(stateful(cell).map(steps), wanted)).toBeLessThan(2e-6);
    });
  },
);

test('a step of a stream is refused, with the reason', () => {
  const cell = conv1dCell(1, 2, 3);
  const reason = 'got one step of a stream; an output takes steps after its own';
  expect(() => stateful(cell)([1])).toThrow(reason);
  const errors: unknown[] = [];
  from([[1]])
    .pipe(recur(cell))
    .subscribe({ error: error => errors.push(String(error)) });
  expect(errors).toEqual([expect.stringContaining(reason)]);
});

test('chunks are sequences of their own', () => {
  const cell = conv1dCell(1, 1, 2, { params: { weight: [[[1, 1]]], bias: [0] } });
  const outputs: unknown[] = [];
  from([[[1], [2], [3]], [[4], [5]], [[6]]])
    .pipe(recur(cell, { chunks: true }))
    .subscribe(ys => outputs.push(ys.map(y => y[0])));
  expect(outputs).toEqual([[3, 5], [9], []]);
});

test('wrong sizes, groups and parameters are refused by name', () => {
  expect(() => conv1dCell(4, 6, 3, { groups: 4 })).toThrow('conv1d.groups: expected a divisor');
  const params = { weight: new Float32Array(5), bias: [0] };
  expect(() => causalConv1dCell(1, 1, 3, { params })).toThrow(
    'causalConv1d.weight: expected [1, 1, 3] (output 1, input 1, kernel 3), got [5]',
  );
  expect(() => conv1dCell(1, 1, 0)).toThrow('conv1d.kernelSize');
  expect(() => conv1dCell(1, 1, 1, { padding: -1 })).toThrow('conv1d.padding');
});

test('a dilated convolution of one feature rounds each tap before it adds the bias', () => {
  // weight · x = 1 + 2⁻¹¹ + 2⁻²⁴, of which a float32 keeps 1 + 2⁻¹¹.
  const [weight, bias] = [1 + 2 ** -12, -(1 + 2 ** -11)];
  const layer = causalConv1dCell(1, 1, 1, {
    dilation: 2,
    params: { weight: [[[weight]]], bias: [bias] },
  });
  for (const backend of backends().filter(name => !name.startsWith('relaxed'))) {
    expect(stateful(layer, { backend })([weight])).toEqual(Float32Array.of(0));
  }
});
