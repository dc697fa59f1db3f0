import { describe, expect, test } from 'vitest';
import { accumulate } from '../../src/code/accumulate.js';
import { type Model, ModelBuilder } from '../../src/code/model.js';
import { move as moving } from '../../src/code/rows.js';
import { lifted, sequence } from '../../src/code/sequences.js';
import { denseCell } from '../../src/core.js';
import { backends } from '../../src/kernels/backends.js';
import { uniform } from '../golden/generate.js';
import { engineOf, errorOf, expectSameBits, forAll, oneByOne, throughSequence } from './driving.js';
import type { Steps } from './evaluate-graph.js';
import { modelOf } from './models.js';
import { ported } from './random-graphs.js';

const someSteps = (seed: number, count: number, size: number): Steps =>
  Array.from({ length: count }, (_, t) => [...uniform(seed + t, size, 1)]);

/** Δ + Σ a bᵀ in double precision, row after row. */
function summed(start: readonly number[], as: Steps, bs: Steps): number[] {
  const all = [...start];
  for (const [t, b] of bs.entries()) {
    for (const [i, a] of (as[t] ?? [1]).entries()) {
      for (const [j, v] of b.entries()) all[i * b.length + j] += a * v;
    }
  }
  return all;
}

/** Δ of two ports, or of one, as steps; its answer is Δ. */
function ofSteps(rows: number, columns: number, isVector = false): Model {
  const builder = ported(isVector ? [columns] : [rows, columns]);
  const of = [...builder.nodes.keys()];
  const size = rows * columns;
  const own = { op: 'accumulate', of, rows, columns, size, where: 'delta' } as const;
  return builder.model(builder.add(own, accumulate));
}

/** The same of whole sequences; its answer is the first port's. `reversed` reads them backwards. */
function ofSequences(rows: number, columns: number, isVector = false, isReversed = false): Model {
  const { whole } = lifted(modelOf(denseCell(1, 1)));
  const builder = ported(isVector ? [columns] : [rows, columns]);
  const ports = [...builder.nodes.keys()];
  const reverse = (i: number) => {
    const { size } = builder.nodes[i];
    return builder.add({ op: 'reverse', of: [i], size, where: '' });
  };
  const of = isReversed ? ports.map(reverse) : ports;
  builder.add({ op: 'accumulate', of, rows, columns, size: 0, where: 'delta' }, accumulate);
  return builder.model(0, whole);
}

describe.each(backends())('%s', backend => {
  test('Δ + a bᵀ, step by step, is the sum in double precision; its value is Δ', () => {
    forAll(60, draw => {
      const [n, m] = [1 + draw(69), 1 + draw(69)];
      const count = 1 + draw(9);
      const start = [[...uniform(draw(1000), n * m, 1)]];
      const inputs = [someSteps(draw(1000), count, n), someSteps(draw(1000), count, m)];
      const engine = engineOf(ofSteps(n, m), backend);
      const { ys, states } = oneByOne(engine, inputs, start);
      const wanted = inputs[0].map((_, t) =>
        summed(start[0], inputs[0].slice(0, t + 1), inputs[1].slice(0, t + 1)),
      );
      expect(errorOf(ys, wanted)).toBeLessThan(1e-6);
      expect(states).toEqual(ys.slice(-1));
      expectSameBits(engine, inputs, start);
      engine.release?.();
    });
  });

  test('all steps of a sequence at once are the bits of one after another', () => {
    forAll(60, draw => {
      const isVector = draw(2) === 0;
      const [n, m] = [isVector ? 1 : 1 + draw(69), 1 + draw(69)];
      const count = [0, 1, 2, 33, 64, 65, 200][draw(6)];
      const start = [[...uniform(draw(1000), n * m, 1)]];
      const b = someSteps(draw(1000), count, m);
      const inputs = isVector ? [b] : [someSteps(draw(1000), count, n), b];
      const isReversed = draw(1) > 0;
      const one = engineOf(ofSteps(n, m, isVector), backend);
      const all = engineOf(ofSequences(n, m, isVector, isReversed), backend);
      const turned = isReversed ? inputs.map(steps => [...steps].reverse()) : inputs;
      const wanted = oneByOne(one, turned, start).states;
      expect(throughSequence(all, inputs, start).states).toEqual(wanted);
      const exact = summed(start[0], isVector ? [] : turned[0], turned[turned.length - 1]);
      expect(errorOf(wanted, [exact])).toBeLessThan(4e-6);
      for (const engine of [one, all]) engine.release?.();
    });
  });

  test('a window inside a step adds to the Δ of the stream, over events', () => {
    forAll(20, draw => {
      const [n, m, steps] = [1 + draw(9), 1 + draw(9), 1 + draw(7)];
      const body = ofSequences(n, m);
      const { model, size } = windowOf(n, m, steps);
      const engine = engineOf(model, backend);
      const start = [[...uniform(draw(1000), n * m, 1)]];
      const events = someSteps(draw(1000), 5, size);
      const { states } = oneByOne(engine, [events], start);
      expectSameBits(engine, [events], start);
      const rows = events.flatMap(event =>
        Array.from({ length: steps }, (_, t) => event.slice(t * (n + m), (t + 1) * (n + m))),
      );
      const inputs = [rows.map(row => row.slice(0, n)), rows.map(row => row.slice(n))];
      const whole = engineOf(body, backend);
      expect(states).toEqual(throughSequence(whole, inputs, start).states);
      for (const own of [engine, whole]) own.release?.();
    });
  });

  test('in a loop over a sequence Δ begins at the block, and its values are those of steps', () => {
    const [n, m] = [5, 7];
    const inputs = [someSteps(1, 150, n), someSteps(500, 150, m)];
    const start = [[...uniform(9, n * m, 1)]];
    const [one, whole] = [ofSteps(n, m), lifted(ofSteps(n, m))].map(own => engineOf(own, backend));
    const { ys } = oneByOne(one, inputs, start);
    expect(throughSequence(whole, inputs, start).ys).toEqual(ys);
    for (const engine of [one, whole]) engine.release?.();
  });

  test('numbers beside Δ in the block stay', () => {
    const builder = ported([3, 5]);
    const common = { of: [0, 1], rows: 3, columns: 5, size: 0, where: '' } as const;
    for (let k = 0; k < 3; k++) builder.add({ op: 'accumulate', ...common }, accumulate);
    const engine = engineOf(builder.model(0), backend);
    const inputs = [[[1, 2, 3]], [[1, 10, 100, 1000, 10000]]];
    const start = [0, 1, 2].map(k => Array(15).fill(k));
    const added = [1, 2, 3].flatMap(a => [1, 10, 100, 1000, 10000].map(b => a * b));
    const { states } = oneByOne(engine, inputs, start);
    expect(states).toEqual([0, 1, 2].map(k => added.map(v => v + k)));
    engine.release?.();
  });

  test('NaN in a sequence is refused before anything is added', () => {
    const engine = engineOf(ofSequences(2, 2), backend);
    const at = engine.pool.take(1);
    const run = engine.sequence(3);
    for (const { at, stride } of run.inputs) {
      for (let t = 0; t < 3; t++) engine.pool.memory.fill(1, at + t * stride, at + t * stride + 2);
    }
    engine.pool.memory[run.inputs[1].at + 2 * run.inputs[1].stride] = Number.NaN;
    const number = run.run(at);
    expect(engine.reader(number).node.where).toBe('delta');
    expect([...engine.pool.memory.subarray(at, at + 4)]).toEqual([0, 0, 0, 0]);
    run.release();
    engine.pool.give(at, 1);
    engine.release?.();
  });
});

/** A vector of steps, a beside b, of which each event adds a window's products to Δ. */
function windowOf(n: number, m: number, steps: number) {
  const inner = new ModelBuilder(n + m);
  const { whole } = lifted(modelOf(denseCell(1, 1)));
  const part = (at: number, count: number) => {
    const move = ported([n + m]);
    const moves = [{ from: 0, at, to: 0, count }];
    const own = { op: 'move', moves, state: 0, of: [0], size: count, where: '' } as const;
    return inner.inline(lifted(move.model(move.add(own, moving))), [0], '');
  };
  const of = [part(0, n), part(n, m)];
  const own = { op: 'accumulate', of, rows: n, columns: m, size: 0, where: '' } as const;
  inner.add(own, accumulate);
  const size = steps * (n + m);
  const builder = new ModelBuilder(size);
  const body = builder.body(inner.model(of[0], whole), '');
  const window = { op: 'sequence', steps, body, of: [0], size: steps * n, where: '' } as const;
  return { model: builder.model(builder.add(window, sequence)), size };
}
