import { backend, chain, dense, gru, type Layer, lstm, stateful } from '../../../src/index.js';

type SomeLayer = Layer<unknown, number, number>;

/** Model i of 1,000, each of other sizes, kinds and parameters. */
function model(i: number): SomeLayer {
  const size = 1 + (i % 100);
  const input = 1 + Math.floor(i / 100);
  const first = i % 2 ? gru(input, size, { seed: i }) : lstm(input, size, { seed: i });
  return (i % 3 ? first : chain(first, dense(size, 2, { seed: i }))) as unknown as SomeLayer;
}

/** What runs each of so many different models that are all alive, and a step of the first again. */
export function backendsOf(count: number): { found: Record<string, number>; same: boolean } {
  const models = Array.from({ length: count }, (_, i) => model(i));
  const streams = models.map(m => stateful(m));
  const step = (i: number) => String(streams[i](new Float32Array(models[i].inputSize).fill(0.5)));
  const found: Record<string, number> = {};
  const firsts = streams.map((_, i) => step(i));
  for (const m of models) found[backend(m)] = (found[backend(m)] ?? 0) + 1;
  for (const m of streams) m.reset();
  return { found, same: streams.every((_, i) => step(i) === firsts[i]) };
}
