import { unzipSync, zipSync } from 'fflate';
import { chain, dense, gru, lstm } from '../../src/index.js';
import { readKeras, readKerasWeights } from '../../src/io/keras/index.js';
import { bytesOf, inMatrix } from '../io/keras/files.js';

const files = ['lstm', 'bidirectional', 'causal', 'flat', 'graph', 'cells', 'states'];

export const keras = {
  name: 'keras',
  seeds: () => [...files.map(file => bytesOf(`${file}.keras`)), ...inMatrix('.keras')],
  read: (bytes: Uint8Array) => readKeras(bytes, { masking: 'ignore' }),
  /** The archive's sizes and checksums are right again. */
  inside(seed: Uint8Array, mutate: (bytes: Uint8Array) => Uint8Array): Uint8Array {
    const all = unzipSync(seed);
    const name = mutate(seed)[0] % 2 ? 'config.json' : 'model.weights.h5';
    const level = mutate(seed)[1] % 2 ? 0 : 6;
    return zipSync({ ...all, [name]: mutate(all[name]) }, { level });
  },
};

export const keras2 = {
  name: 'keras2',
  seeds: () => [...['embedding.h5', 'graph.h5', 'states.h5'].map(bytesOf), ...inMatrix('.h5')],
  read: (bytes: Uint8Array) => readKeras(bytes, { masking: 'ignore' }),
};

export const kerasWeights = {
  name: 'keras-weights',
  seeds: () => [bytesOf('gru.weights.h5')],
  read(bytes: Uint8Array) {
    return readKerasWeights(bytes, chain(gru(2, 3), lstm(3, 3), dense(3, 2), dense(2, 1)));
  },
};
