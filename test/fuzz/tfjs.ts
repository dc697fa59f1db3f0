import { parseJson } from '../../src/io/json.js';
import { readTfjs } from '../../src/io/tfjs/index.js';
import { inMatrix } from '../io/keras/files.js';
import { cases, maskedCases, shardOf } from '../io/tfjs/models.js';
import { Random } from './random.js';

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

/** Values that no JSON has, but an object in memory may. */
const strange: readonly (() => unknown)[] = [
  ...[() => undefined, () => Number.NaN, () => -0, () => 10n, () => Symbol('x'), () => () => 'x'],
  ...[() => new Array(2 ** 31), () => new Map([['a', 1]]), () => new Date(Number.NaN)],
  ...[() => new Float32Array(4), () => new ArrayBuffer(8), () => new SharedArrayBuffer(8)],
  () => Object.defineProperty({}, 'name', { enumerable: true, get: () => expectNothing() }),
  () => Object.create(null),
];

function expectNothing(): never {
  throw new Error('a getter of the caller');
}

/** An object with some values that no JSON has, and one of its parts within itself. */
function altered(value: unknown, random: Random): unknown {
  const places: [object: Record<string, unknown>, key: string][] = [];
  const walk = (part: unknown): void => {
    if (typeof part !== 'object' || part === null || ArrayBuffer.isView(part)) return;
    for (const [key, below] of Object.entries(part)) {
      places.push([part as Record<string, unknown>, key]);
      walk(below);
    }
  };
  walk(value);
  for (let n = random.below(3); n > 0 && places.length; n--) {
    const [object, key] = random.pick(places);
    const isCircle = random.next() < 0.2;
    object[key] = isCircle ? value : random.pick(strange)();
  }
  return value;
}

/** What tfjs hands to a handler of `save`: `ModelArtifacts`, in memory. */
export const artifacts = {
  name: 'tfjs-artifacts',
  seeds: () =>
    tfjs.seeds().map(seed => {
      const [text, shard] = parted(seed);
      const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(text));
      const weightSpecs = weightsManifest.flatMap((group: { weights: [] }) => group.weights);
      const own = { modelTopology, format: 'layers-model', weightSpecs };
      return joined(new TextEncoder().encode(JSON.stringify(own)), shard);
    }),
  read(bytes: Uint8Array) {
    // The highest byte of the length says what is altered: nothing of a seed.
    const [length, change] = [bytes.slice(0, 4), bytes[3] ?? 0];
    length[3] = 0;
    const [text, shard] = parted(Uint8Array.from(Buffer.concat([length, bytes.subarray(4)])));
    const parsed = parseJson('artifacts', new TextDecoder().decode(text));
    const random = new Random(bytes.reduce((sum, byte) => Math.imul(sum, 31) + byte, 7));
    const middle = random.below(shard.length + 1);
    const parts = [shard.slice(0, middle), shard.slice(middle)].map(({ buffer }) => buffer);
    const weightData = random.pick([shard, shard.slice().buffer, parts]);
    const own = { ...Object(parsed), weightData };
    const options = { masking: 'ignore' } as const;
    return readTfjs(change ? (altered(own, random) as object) : own, undefined, options);
  },
  inside(seed: Uint8Array, mutate: (bytes: Uint8Array) => Uint8Array): Uint8Array {
    const mutated = tfjs.inside(seed, mutate);
    mutated[3] = mutate(seed)[0] & 3;
    return mutated;
  },
};
