import { describe, expect, test } from 'vitest';
import {
  type AnyCell,
  causalConv1dCell,
  chainCell,
  conv2dCell,
  denseCell,
  gruCell,
  lstmCell,
  mguCell,
} from '../../../src/index.js';
import { load, readSafetensors, save, writeStateDict } from '../../../src/io/index.js';
import { encodeModel } from '../../../src/io/onnx/encode.js';
import { halved } from '../../../src/io/onnx/halved.js';
import { readOnnx, writeOnnx } from '../../../src/io/onnx/index.js';
import { writtenGraph } from '../../../src/io/onnx/write-onnx.js';
import { refusal } from '../files.js';

const seed = 1;
const models: Readonly<Record<string, AnyCell>> = {
  sequences: chainCell(
    lstmCell(3, 8, { seed }),
    gruCell(8, 5, { seed }),
    denseCell(5, 2, { seed }),
  ),
  'a step': chainCell(mguCell(3, 16, { seed }), denseCell(16, 2, { seed })),
  convolutions: causalConv1dCell(8, 16, 3, { seed, dilation: 2 }),
  frames: conv2dCell(4, 8, { bands: 4, kernel: [2, 3], seed }),
};

describe.each(Object.entries(models))('%s in float16', (_, cell) => {
  const bytes = writeOnnx(cell, { weights: 'float16' });
  const rounded = load(save(cell, { weights: 'float16' }));

  test('are read back as the numbers that they were rounded to, bit for bit', () => {
    expect(Buffer.from(save(readOnnx(bytes)))).toEqual(Buffer.from(save(rounded)));
    expect(bytes.length).toBeLessThan(writeOnnx(cell).length);
  });

  test('are told of, with the largest difference', () => {
    let told = 0;
    writeOnnx(cell, { weights: 'float16', onRounded: ({ worst }) => (told = worst) });
    // Of numbers below 1 the last digit is at most 2⁻¹¹.
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(2 ** -12);
  });
});

test('a float16 file that says nothing of its model is read by its operators', () => {
  const cell = models.sequences;
  const rounded = load(save(cell, { weights: 'float16' }));
  const graph = halved(writtenGraph(rounded.cell as AnyCell));
  expect(graph.initializers.filter(({ isHalf }) => isHalf).length).toBe(5);
  expect(Buffer.from(save(readOnnx(encodeModel(graph))))).toEqual(Buffer.from(save(rounded)));
});

test('int8 is refused by name', () => {
  const refused = { weights: 'int8' } as const;
  expect(refusal(() => writeOnnx(models.sequences, refused))).toBe(
    "writeOnnx.weights: expected 'float32' or 'float16', got 'int8'; onnxruntime's quantize_dynamic makes int8 of the file",
  );
  expect(refusal(() => writeStateDict(models.sequences, refused))).toContain(
    "writeStateDict.weights: expected 'float32' or 'float16', got 'int8'",
  );
});

test('a state dict in float16 has its matrices in that, and its biases as they were', () => {
  const params = { weight: [0.1, 1 / 3, -2], bias: [0.1] };
  const bytes = writeStateDict(denseCell(3, 1, { params }), { weights: 'float16' });
  expect(Buffer.from(bytes).toString('latin1')).toContain('"weight":{"dtype":"F16"');
  const { tensors } = readSafetensors(bytes);
  // 1638 · 2⁻¹⁴ and 1365 · 2⁻¹², the nearest of eleven digits.
  expect(Array.from(tensors.weight.data)).toEqual([1638 * 2 ** -14, 1365 * 2 ** -12, -2]);
  expect(Array.from(tensors.bias.data)).toEqual([Math.fround(0.1)]);
});
