import {
  activation,
  backward,
  batchNorm,
  bidirectional,
  causalConv1d,
  chain,
  conv1d,
  dense,
  embedding,
  globalMaxPool1d,
  gru,
  last,
  layerNorm,
  lstm,
  parallel,
  prelu,
  recur,
  repeatVector,
  skip,
  tap,
  window,
} from '../../src/index.js';
import type { Net } from './nets.js';

/** How a model is fed: events of two numbers, of six, of an index, or chunks of events of two. */
type Fed = 'events' | 'windows' | 'indices' | 'chunks';

const count = (n: number, y: Float32Array) => [n + 1, y] as const;

const normOf = (seed: number) => ({
  ...{ weight: [seed, 1], bias: [0, seed], runningMean: [0.1, -seed], runningVar: [seed, 2] },
});

/** Models of kinds that `nets.ts` does not draw, each from a seed, and what they are fed. */
export const sequenceModels: Readonly<Record<string, readonly [Fed, (seed: number) => unknown]>> = {
  'one cell': ['events', seed => gru(2, 4, { seed })],
  'a chain': ['events', seed => chain(lstm(2, 4, { seed }), dense(4, 3, { seed }))],
  'a plain function in a chain': [
    'events',
    seed =>
      chain(gru(2, 4, { seed }), (y: Float32Array) => y.map(v => v / 2), dense(4, 1, { seed })),
  ],
  'a recurrent function in a chain': [
    'events',
    seed => chain(gru(2, 4, { seed }), recur(count, { initialState: 0 }), dense(4, 1, { seed })),
  ],
  'a member that begins elsewhere': [
    'events',
    seed => chain(dense(2, 3, { seed }), recur(gru(3, 2, { seed }), { initialState: [0.5, -0.5] })),
  ],
  'branches, one with a function': [
    'events',
    seed =>
      parallel(
        'concat',
        gru(2, 3, { seed }),
        chain((x: Float32Array) => Float32Array.from(x), skip(dense(2, 2, { seed }), 'add')),
      ),
  ],
  'a tap of a chain': [
    'events',
    seed =>
      chain(tap('a', chain(gru(2, 3, { seed }), dense(3, 2, { seed }))), dense(2, 1, { seed })),
  ],
  'norms and activations': [
    'events',
    seed =>
      chain(
        batchNorm(2, { params: normOf(seed) }),
        layerNorm(2, { params: { weight: [1, seed], bias: [seed, 0] } }),
        prelu(2, { params: { alpha: [0.1 * seed, 0.2] } }),
        activation(2, 'tanh'),
      ),
  ],
  embedding: ['indices', seed => chain(embedding(7, 3, { seed }), gru(3, 2, { seed }))],
  'a causal convolution': ['events', seed => causalConv1d(2, 3, 2, { seed })],
  'a window': ['windows', seed => window(3, chain(gru(2, 3, { seed }), dense(3, 1, { seed })))],
  'both ways in a window': [
    'windows',
    seed => window(3, bidirectional(gru(2, 3, { seed }), 'add', lstm(2, 3, { seed }))),
  ],
  'both ways': [
    'chunks',
    seed =>
      chain(
        bidirectional(lstm(2, 3, { seed }), 'concat', gru(2, 2, { seed })),
        dense(5, 1, { seed }),
      ),
  ],
  backwards: ['chunks', seed => backward(gru(2, 3, { seed }))],
  'a convolution': [
    'chunks',
    seed => chain(conv1d(2, 4, 3, { seed, padding: 'same' }), gru(4, 2, { seed })),
  ],
  'an autoencoder of windows': [
    'windows',
    seed =>
      window(3, chain(gru(2, 2, { seed }), last(2), repeatVector(2, 3), lstm(2, 2, { seed }))),
  ],
  'a convolution and a pool': [
    'chunks',
    seed => chain(conv1d(2, 4, 2, { seed }), globalMaxPool1d(4)),
  ],
};

export const modelOf = (name: string, seed: number) => sequenceModels[name][1](seed) as Net;

/** Event t of a model. */
export function eventOf(name: string, t: number): unknown {
  const [fed] = sequenceModels[name];
  const vector = (n: number, from: number) =>
    Array.from({ length: n }, (_, i) => Math.sin(from + i));
  if (fed === 'indices') return [t % 7];
  if (fed === 'windows') return vector(6, t);
  if (fed === 'events') return vector(2, t);
  return Array.from({ length: 4 }, (_, i) => vector(2, t + i / 3));
}

/** Configuration of a stream of its events. */
export const configOf = (name: string) =>
  sequenceModels[name][0] === 'chunks' ? { chunks: true } : {};
