import { describe, expect, test } from 'vitest';
import { stateful } from '../../../src/index.js';
import { readOnnx, writeOnnx } from '../../../src/io/onnx/index.js';
import { cellOf, eventsOf, farFrom, frameCases } from '../../golden/frames.js';

describe('written and read again, the answer is that of PyTorch to 1e-6', () => {
  test.each(frameCases)('%s', (_, one) => {
    const cell = cellOf(one);
    const again = readOnnx(writeOnnx(cell));
    const answers = stateful(again).map(eventsOf(one, cell.inputSize)) as unknown;
    expect(farFrom(one, answers as Float32Array[])).toBeLessThan(1e-6);
  });
});
