import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { stateful } from '../../../src/index.js';
import { hdf5 } from '../../../src/io/keras/hdf5.js';
import { readKeras, readKerasWeights } from '../../../src/io/keras/index.js';
import { refusal } from '../files.js';
import { bytesOf, cases, stepsFor } from './files.js';
import { placesOf, written } from './hdf5.js';

/** What test/golden/keras/chunked.py wrote. */
const files = unzipSync(bytesOf('chunked.zip'));
const refused: Record<string, string> = JSON.parse(new TextDecoder().decode(files['refused.json']));
const tensors = new Map(
  hdf5('forms', files['forms.h5'])
    .tensors('')
    .map(one => [one.name, one]),
);
const read = [...tensors.keys()].filter(name => !Object.hasOwn(refused, name));
const numbers = Float32Array.from({ length: 84 }, (_, i) => i);

test.each(read)('numbers of the form "%s" are those that h5py wrote', name => {
  expect(tensors.get(name)?.read()).toEqual(numbers);
});

test.each(Object.entries(refused))('numbers of the form "%s" are refused: %s', (name, why) => {
  expect(refusal(() => tensors.get(name)?.read())).toContain(`got ${why.replace(/.*got /, '')}`);
});

test('eleven forms are there, and six that are refused', () => {
  expect([read.length, Object.keys(refused).length]).toEqual([11, 6]);
});

const models = {
  'graph.h5': (bytes: Uint8Array) => readKeras(bytes),
  'bidirectional.keras': (bytes: Uint8Array) => readKeras(bytes),
  'gru.weights.h5': (bytes: Uint8Array) => {
    const { config } = cases.find(({ file }) => file === 'gru.weights.h5') ?? {};
    return readKerasWeights(bytes, config as object);
  },
};

test.each(Object.entries(models))(
  '%s in chunks answers the bits of the file it was',
  (file, of) => {
    const one = cases.find(own => own.file === file) as (typeof cases)[number];
    const [plain, chunked] = [bytesOf(file), files[file]].map(of);
    const steps = stepsFor(plain.inputSize, one);
    expect(String(chunked)).toBe(String(plain));
    expect(stateful(chunked).map(steps)).toEqual(stateful(plain).map(steps));
  },
);

test('the same numbers are read again, as a layer that is called twice does', () => {
  const one = tensors.get('deflated');
  expect(one?.read()).toEqual(one?.read());
});

/** Reads the numbers of all forms in a file, and tells the first that are refused otherwise. */
function firstFault(bytes: Uint8Array): string {
  return refusal(() => {
    for (const one of hdf5('forms', bytes).tensors('')) {
      if (!Object.hasOwn(refused, one.name)) one.read();
    }
  });
}

/** Leaves of trees of chunks; their first key begins 24 bytes on: size, mask, four offsets. */
const leaves = placesOf(files['forms.h5'], 'TREE\x01\0');

const hostile: Readonly<Record<string, readonly [(at: number) => Uint8Array, RegExp]>> = {
  'a chunk that lies outside': [
    at => written(files['forms.h5'], at + 64, 8, 2n ** 40n),
    /expected all within/,
  ],
  'a chunk of more bytes than the file': [
    at => written(files['forms.h5'], at + 24, 4, 2n ** 31n),
    /expected all within/,
  ],
  'a chunk in the place of another': [
    at => written(files['forms.h5'], at + 32, 8, 1n),
    /expected each chunk once, in its place, got one at \[1,0,0\]/,
  ],
  'a tree of fewer chunks': [
    at => written(files['forms.h5'], at + 6, 2, 0n),
    /expected \d+ chunks, got 0/,
  ],
  'a tree within itself': [
    at => written(written(files['forms.h5'], at + 5, 1, 1n), at + 64, 8, BigInt(at)),
    /expected no circle/,
  ],
};

test.each(Object.entries(hostile))('%s is refused', (_, [change, message]) => {
  expect(leaves.length).toBeGreaterThan(10);
  const found = leaves.map(at => {
    try {
      return firstFault(change(at));
    } catch {
      // Of chunks that nobody reads.
      return '';
    }
  });
  expect(found.filter(text => message.test(text)).length).toBeGreaterThan(6);
});

test('a flipped bit in deflated numbers is refused', () => {
  const bytes = files['forms.h5'];
  // zlib's first two bytes at level 4 and at level 9.
  const places = [...placesOf(bytes, '\x78\x5e'), ...placesOf(bytes, '\x78\xda')];
  const found = places.map(at => {
    try {
      return firstFault(written(bytes, at + 5, 1, BigInt(bytes[at + 5] ^ 16)));
    } catch {
      return '';
    }
  });
  expect(found.every(text => /its checksum|that inflate|bytes, got/.test(text))).toBe(true);
  expect(found.length).toBeGreaterThan(8);
});

test('chunks that unpack to far more than the file has bytes are refused before they are made', () => {
  const [zeros] = hdf5('bomb', files['bomb.h5']).tensors('');
  expect(refusal(() => zeros.read())).toMatch(
    /^bomb 'zeros': expected (an array|numbers) that fit/,
  );
});

test('messages that are shared are refused', () => {
  const old = bytesOf('embedding.h5');
  const at = Buffer.from(old).readUInt32LE(64) + 16;
  expect(refusal(() => readKeras(written(old, at + 4, 1, 2n)))).toContain('got shared ones');
});
