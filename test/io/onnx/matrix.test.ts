import { expect, test } from 'vitest';
import { stateful } from '../../../src/core.js';
import { readOnnx } from '../../../src/io/onnx/index.js';

interface Case {
  readonly name: string;
  readonly exporter: string;
}

const script = new URL('../../onnx/matrix-case.mjs', import.meta.url).href;
const { cases, answerOf } = await import(/* @vite-ignore */ script);

/** A GRU whose file says another equation than its net: see faults.test.ts. */
const isTrue = ({ exporter }: Case) => !exporter.includes('2.10');

test.each((cases as Case[]).filter(isTrue))("$exporter, $name: PyTorch's numbers", one => {
  expect(answerOf(one, { readOnnx, stateful }).off).toBeLessThanOrEqual(1e-6);
});
