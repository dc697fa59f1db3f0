import { unzipSync, zipSync } from 'fflate';
import { chain, dense, gru, lstm } from '../../src/index.js';
import { hdf5 } from '../../src/io/keras/hdf5.js';
import { readKeras, readKerasWeights } from '../../src/io/keras/index.js';
import { bytesOf, inMatrix } from '../io/keras/files.js';

const files = ['lstm', 'bidirectional', 'causal', 'flat', 'graph', 'cells', 'states'];

/** Files with their numbers in chunks, deflated. */
const chunked = unzipSync(bytesOf('chunked.zip'));

const refused = JSON.parse(new TextDecoder().decode(chunked['refused.json']));

/** Numbers of HDF5 in all forms, which are all read. */
export const forms = {
  name: 'hdf5',
  seeds: () => [chunked['forms.h5']],
  read(bytes: Uint8Array) {
    const tensors = hdf5('forms', bytes).tensors('');
    return tensors.filter(({ name }) => !Object.hasOwn(refused, name)).map(one => one.read());
  },
};

export const keras = {
  name: 'keras',
  seeds: () => [
    ...files.map(file => bytesOf(`${file}.keras`)),
    ...inMatrix('.keras'),
    chunked['bidirectional.keras'],
  ],
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
  seeds: () => [
    ...['embedding.h5', 'graph.h5', 'states.h5'].map(bytesOf),
    ...inMatrix('.h5'),
    chunked['graph.h5'],
  ],
  read: (bytes: Uint8Array) => readKeras(bytes, { masking: 'ignore' }),
};

export const kerasWeights = {
  name: 'keras-weights',
  seeds: () => [bytesOf('gru.weights.h5'), chunked['gru.weights.h5']],
  read(bytes: Uint8Array) {
    return readKerasWeights(bytes, chain(gru(2, 3), lstm(3, 3), dense(3, 2), dense(2, 1)));
  },
};
