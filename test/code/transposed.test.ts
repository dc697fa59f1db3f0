import { describe, expect, test } from 'vitest';
import { accumulate } from '../../src/code/accumulate.js';
import type { Weights } from '../../src/code/cell-plans.js';
import { layout } from '../../src/code/layout.js';
import { type Model, ModelBuilder } from '../../src/code/model.js';
import { pack } from '../../src/code/pack.js';
import { lifted } from '../../src/code/sequences.js';
import { stop } from '../../src/code/stop.js';
import { transposed } from '../../src/code/transposed.js';
import { unpack } from '../../src/code/unpack.js';
import { denseCell, lstmCell } from '../../src/core.js';
import { backends } from '../../src/kernels/backends.js';
import { uniform } from '../golden/generate.js';
import { engineOf, errorOf, expectSameBits, forAll, oneByOne, throughSequence } from './driving.js';
import type { Steps } from './evaluate-graph.js';
import { cellsOf, modelOf } from './models.js';
import { ported } from './random-graphs.js';

const someSteps = (seed: number, count: number, size: number): Steps =>
  Array.from({ length: count }, (_, t) => [...uniform(seed + t, size, 1)]);
const sum = (terms: readonly number[]) => terms.reduce((a, b) => a + b, 0);

/** Mᵀ v in double precision, M `[rows][columns]`. */
const product = (M: Steps, v: readonly number[]) =>
  M[0].map((_, c) => sum(M.map((row, r) => row[c] * v[r])));

/** Rows of a matrix that lies flat. */
const rowsOf = (flat: Float32Array, columns: number, first: number, count: number): Steps =>
  Array.from({ length: count }, (_, r) => {
    return [...flat.subarray((first + r) * columns, (first + r + 1) * columns)];
  });

/**
 * An LSTM on one port, and on the other a vector for one gate's rows of a parameter, transposed.
 */
function besideLstm(input: number, hidden: number, name: 'weightIh' | 'weightHh', row: number) {
  const lstm = modelOf(lstmCell(input, hidden, { seed: input * 71 + hidden }));
  const builder = ported([input, hidden]);
  const cell = builder.inline(lstm, [0], '');
  const { params } = builder.nodes[cell] as { params: number };
  const size = name === 'weightIh' ? input : hidden;
  const own = { op: 'transposed', params, name, row, rows: hidden, of: [1], size } as const;
  const at = builder.add({ ...own, where: 'transposed' }, transposed);
  return { model: builder.model(at), matrix: lstm.params[0][name], own, builder, size };
}

const states = (hidden: number): Steps => [Array(hidden).fill(0.25), Array(hidden).fill(-0.5)];

describe.each(backends())('%s', backend => {
  test('Mᵀ v of every block of rows of an LSTM is the sum in double precision', () => {
    forAll(60, draw => {
      const [input, hidden, row] = [1 + draw(69), 1 + draw(69), draw(3)];
      const name = draw(1) ? 'weightIh' : 'weightHh';
      const { model, matrix, size } = besideLstm(input, hidden, name, row);
      const M = rowsOf(matrix, size, row * hidden, hidden);
      const inputs = [someSteps(draw(1000), 5, input), someSteps(draw(1000), 5, hidden)];
      const engine = engineOf(model, backend);
      const { ys } = oneByOne(engine, inputs, states(hidden));
      expect(
        errorOf(
          ys,
          inputs[1].map(v => product(M, v)),
        ),
      ).toBeLessThan(2e-6);
      expectSameBits(engine, inputs, states(hidden));
      engine.release?.();
    });
  });

  test('more than 128 rows are more than one partial sum of each of the four', () => {
    for (const [rows, columns] of [
      [128, 3],
      [129, 5],
      [131, 4],
      [300, 9],
    ]) {
      const { model, matrix } = besideLstm(columns, rows, 'weightIh', 2);
      const M = rowsOf(matrix, columns, 2 * rows, rows);
      const inputs = [someSteps(1, 2, columns), someSteps(7, 2, rows)];
      const engine = engineOf(model, backend);
      const { ys } = oneByOne(engine, inputs, states(rows));
      expect(
        errorOf(
          ys,
          inputs[1].map(v => product(M, v)),
        ),
      ).toBeLessThan(4e-6);
      engine.release?.();
    }
  });

  test('numbers behind a vector count nothing', () => {
    // The second vector is one float of four; what is behind it in memory is not a number.
    const { model, matrix } = besideLstm(3, 1, 'weightIh', 0);
    const engine = engineOf(model, backend);
    const { at } = engine.inputs[1];
    if (backend !== 'portable') engine.pool.memory.fill(Number.NaN, at + 1, at + 4);
    const { ys } = oneByOne(engine, [[[0, 0, 0]], [[2]]], states(1));
    expect(ys).toEqual([[...matrix.subarray(0, 3)].map(w => 2 * w)]);
    engine.release?.();
  });

  test('it runs in loops over sequences, the same bits', () => {
    const { model } = besideLstm(5, 6, 'weightHh', 1);
    const inputs = [someSteps(3, 150, 5), someSteps(400, 150, 6)];
    const [one, whole] = [model, lifted(model)].map(own => engineOf(own, backend));
    const { ys } = oneByOne(one, inputs, states(6));
    expect(throughSequence(whole, inputs, states(6)).ys).toEqual(ys);
    for (const engine of [one, whole]) engine.release?.();
  });

  test('an infinity in its vector is refused by it', () => {
    const { model } = besideLstm(2, 3, 'weightHh', 1);
    const engine = engineOf(model, backend);
    const at = engine.pool.take(2);
    engine.pool.memory.set([1, Infinity, 1], engine.inputs[1].at);
    const number = engine.step(at, at + engine.pool.block);
    expect(engine.reader(number).node.where).toBe('transposed');
    engine.pool.give(at, 2);
    engine.release?.();
  });

  test('a parameter that no cell of the model has is refused by name', () => {
    const { builder, own } = besideLstm(2, 3, 'weightHh', 1);
    const at = builder.add({ ...own, name: 'weightHr', where: 'chain[1]' }, transposed);
    expect(() => engineOf(builder.model(at), backend)).toThrow(
      'chain[1]: expected a cell of the model with weightHr in its parameters, got none',
    );
  });

  test('the gradient of ½|y|² of a dense layer is that of central differences', () => {
    forAll(20, draw => {
      const [n, m] = [1 + draw(12), 1 + draw(12)];
      const seed = draw(1000);
      const steps = someSteps(seed + 1, 1 + draw(9), n);
      const { model, params } = gradientOf(n, m, seed);
      const [single, whole] = [model, lifted(model)].map(own => engineOf(own, backend));
      const zero = [Array(n * m).fill(0), Array(m).fill(0)];
      const { ys, states } = oneByOne(single, [steps], zero);
      expect(throughSequence(whole, [steps], zero).ys).toEqual(ys);
      const [weight, bias] = [params.weight, params.bias].map(v => [...v]);
      /** ½ Σ |W x + b|² in double precision. */
      const loss = (W: readonly number[], b: readonly number[], xs: Steps) => {
        const squares = xs.flatMap(x =>
          b.map((own, r) => (own + sum(x.map((v, c) => W[r * n + c] * v))) ** 2),
        );
        return sum(squares) / 2;
      };
      const slopes = (v: readonly number[], lossOf: (v: readonly number[]) => number) =>
        v.map((_, i) => {
          const [above, below] = [1e-4, -1e-4].map(d =>
            lossOf(v.map((x, k) => (k === i ? x + d : x))),
          );
          return (above - below) / 2e-4;
        });
      const wanted = [
        slopes(weight, W => loss(W, bias, steps)),
        slopes(bias, b => loss(weight, b, steps)),
      ];
      expect(errorOf(states, wanted)).toBeLessThan(2e-6);
      const dx = steps.map((x, t) =>
        slopes(x, own =>
          loss(
            weight,
            bias,
            steps.map((other, k) => (k === t ? own : other)),
          ),
        ),
      );
      expect(errorOf(ys, dx)).toBeLessThan(2e-6);
      for (const engine of [single, whole]) engine.release?.();
    });
  });
});

/**
 * A dense layer of n inputs and m outputs, y; its answer is ∂½|y|²/∂x; its states ∂/∂W and ∂/∂b.
 */
function gradientOf(n: number, m: number, seed: number) {
  const dense = modelOf(denseCell(n, m, { seed }));
  const builder = new ModelBuilder(n);
  const y = builder.inline(dense, [0], '');
  const common = { op: 'accumulate', size: 0, columns: n, where: '' } as const;
  builder.add({ ...common, of: [y, 0], rows: m }, accumulate);
  builder.add({ ...common, of: [y], rows: 1, columns: m }, accumulate);
  const own = { op: 'transposed', params: 0, name: 'weight', row: 0, rows: m } as const;
  const dx = builder.add({ ...own, of: [y], size: n, where: '' }, transposed);
  return { model: builder.model(dx), params: dense.params[0] };
}

test('a tied parameter is packed once: the weights have no room for the transposed map', () => {
  const { model } = besideLstm(7, 9, 'weightHh', 2);
  const alone = modelOf(lstmCell(7, 9));
  expect(layout(model, 6).weights).toBe(layout(alone, 6).weights);
});

test('two cells with one parameter each have it packed, alike, and it comes back once', () => {
  const { graph, params, operators } = modelOf(lstmCell(4, 4, { seed: 3 }));
  const nodes = [...graph.nodes, { ...graph.nodes[1], of: [1] }];
  const twice = { graph: { nodes, output: 2 }, params, operators };
  const plan = layout(twice, 6);
  const memory = new Float32Array(plan.weights / 4);
  pack(plan, twice, memory);
  const [first, second] = cellsOf(plan).map(({ stages: [{ weights, biases, groups }] }) => {
    const packed = weights.map(({ at, pitch }: Weights) => [
      ...memory.subarray(at / 4, (at + groups * pitch) / 4),
    ]);
    return [...packed, [...memory.subarray(biases / 4, biases / 4 + groups * 16)]];
  });
  expect(first).toEqual(second);
  expect(unpack(plan, memory).map(({ weightIh, weightHh }) => [weightIh, weightHh])).toEqual([
    [params[0].weightIh, params[0].weightHh],
  ]);
});

describe.each(backends())('stop on %s', backend => {
  /** A cell whose answer is stopped; read again, or the answer itself. */
  function stopped(isRead: boolean): Model {
    const builder = new ModelBuilder(3);
    const y = builder.inline(modelOf(lstmCell(3, 5, { seed: 1 })), [0], '');
    const own = { op: 'stop', of: [y], size: 5, where: '' } as const;
    const after = builder.add(own, stop);
    const twice = builder.add({ op: 'stop', of: [after], size: 5, where: '' });
    if (!isRead) return builder.model(twice);
    return builder.model(builder.inline(modelOf(denseCell(5, 2, { seed: 2 })), [twice], ''));
  }
  /** The same without it. */
  function plain(isRead: boolean): Model {
    const builder = new ModelBuilder(3);
    const y = builder.inline(modelOf(lstmCell(3, 5, { seed: 1 })), [0], '');
    return builder.model(
      isRead ? builder.inline(modelOf(denseCell(5, 2, { seed: 2 })), [y], '') : y,
    );
  }

  test.each([true, false])('its value is what it reads, in steps and sequences (%s)', isRead => {
    const inputs = [someSteps(5, 70, 3)];
    const start = states(5);
    const [own, other] = [stopped(isRead), plain(isRead)].map(model => engineOf(model, backend));
    expect(oneByOne(own, inputs, start)).toEqual(oneByOne(other, inputs, start));
    expectSameBits(own, inputs, start);
    const wholes = [stopped(isRead), plain(isRead)].map(model => engineOf(lifted(model), backend));
    const [got, wanted] = wholes.map(engine => throughSequence(engine, inputs, start));
    expect(got).toEqual(wanted);
    for (const engine of [own, other, ...wholes]) engine.release?.();
  });

  test.each([true, false])('a sequence is stopped where it is (%s)', isReversed => {
    const { model } = ofSequences(isReversed);
    const steps = someSteps(8, 70, 4);
    const engine = engineOf(model, backend);
    const { ys } = throughSequence(engine, [steps], []);
    expect(ys).toEqual((isReversed ? [...steps].reverse() : steps).map(step => [...step]));
    engine.release?.();
  });
});

/** A sequence, perhaps read backwards, and stopped. */
function ofSequences(isReversed: boolean) {
  const base = lifted(gradientOf(1, 1, 1).model);
  const builder = new ModelBuilder(4);
  const common = { size: 4, where: '' } as const;
  if (isReversed) builder.add({ ...common, op: 'reverse', of: [0] });
  const of = [builder.nodes.length - 1];
  return { model: builder.model(builder.add({ ...common, op: 'stop', of }, stop), base.whole) };
}
