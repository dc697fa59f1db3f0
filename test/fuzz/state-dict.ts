import { bidirectionalCell, chain, dense, gru, gruCell, lstm } from '../../src/index.js';
import { readSafetensors, readStateDict, writeStateDict } from '../../src/io/index.js';
import type { Reader } from './reader.js';
import { safetensors } from './safetensors.js';

export const stateDict: Reader = {
  name: 'state-dict',
  seeds: () => [
    writeStateDict(chain(lstm(2, 3, { seed: 1 }), dense(3, 1, { seed: 2 }))),
    writeStateDict(chain(gru(1, 2, { seed: 1 }), gru(2, 2, { seed: 2 })), { prefix: 'rnn.' }),
    writeStateDict(bidirectionalCell(gruCell(1, 2, { seed: 1 }))),
  ],
  read: bytes => readStateDict(readSafetensors(bytes).tensors),
  inside: (seed, mutate) => (safetensors.inside as NonNullable<Reader['inside']>)(seed, mutate),
};
