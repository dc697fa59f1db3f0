import { expect, test } from 'vitest';
import {
  chain,
  defineCell,
  dense,
  denseCell,
  lstm,
  recur,
  rnnCell,
  stateful,
} from '../../src/index.js';
import { save } from '../../src/io/index.js';
import { refusal } from './files.js';

const refusing = (model: unknown) => refusal(() => save(model as never));

function halved(x: Float32Array): Float32Array {
  return x.map(v => v / 2);
}

function counted(count: number, _: unknown): [number, number] {
  return [count + 1, count];
}

test('a plain function is refused by its place and name', () => {
  const hint = "a function can't be saved";
  expect(refusing(chain(dense(2, 2), halved))).toBe(
    `chain[1]: expected a layer made of equations, got the function halved; ${hint}`,
  );
  expect(refusing(chain(lstm(1, 2), chain(dense(2, 2), halved)))).toContain('chain[1].chain[1]: ');
  expect(refusing(recur(counted, { initialState: 0 }))).toBe(
    `save: expected a layer made of equations, got the function counted; ${hint}`,
  );
  expect(refusing(chain(dense(1, 1), x => x))).toContain('chain[1]: expected a layer made of');
});

test('what is no model is refused', () => {
  expect(refusing(halved)).toBe('save: expected a layer or a cell, got the function halved');
  expect(refusing(null)).toBe('save: expected a layer or a cell, got null');
  expect(refusing(stateful(denseCell(1, 1)))).toContain('save: expected a layer or a cell');
});

test('a layer with configuration of a stream is refused', () => {
  expect(refusing(recur(rnnCell(1, 1), { reuse: true, chunks: true }))).toBe(
    'save: expected a model without configuration, got one with reuse, chunks;' +
      ' save the model that was given to recur',
  );
});

test('an initial state made by a factory is refused by its place', () => {
  const hint = 'give it to recur(load(bytes), { initialState }) again';
  const begun = recur(rnnCell(1, 2), { initialState: () => [1, 2] });
  expect(refusing(begun)).toBe(
    `save: expected an initial state that is a value, got a factory; ${hint}`,
  );
  expect(refusing(chain(dense(1, 1), begun))).toBe(
    `chain[1]: expected an initial state that is a value, got a factory; ${hint}`,
  );
  const whole = recur(chain(begun, dense(2, 1)), {
    initialState: () => [[1, 2], undefined] as const,
  });
  expect(refusing(whole)).toContain('save: expected an initial state that is a value');
});

test('what load would refuse is not written', () => {
  const long = defineCell('Long', `y = φ(W_y x)${' * 1'.repeat(1200)}`);
  expect(refusing(long(1, 1))).toBe(
    'model.equations: expected text of at most 4096, got 4812 characters',
  );
  expect(refusing(defineCell('A\nB', 'y = W_y x')(1, 1))).toContain(
    'model.name: expected printable',
  );
  const infinite = defineCell('Own', "h' = v * φ(W_h x)", { vectors: { v: 1e39 } });
  expect(refusing(infinite(1, 2))).toBe(
    "model 'v': expected finite float32 numbers, got Infinity at [0]",
  );
});
