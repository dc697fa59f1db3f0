import {
  type Backend,
  backend,
  chain,
  dense,
  gru,
  type Layer,
  lstm,
  stateful,
} from '../../../src/index.js';

type SomeLayer = Layer<unknown, number, number>;

const models = {
  lstm: lstm(3, 33, { seed: 1 }),
  gru: gru(3, 64, { seed: 2 }),
  chain: chain(lstm(3, 16, { seed: 3 }), gru(16, 8, { seed: 4 }), dense(8, 2, { seed: 5 })),
} as unknown as Readonly<Record<string, SomeLayer>>;

/** The inputs of step t, exact in float32 whatever the engine. */
const inputs = (t: number) => [((t * 37) % 64) / 32 - 1, ((t * 11) % 16) / 8 - 1, (t % 5) / 4];

/** What the fastest backend is here. */
export const fastest = () => backend(models.lstm);

/** Every output of 1,000 free steps of each model. */
export function outputs(on?: Backend): Record<string, number[]> {
  const all = Object.entries(models).map(([name, model]) => {
    const m = stateful(model, on ? { backend: on } : {});
    const ys = Array.from({ length: 1000 }, (_, t) => [...(m(inputs(t)) as Float32Array)]);
    return [name, ys.flat()] as const;
  });
  return Object.fromEntries(all);
}

/** FNV-1a of the outputs' float32 bits. */
export function digests(on?: Backend): Record<string, string> {
  const all = Object.entries(outputs(on)).map(([name, ys]) => {
    let hash = 0x811c9dc5;
    for (const byte of new Uint8Array(Float32Array.from(ys).buffer)) {
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    return [name, (hash >>> 0).toString(16).padStart(8, '0')] as const;
  });
  return Object.fromEntries(all);
}
