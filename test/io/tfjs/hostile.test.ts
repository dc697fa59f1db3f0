import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecurError } from '../../../src/index.js';
import { readTfjs } from '../../../src/io/tfjs/index.js';
import { refusal } from '../files.js';
import { caseNamed, shardOf } from './models.js';

const seeds = [
  'a graph: concatenated, added, multiplied',
  'Conv1D and GRU',
  'quantised to uint8',
].map(name => ({ json: caseNamed(name).modelJson as object, shard: shardOf(caseNamed(name)) }));

/** Reads what may be anything, or a RecurError refuses it; tells how long it took. */
function soonest(json: object | string, shard: Uint8Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 5 && least >= 100; attempt++) {
    const begin = performance.now();
    try {
      readTfjs(json, shard);
    } catch (error) {
      if (!(error instanceof RecurError) || error.cause instanceof TypeError) throw error;
      expect(error.message).not.toMatch(/\p{C}/u);
    }
    least = Math.min(least, performance.now() - begin);
  }
  return least;
}

/** Every place in a JSON value: the object or array, and the key. */
function placesIn(value: unknown): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const record = value as Record<string, unknown>;
  return Object.keys(record).flatMap(key => [
    [record, key] as [Record<string, unknown>, string],
    ...placesIn(record[key]),
  ]);
}

const junk = fc.oneof(
  fc.constantFrom(null, true, -1, 0, 0.5, 3, 2 ** 24, 2 ** 53, 1e308, '', 'tanh', '\u001b[31m'),
  fc.constantFrom(
    [],
    {},
    [[]],
    [2 ** 24, 2 ** 24],
    ['__proto__', 0, 0],
    JSON.parse('{"__proto__":{}}'),
  ),
);

test('two thousand models with a value replaced or removed are read or refused', {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(fc.nat(2), fc.nat(), junk, fc.boolean(), (seed, place, value, isRemoved) => {
      const { json, shard } = seeds[seed];
      const model = structuredClone(json);
      const places = placesIn({ model });
      const [record, key] = places[place % places.length];
      if (isRemoved) delete record[key];
      else record[key] = value;
      expect(soonest(model, shard)).toBeLessThan(100);
      expect(soonest(JSON.stringify(model), shard)).toBeLessThan(100);
    }),
    { numRuns: 2000 },
  );
});

test('numbers that are none are refused', () => {
  const { json, shard } = seeds[0];
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const numbers = new Float32Array(shard.slice().buffer);
    numbers[numbers.length - 1] = value;
    expect(refusal(() => readTfjs(json, new Uint8Array(numbers.buffer)))).toContain(
      `expected finite float32 numbers, got ${value} at`,
    );
  }
});

const texts: Readonly<Record<string, readonly [given: unknown, message: string]>> = {
  'no JSON': ['{', 'model.json: expected JSON, got text that is not'],
  'bytes that are no UTF-8': [Uint8Array.of(0xff), 'model.json: expected text in UTF-8, got other'],
  'a list': ['[]', 'model.json: expected an object, got an array of length 0'],
  nothing: [undefined, 'model.json: expected an object, got undefined'],
  'a graph model': ['{"format":"graph-model"}', "expected 'layers-model', got 'graph-model'"],
  'a model without a topology': ['{"weightsManifest":[]}', 'modelTopology: expected an object'],
  'a name twice': ['{"format":"layers-model","format":""}', "got 'format' twice"],
  'a text of two million characters': [' '.repeat(2e6), 'expected at most 1048576 characters'],
};

test.each(Object.entries(texts))('%s is refused', (_, [given, message]) => {
  expect(refusal(() => readTfjs(given as object, new Uint8Array(0)))).toContain(message);
});

test('models within each other are read to a depth', () => {
  const inner = { class_name: 'Activation', config: { activation: 'tanh' } };
  let model: object = { class_name: 'Sequential', config: { layers: [inner] } };
  for (let i = 0; i < 100; i++) model = { class_name: 'Sequential', config: { layers: [model] } };
  const json = { modelTopology: model, weightsManifest: [] };
  expect(refusal(() => readTfjs(json, new Uint8Array(0)))).toContain(
    'expected at most 16 models within each other, got more',
  );
});
