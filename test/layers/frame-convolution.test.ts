import { describe, expect, test } from 'vitest';
import {
  causalConv1dCell,
  chainCell,
  conv2dCell,
  convTranspose2dCell,
  stateful,
} from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { cellOf, eventsOf, farFrom, frameCases } from '../golden/frames.js';
import { uniform } from '../golden/generate.js';
import { refusal } from '../io/files.js';
import { farthest } from '../streams/sequences-of.js';

describe.each(backends())('on %s the answer is that of PyTorch to 1e-6', backend => {
  test.each(frameCases)('%s', (_, one) => {
    const cell = cellOf(one);
    const answers = stateful(cell, { backend }).map(eventsOf(one, cell.inputSize));
    expect(farFrom(one, answers as Float32Array[])).toBeLessThan(1e-6);
  });
});

describe.each(backends().filter(name => name === 'simd'))(
  'portable and %s come to the same bits',
  backend => {
    test.each(frameCases.filter(([, { options }]) => !options.activation))('%s', (_, one) => {
      const cell = cellOf(one);
      const events = eventsOf(one, cell.inputSize);
      const [a, b] = (['portable', backend] as const).map(name =>
        stateful(cell, { backend: name }).map(events),
      );
      expect(b).toEqual(a);
    });
  },
);

const k = { bands: 4, kernel: [2, 3] } as const;

describe.each(backends())('on %s', backend => {
  test.each([
    { bands: 9, kernel: [3, 3], dilation: [2, 1], padding: 1, seed: 1 },
    { bands: 6, kernel: [2, 4], stride: [1, 2], groups: 3, activation: 'tanh', seed: 2 },
    { bands: 3, kernel: [4, 3], seed: 3 },
  ] as const)('frames one by one have the bits of all at once, %j', options => {
    const past = (options.kernel[0] - 1) * ('dilation' in options ? options.dilation[0] : 1);
    const [ins, outs, count] = [3, 6, 7];
    const one = conv2dCell(ins, outs, options);
    const { params } = one;
    const { seed: _, ...others } = options;
    const given = { ...others, params, frames: count, framePadding: [past, 0] } as const;
    const all = conv2dCell(ins, outs, given);
    const [size, bands] = [one.inputSize, options.bands];
    const frames = Array.from({ length: count }, (_, t) => uniform(t, size, 1));
    const x = new Float32Array(count * size);
    for (const [t, frame] of frames.entries()) {
      for (let c = 0; c < ins; c++) {
        x.set(frame.subarray(c * bands, (c + 1) * bands), (c * count + t) * bands);
      }
    }
    const y = stateful(all, { backend })(x) as Float32Array;
    const each = one.outputSize / outs;
    const answers = stateful(one, { backend }).map(frames) as Float32Array[];
    for (const [t, answer] of answers.entries()) {
      for (let o = 0; o < outs; o++) {
        const from = (o * count + t) * each;
        expect(answer.slice(o * each, (o + 1) * each)).toEqual(y.slice(from, from + each));
      }
    }
  });

  test('of one band it is the causal convolution of PyTorch’s Conv1d, to 1e-6', () => {
    const weight = uniform(1, 4 * 2 * 3, 1);
    const bias = uniform(2, 4, 1);
    const options = { groups: 2, params: { weight, bias } };
    const own = conv2dCell(4, 4, { ...options, bands: 1, kernel: [3, 1], dilation: [2, 1] });
    const other = causalConv1dCell(4, 4, 3, { ...options, dilation: 2 });
    const steps = Array.from({ length: 9 }, (_, t) => uniform(10 + t, 4, 1));
    const [a, b] = [own, other].map(cell => stateful(cell, { backend }).map(steps));
    expect(farthest(a as Float32Array[], b as Float32Array[])).toBeLessThan(1e-6);
  });

  test('sums of 1,920 terms in [−1, 1] are within 8e-6 of those in doubles', () => {
    const weight = uniform(1, 3 * 128 * 15, 1);
    const options = { bands: 7, kernel: [3, 5], frames: 3, bias: false } as const;
    const cell = conv2dCell(128, 3, { ...options, params: { weight } });
    const x = uniform(2, 128 * 21, 1);
    const wanted = Array.from({ length: 9 }, (_, y) => {
      const [o, f] = [Math.floor(y / 3), y % 3];
      let sum = 0;
      for (let c = 0; c < 128; c++) {
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 5; j++) {
            sum += weight[(o * 128 + c) * 15 + i * 5 + j] * x[(c * 3 + i) * 7 + f + j];
          }
        }
      }
      return sum;
    });
    const y = stateful(cell, { backend })(x) as Float32Array;
    expect(farthest([y], [wanted])).toBeLessThan(8e-6);
  });

  test('a sum that overflows is told of by the layer that reads it', () => {
    const params = { weight: [3e38], bias: [3e38] };
    const one = conv2dCell(1, 1, { bands: 2, kernel: [1, 1], params });
    const m = stateful(chainCell(one, convTranspose2dCell(1, 1, { bands: 2, kernel: [1, 2] })), {
      backend,
    });
    expect(refusal(() => m([0, 3]))).toBe(
      'chain[1].convTranspose2d.x: expected finite numbers, got Infinity at [1]',
    );
  });
});

test('options that are changed afterwards change nothing', () => {
  const [kernel, padding]: [[number, number], [number, number]] = [
    [1, 3],
    [1, 1],
  ];
  const cell = conv2dCell(1, 1, { bands: 4, kernel, padding, seed: 1 });
  const before = cell(undefined, [1, 2, 3, 4])[1];
  kernel[1] = 1;
  padding[0] = 0;
  expect(String(cell)).toBe('Conv2d(1, 1; bands=4, kernel=[1, 3], padding=[1, 1])');
  expect(cell(undefined, [1, 2, 3, 4])[1]).toEqual(before);
});

test.each<[string, () => unknown]>([
  [
    'conv2d: expected an object of options, got undefined',
    () => conv2dCell(2, 3, undefined as never),
  ],
  [
    'conv2d.kernel: expected [frames, bands], got 3',
    () => conv2dCell(2, 3, { ...k, kernel: 3 as never }),
  ],
  [
    'conv2d.bands: expected enough for one output, got 4; ' +
      'the kernel, or what is left out, reaches further',
    () => conv2dCell(2, 3, { ...k, kernel: [1, 5] }),
  ],
  [
    'conv2d.stride: expected 1 over frames, got 2; ' +
      'every frame that comes has an answer; with `frames`, an event is several',
    () => conv2dCell(2, 3, { ...k, stride: [2, 1] }),
  ],
  [
    'conv2d.framePadding: expected 0 where frames come one by one, got 1; ' +
      'those before a frame are the state; with `frames`, an event is several',
    () => conv2dCell(2, 3, { ...k, framePadding: 1 }),
  ],
  [
    "conv2d.padding: expected a count of bands, [before, after] or 'same', got -1",
    () => conv2dCell(2, 3, { ...k, padding: -1 }),
  ],
  [
    'conv2d.groups: expected a divisor of 2 and 3, got 2',
    () => conv2dCell(2, 3, { ...k, groups: 2 }),
  ],
  [
    'conv2d.weight: expected [3, 2, 2, 3] (output 3, input 2, kernel 2 × 3), got [1, 1, 1, 1]',
    () => conv2dCell(2, 3, { ...k, params: { weight: [[[[1]]]] } }),
  ],
  [
    'conv2d: expected at most 2²⁴ numbers with the zeros around them, got 67108864',
    () =>
      conv2dCell(4096, 4096, {
        ...{ bands: 1, kernel: [1, 1], stride: [1, 4096], groups: 4096, padding: [0, 4095] },
      }),
  ],
  [
    "convTranspose2d.padding: expected a count or [before, after], got 'same'",
    () => convTranspose2dCell(2, 3, { ...k, padding: 'same' as never }),
  ],
  [
    'convTranspose2d.outputPadding: expected a whole number from 0 to 1, got 2',
    () => convTranspose2dCell(2, 3, { ...k, stride: [1, 2], outputPadding: 2 }),
  ],
])('%s', (message, make) => {
  expect(refusal(make)).toBe(message);
});
