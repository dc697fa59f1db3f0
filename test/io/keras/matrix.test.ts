import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stateful } from '../../../src/index.js';
import { load, save } from '../../../src/io/index.js';
import { readKeras, readKerasWeights } from '../../../src/io/keras/index.js';
import { readTfjs } from '../../../src/io/tfjs/index.js';
import { distance, nets } from './matrix-nets.js';

const readers = { readKeras, readKerasWeights, readTfjs };

test('docs/keras.md tells how many nets there are', () => {
  const page = readFileSync('docs/keras.md', 'utf8');
  expect(page).toContain(`reads ${nets().length} nets`);
});

describe.each(nets().map(net => [net.name, net] as const))('%s', (_, net) => {
  test.each(net.forms.map(one => [one.form, one] as const))(
    '%s has the numbers of Keras',
    (_, { read }) => {
      expect(distance(read(readers), net, stateful)).toBeLessThan(1e-5);
    },
  );

  test('saved as a model file and loaded, it is the same', () => {
    const model = net.forms[0].read(readers);
    const again = load(save(model));
    expect(String(again)).toBe(String(model));
    expect(distance(again, net, stateful)).toBe(distance(model, net, stateful));
  });
});
