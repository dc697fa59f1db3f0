import { expect, test } from 'vitest';
import { stateful } from '../../../src/index.js';
import { load, save } from '../../../src/io/index.js';
import { readKeras, readKerasWeights } from '../../../src/io/keras/index.js';
import { bytesOf, cases, joined, type KerasCase, stepsFor } from './files.js';

function modelOf({ file, config }: KerasCase) {
  return config ? readKerasWeights(bytesOf(file), config) : readKeras(bytesOf(file));
}

test.each(cases.map(one => [one.name, one] as const))('%s: the numbers of Keras', (_, one) => {
  const model = modelOf(one);
  const ys = stateful(model).map(stepsFor(model.inputSize, one)).map(joined);
  // Of a model that answers once, a stream answers at each step: the last is Keras's.
  const last = ys.slice(-one.output.length);
  expect(last.map(({ length }) => length)).toEqual(one.output.map(({ length }) => length));
  const off = last.flatMap((y, t) => [...y].map((v, i) => Math.abs(v - one.output[t][i])));
  expect(Math.max(...off)).toBeLessThan(1e-5);
});

test.each(cases.map(one => [one.name, one] as const))(
  '%s: saved as a model file and loaded, the same bits',
  (_, one) => {
    const model = modelOf(one);
    const steps = stepsFor(model.inputSize, one);
    const again = load(save(model));
    expect(String(again)).toBe(String(model));
    expect(stateful(again).map(steps)).toEqual(stateful(model).map(steps));
  },
);
