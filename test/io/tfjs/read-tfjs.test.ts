import { expect, test } from 'vitest';
import { stateful } from '../../../src/index.js';
import { readTfjs } from '../../../src/io/tfjs/index.js';
import { caseNamed, cases, rowsOf, shardOf } from './models.js';

/** Largest difference of answers from those of tfjs, which come in the same order. */
function distance(got: readonly Float32Array[], wanted: readonly (readonly number[])[]): number {
  expect(got.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length));
  return Math.max(...got.flatMap((y, t) => [...y].map((v, i) => Math.abs(v - wanted[t][i]))));
}

test.each(cases.map(one => [one.name, one] as const))('%s: the numbers of tfjs', (_, one) => {
  const model = readTfjs(one.modelJson, shardOf(one));
  const { input, output } = one;
  const steps = rowsOf(input.values, model.inputSize);
  const ys = stateful(model).map(steps) as Float32Array[];
  const wanted = rowsOf(output.values, output.shape[output.shape.length - 1]);
  // Of a model that answers once, a stream answers at each step: the last is Keras's.
  expect(distance(ys.slice(-wanted.length), wanted)).toBeLessThan(1e-5);
});
void caseNamed;
