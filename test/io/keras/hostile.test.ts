import fc from 'fast-check';
import { unzipSync, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { RecurError } from '../../../src/index.js';
import { readKeras, readKerasWeights } from '../../../src/io/keras/index.js';
import { uniform } from '../../golden/generate.js';
import { refusal } from '../files.js';
import { bytesOf } from './files.js';
import { edited, placesOf, written } from './hdf5.js';

const archive = bytesOf('gru.keras');
const files = unzipSync(archive);
const old = bytesOf('embedding.h5');
const config = JSON.parse(Buffer.from(files['config.json']).toString());
const encoded = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const zipped = (more: Record<string, Uint8Array>, level: 0 | 6 = 0) =>
  zipSync({ ...files, ...more }, { level });
const reading = (bytes: unknown) => refusal(() => readKeras(bytes as Uint8Array));

/** Reads bytes that may be anything, or a RecurError refuses them; tells how long it took. */
function soonest(bytes: Uint8Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 5 && least >= 100; attempt++) {
    const begin = performance.now();
    try {
      readKeras(bytes);
    } catch (error) {
      if (!(error instanceof RecurError) || error.cause instanceof TypeError) throw error;
      expect(error.message).not.toMatch(/\p{C}/u);
    }
    least = Math.min(least, performance.now() - begin);
  }
  return least;
}

const cases: Readonly<Record<string, readonly [bytes: unknown, message: string]>> = {
  'what are no bytes': ['PK', "readKeras: expected a file's bytes as a Uint8Array, got 'PK'"],
  'an empty file': [
    new Uint8Array(0),
    'Keras: expected a .keras archive or an HDF5 file, got an empty file',
  ],
  'an archive cut short': [archive.subarray(0, 20_000), '.keras: expected a zip archive'],
  'an archive without weights': [
    zipSync({ 'config.json': files['config.json'] }, { level: 0 }),
    '.keras: expected model.weights.h5, got no such file',
  ],
  'a compressed archive that is a bomb': [
    zipped({ 'config.json': new Uint8Array(2 ** 26) }, 6),
    ".keras 'config.json': expected an array that fits, got 67108864 bytes in",
  ],
  'an archive with a file twice': [
    edited(zipped({ 'config.jsoX': files['config.json'] }), 'config.jsoX', (bytes, at) => {
      return written(bytes, at + 10, 1, 0x6en);
    }),
    ".keras: expected every name once, got 'config.json' twice",
  ],
  'an archive with a bit that flipped in its config': [
    edited(zipped({}), '"class_name"', (bytes, at) => written(bytes, at + 1, 1, 0x43n)),
    ".keras 'config.json': expected its checksum, got another; it is damaged",
  ],
  'a config of more than a million characters': [
    zipped({ 'config.json': new Uint8Array(2 ** 20 + 1).fill(0x20) }),
    'config.json: expected at most 1048576 characters, got 1048577',
  ],
  'a config that says something twice': [
    zipped({ 'config.json': new TextEncoder().encode('{"config":{},"config":{}}') }),
    "config.json: expected every name once, got 'config' twice",
  ],
  'a config nested a hundred thousand deep': [
    zipped({
      'config.json': new TextEncoder().encode(
        `{"class_name":"Sequential","config":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
      ),
    }),
    'config.json: expected at most 256 levels, got more',
  ],
  'weights that are no HDF5': [
    zipped({ 'model.weights.h5': new Uint8Array(100) }),
    'model.weights.h5: expected an HDF5 file, got 100 other bytes',
  ],
  'an HDF5 file cut short': [old.subarray(0, old.length - 1000), '.h5: expected all within'],
  'an HDF5 file of a newer kind': [
    written(old, 8, 1, 3n),
    ".h5: expected superblock 0, got superblock 3; Keras writes as h5py does by default: libver='earliest'",
  ],
  'a group that is within itself': [
    edited(old, 'SNOD', (bytes, node) => {
      return written(bytes, node + 16, 8, BigInt(Buffer.from(old).readUInt32LE(64)));
    }),
    '.h5: expected no circle, got byte',
  ],
  'a tree that is within itself': [
    edited(old, 'TREE', (bytes, tree) => {
      return written(written(bytes, tree + 5, 1, 1n), tree + 32, 8, BigInt(tree));
    }),
    '.h5: expected',
  ],
  'a node of 65535 names': [
    edited(old, 'SNOD', (bytes, node) => written(bytes, node + 6, 2, 65535n)),
    '.h5: expected',
  ],
  'names that lie outside': [
    edited(old, 'HEAP', (bytes, heap) => written(bytes, heap + 24, 8, 2n ** 63n)),
    '.h5: expected all within',
  ],
  'text that lies outside': [
    edited(old, 'GCOL', (bytes, heap) => written(bytes, heap + 8, 8, 2n ** 53n)),
    '.h5: expected all within',
  ],
};

test.each(Object.entries(cases))('%s is refused', (_, [bytes, message]) => {
  expect(reading(bytes)).toContain(message);
});

test('weights that are NaN or infinite are refused by their names', () => {
  const h5 = files['model.weights.h5'];
  // The kernel of the first layer of the second model: make.py.
  const kernel = uniform(2000, 24, 0.7);
  const [at] = placesOf(h5, Buffer.from(kernel.buffer).toString('latin1'));
  for (const [bits, value] of [
    [0x7fc00000n, 'NaN'],
    [0xff800000n, '-Infinity'],
  ] as const) {
    const bytes = written(h5, at + 12, 4, bits);
    expect(reading(zipped({ 'model.weights.h5': bytes }))).toBe(
      `GRU 'gru' 'gru/cell/vars/0': expected finite float32 numbers, got ${value} at 3`,
    );
  }
});

test('attributes that are no text are refused, where they are asked for', () => {
  const name = placesOf(old, 'keras_version')[0];
  // The name, with its zeros, is 16 bytes long; its datatype's class comes next.
  const message = ".h5: expected one text as 'keras_version', got 1 of class";
  expect(reading(written(old, name + 16, 1, 0x16n))).toBe(`${message} 6`);
  expect(reading(written(old, name + 16, 1, 0x11n))).toBe(`${message} 1`);
});

test('names of the prototype are names like others', () => {
  const polluted =
    '{"__proto__":{"polluted":true},"class_name":"Sequential","config":{"layers":[]}}';
  expect(reading(zipped({ 'config.json': new TextEncoder().encode(polluted) }))).toContain(
    'layers',
  );
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const layer = { class_name: name, config: { name, activation: name } };
    const model = { ...config, config: { layers: [config.config.layers[0], layer] } };
    const message = reading(zipped({ 'config.json': encoded(model) }));
    expect(message).toContain(`got no layer of class '${name}' here`);
  }
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test('a model may be its own input nowhere', () => {
  const graph = JSON.parse(
    Buffer.from(unzipSync(bytesOf('graph.keras'))['config.json']).toString(),
  );
  const [, lstm, dense] = graph.config.layers;
  const tensor = { class_name: '__keras_tensor__', config: { keras_history: [dense.name, 0, 0] } };
  lstm.inbound_nodes = [{ args: [tensor], kwargs: {} }];
  dense.inbound_nodes[0].args[0].config.keras_history[0] = lstm.name;
  const all = { ...unzipSync(bytesOf('graph.keras')), 'config.json': encoded(graph) };
  expect(reading(zipSync(all, { level: 0 }))).toMatch(
    /expected no circle, got one at '(lstm|dense)'/,
  );
});

/** Numbers that sizes, counts and addresses in a file may be, each of so many bytes. */
const lies = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  width: fc.constantFrom(1, 2, 4, 8),
  value: fc.oneof(
    fc.constantFrom(0n, 1n, 2n ** 16n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 64n - 1n),
    fc.bigInt({ min: 0n, max: 2n ** 15n }),
  ),
});

const changes = fc.oneof(
  fc.record({ lies: fc.array(lies, { minLength: 1, maxLength: 4 }) }),
  fc.record({ length: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ flips: fc.array(fc.nat(2 ** 20), { minLength: 1, maxLength: 8 }) }),
  fc.record({ copy: fc.tuple(fc.nat(2 ** 15), fc.nat(2 ** 15), fc.nat(4096)) }),
);

/** A file with what a change says. */
function changed(bytes: Uint8Array, change: object): Uint8Array {
  const { lies, length, flips, copy } = change as Record<string, never>;
  if (length !== undefined) return bytes.slice(0, Math.floor(bytes.length * length));
  if (lies !== undefined) {
    return (lies as { at: number; width: number; value: bigint }[]).reduce((file, lie) => {
      // Most structures begin at multiples of 8.
      const at = Math.floor((lie.at * (file.length - 8)) / lie.width) * lie.width;
      return written(file, at, lie.width, lie.value);
    }, bytes);
  }
  const result = bytes.slice();
  if (flips !== undefined) {
    for (const bit of flips as number[]) result[(bit >> 3) % result.length] ^= 1 << (bit & 7);
    return result;
  }
  const [from, to, count] = copy as [number, number, number];
  result.copyWithin(to % result.length, from % result.length, (from % result.length) + count);
  return result;
}

test('two thousand files with lying numbers, flipped bits, or cut short are read or refused', {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(changes, fc.nat(2), (change, which) => {
      const seeds = [
        () => changed(old, change),
        () => zipped({ 'model.weights.h5': changed(files['model.weights.h5'], change) }),
        () => changed(archive, change),
      ];
      expect(soonest(seeds[which]())).toBeLessThan(100);
    }),
    { numRuns: 2000 },
  );
});

const junk = fc.oneof(
  fc.constantFrom(null, true, -1, 0, 0.5, 2 ** 24, 2 ** 53, 1e308, '', 'tanh', '\u001b[31m'),
  fc.constantFrom([], {}, [[]], [null, null, 2 ** 24], { class_name: 'LSTM', config: {} }),
);

/** Every place in a JSON value: the object or array, and the key. */
function placesIn(value: unknown): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const record = value as Record<string, unknown>;
  return Object.keys(record).flatMap(key => [
    [record, key] as [Record<string, unknown>, string],
    ...placesIn(record[key]),
  ]);
}

test('two thousand configs with a value replaced or removed are read or refused', {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(fc.nat(), junk, fc.boolean(), (place, value, isRemoved) => {
      const model = structuredClone(config);
      const places = placesIn({ model });
      const [record, key] = places[place % places.length];
      if (isRemoved) delete record[key];
      else record[key] = value;
      expect(soonest(zipped({ 'config.json': encoded(model) }))).toBeLessThan(100);
    }),
    { numRuns: 2000 },
  );
});

test('numbers of a layout that is none are refused with the line that writes another', () => {
  // A layout of version 3: class 1 is one block, 3 is of several files.
  const places = Array.from(old, (_, at) => at).filter(at => old[at] === 3 && old[at + 1] === 1);
  const messages = places.map(at => reading(written(old, at + 1, 1, 3n)));
  const found = messages.filter(message => message.includes('got data of another layout'));
  expect(found.length).toBeGreaterThan(0);
  for (const message of found) expect(message).toContain('h5repack -f NONE -l CONTI');
});

test('weights alone are refused in the same words', () => {
  expect(refusal(() => readKerasWeights(new Uint8Array(3), config))).toBe(
    '.weights.h5: expected an HDF5 file, got 3 other bytes',
  );
  expect(refusal(() => readKerasWeights(bytesOf('gru.weights.h5'), 7 as never))).toBe(
    'readKerasWeights: expected a layer, a cell, or a config of Keras, got 7',
  );
});
