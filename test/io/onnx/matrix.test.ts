import { expect, test } from 'vitest';
import { stateful } from '../../../src/core.js';
import { readOnnx } from '../../../src/io/onnx/index.js';

interface Case {
  readonly name: string;
  readonly exporter: string;
}

const script = new URL('../../onnx/matrix-case.mjs', import.meta.url).href;
const { cases, answerOf } = await import(/* @vite-ignore */ script);

test.each(cases as Case[])("$exporter, $name: PyTorch's numbers", one => {
  // A GRU whose file says another equation than its network is read as it was meant.
  const told = { readOnnx, stateful };
  expect(answerOf(one, told, { faults: 'repair' }).off).toBeLessThanOrEqual(1e-6);
});
