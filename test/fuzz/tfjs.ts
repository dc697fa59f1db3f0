import { readTfjs } from '../../src/io/tfjs/index.js';
import { inMatrix } from '../io/keras/files.js';
import { cases, maskedCases, shardOf } from '../io/tfjs/models.js';

/** A model.json and its shard in one: the length of the text, the text, the bytes. */
function joined(text: Uint8Array, shard: Uint8Array): Uint8Array {
  const length = new Uint8Array(Uint32Array.of(text.length).buffer);
  return new Uint8Array(Buffer.concat([length, text, shard]));
}

function parted(bytes: Uint8Array): [text: Uint8Array, shard: Uint8Array] {
  const length = bytes.length < 4 ? 0 : Buffer.from(bytes).readUInt32LE(0);
  return [bytes.subarray(4, 4 + length), bytes.subarray(4 + length)];
}

export const tfjs = {
  name: 'tfjs',
  seeds() {
    const [texts, shards] = ['.model.json', '.bin'].map(inMatrix);
    const own = [...cases, ...maskedCases].map(one => {
      return joined(new TextEncoder().encode(JSON.stringify(one.modelJson)), shardOf(one));
    });
    return [...own, ...texts.map((text, i) => joined(text, shards[i]))];
  },
  read: (bytes: Uint8Array) => readTfjs(...parted(bytes), { masking: 'ignore' }),
  /** The text's length is right again. */
  inside(seed: Uint8Array, mutate: (bytes: Uint8Array) => Uint8Array): Uint8Array {
    const [text, shard] = parted(seed);
    return joined(mutate(text), shard);
  },
};
