import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import { chain, dense, gru, recur, stateful } from '../../src/index.js';
import { sameBits } from '../laws/bits.js';
import { emitted, folded, type Net, recurOf } from '../laws/nets.js';
import { signal } from '../laws/streams.js';

const nets = {
  'a layer': gru(2, 20, { seed: 1 }),
  'a chain': chain(gru(2, 4, { seed: 1 }), dense(4, 20, { seed: 2 })),
} as unknown as Record<string, Net>;

describe.each(Object.entries(nets))('reuse of %s', (_, net) => {
  const stream = signal(1, 2, 20);
  const { outputs } = folded(net, stream);

  test('emits one view again and again, with the numbers of each step', () => {
    const seen: Float32Array[] = [];
    const copies: Float32Array[] = [];
    from(stream)
      .pipe(recurOf(net, { reuse: true }))
      .subscribe(y => {
        seen.push(y as Float32Array);
        copies.push((y as Float32Array).slice());
      });
    expect(new Set(seen).size).toBe(1);
    sameBits(copies, outputs);
  });

  test('gives each subscription a view of its own', () => {
    const model = recurOf(net, { reuse: true });
    const [a] = emitted(model, stream);
    const [b] = emitted(model, stream);
    expect(a).not.toBe(b);
  });

  test('emits one ndarray again and again', () => {
    const model = stateful(net, { reuse: true });
    const batch = (t: number) =>
      new NdView(Float32Array.from(stream.slice(t, t + 2).flat()), [2, 2]);
    const first = model(batch(0));
    expect(model(batch(1))).toBe(first);
    const fresh = stateful(net);
    fresh(batch(0));
    sameBits(first, fresh(batch(1)));
  });

  test('changes no state, snapshot or input', () => {
    const m = stateful(net, { reuse: true });
    const x = Float32Array.of(0.5, 0.25);
    m(x);
    const { state } = m;
    const snapshot = JSON.stringify(m.snapshot());
    sameBits(state, folded(net, [x]).state);
    m([1, 1]);
    expect([...x]).toEqual([0.5, 0.25]);
    sameBits(JSON.parse(snapshot), JSON.parse(JSON.stringify(stateAfter(net, x))));
  });

  test('of chunks reuses the chunk, its steps stay apart', () => {
    const model = recurOf(net, { reuse: true, chunks: true });
    sameBits(emitted(model, [stream])[0], outputs);
    const matrix = new NdView(Float32Array.from([1, 2, 3, 4]), [2, 2]);
    const [a, b] = emitted(model, [matrix, matrix]) as NdView[];
    expect(a).toBeInstanceOf(NdView);
    expect(a.data).toBe(b.data);
  });
});

function stateAfter(net: Net, x: Float32Array) {
  const m = stateful(net);
  m(x);
  return m.snapshot();
}

test('without reuse every output is its own', () => {
  const outputs: unknown[] = [];
  from(signal(2, 2, 50))
    .pipe(recur(gru(2, 3)))
    .subscribe(y => outputs.push(y));
  expect(new Set(outputs).size).toBe(50);
});
