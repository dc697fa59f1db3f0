import { chain, defineCell, dense, gru, lstm, recur } from '../../src/index.js';
import { load, readSafetensors, save, writeSafetensors } from '../../src/io/index.js';
import type { Reader } from './reader.js';

const own = defineCell('Leaky', "h' = (1 - rate) * h + rate * φ(W_n x + U_n h)", {
  constants: { rate: 0.1 },
});

/** The header mutated and its length made right, or the tensors alone. */
function inside(seed: Uint8Array, mutate: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const view = new DataView(seed.buffer, seed.byteOffset);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = mutate(seed.slice(8, start));
  const bytes = new Uint8Array(8 + header.length + seed.length - start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set(seed.subarray(start), 8 + header.length);
  return bytes;
}

export const safetensors: Reader = {
  name: 'safetensors',
  seeds: () => [
    save(dense(3, 2, { seed: 1 })),
    writeSafetensors(gru(2, 3, { seed: 1 }).params, { format: 'pt' }),
  ],
  read: readSafetensors,
  inside,
};

/** A model's description is JSON in a string of JSON. */
function insideModel(seed: Uint8Array, mutate: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const { tensors, metadata } = readSafetensors(seed);
  const model = Buffer.from(mutate(Buffer.from(metadata.model))).toString();
  return writeSafetensors(tensors, { ...metadata, model });
}

export const model: Reader = {
  name: 'load',
  seeds: () => [
    save(dense(3, 2, { seed: 1 })),
    save(chain(lstm(2, 3, { seed: 1, clip: 2 }), dense(3, 1, { seed: 2, activation: 'relu' }))),
    save(chain(recur(own(2, 3, { seed: 3 }), { initialState: [1, 2, 3] }), gru(3, 2, { seed: 4 }))),
  ],
  read: load,
  inside: (seed, mutate) => (seed.length % 2 ? inside(seed, mutate) : insideModel(seed, mutate)),
};
