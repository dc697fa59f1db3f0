import {
  backwardCell,
  batchNormCell,
  bidirectionalCell,
  causalConv1dCell,
  chain,
  chainCell,
  contextCell,
  conv1dCell,
  defineCell,
  dense,
  embeddingCell,
  gru,
  gruCell,
  lastCell,
  lstm,
  maxPool1dCell,
  padCell,
  parallelCell,
  preluCell,
  read,
  recur,
  rnnCell,
  skipCell,
  sliceCell,
  softmaxCell,
  tap,
  windowCell,
} from '../../src/index.js';
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
    writeSafetensors(gru(2, 3, { seed: 2 }).params, {}, { weights: 'int8' }),
    writeSafetensors(gru(2, 3, { seed: 3 }).params, {}, { weights: 'float16' }),
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

/** A model of every kind of layer that a file may hold. */
const layers = () => {
  const both = bidirectionalCell(gruCell(2, 2, { seed: 1 }), 'add', gruCell(2, 2, { seed: 2 }));
  const pooled = chainCell(conv1dCell(2, 2, 2, { seed: 3, padding: 'same' }), maxPool1dCell(2, 2));
  return chainCell(
    tap('x', embeddingCell(4, 3, { seed: 4 })),
    contextCell(3, 3),
    padCell(6, 1, 1, 'reflect'),
    sliceCell(8, 0, 4),
    skipCell(causalConv1dCell(4, 4, 2, { seed: 5, groups: 2, dilation: 3 }), 'add'),
    parallelCell('concat', windowCell(2, both), chainCell(windowCell(2, pooled), preluCell(2))),
    tap('y'),
    read('y', 'x'),
    batchNormCell(9),
    softmaxCell(9),
    windowCell(3, chainCell(backwardCell(rnnCell(3, 2, { seed: 6 })), lastCell(2))),
    dense(2, 1, { seed: 7 }),
  );
};

export const model: Reader = {
  name: 'load',
  seeds: () => [
    save(dense(3, 2, { seed: 1 })),
    save(chain(lstm(2, 3, { seed: 1, clip: 2 }), dense(3, 1, { seed: 2, activation: 'relu' }))),
    save(layers()),
    save(chain(recur(own(2, 3, { seed: 3 }), { initialState: [1, 2, 3] }), gru(3, 2, { seed: 4 }))),
    save(chain(gru(2, 3, { seed: 5 }), dense(3, 2, { seed: 6 })), { weights: 'int8' }),
    save(chain(gru(2, 3, { seed: 7 }), dense(3, 2, { seed: 8 })), { weights: 'float16' }),
  ],
  read: load,
  inside: (seed, mutate) => (seed.length % 2 ? inside(seed, mutate) : insideModel(seed, mutate)),
};
