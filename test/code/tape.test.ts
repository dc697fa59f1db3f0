import { describe, expect, test } from 'vitest';
import { accumulate } from '../../src/code/accumulate.js';
import type { Model } from '../../src/code/model.js';
import { type AnyCell, contextCell, defineCell, rnnCell, sliceCell } from '../../src/core.js';
import { backends } from '../../src/kernels/backends.js';
import { uniform } from '../golden/generate.js';
import { engineOf, errorOf, throughSequence } from './driving.js';
import type { Steps } from './evaluate-graph.js';
import { AnyModelBuilder, modelOf } from './models.js';

const [inputs, hidden] = [3, 5];

/** The adjoint of h' = tanh(W x + U h) for the loss ½Σ|h|²; its weight is Uᵀ, x is h. */
const adjointCell = defineCell('RnnAdjoint', "h' = (x + U h) * (1 - x * x)", { sameSize: true });

const weightIh = uniform(1, hidden * inputs, 0.7);
const weightHh = uniform(2, hidden * hidden, 0.7);
const transposed = Float32Array.from(
  weightHh,
  (_, i) => weightHh[(i % hidden) * hidden + Math.floor(i / hidden)],
);

/**
 * One program: a loop over the steps, of which the states are the tape; a loop that reads it
 * backwards; and the sums of the gradient, ∂/∂W and ∂/∂U. It answers the adjoints, of the last step
 * first.
 */
function gradient(): Model {
  const builder = new AnyModelBuilder(inputs);
  const loop = (cell: AnyCell, of: number): number => {
    const body = builder.body(modelOf(cell), '');
    const size = cell.outputSize as number;
    return builder.add({ op: 'loop', body, of: [of], size, where: String(cell) });
  };
  const reverse = (of: number) =>
    builder.add({ op: 'reverse', of: [of], size: builder.nodes[of].size, where: '' });
  const params = { weightIh, weightHh };
  const tape = loop(rnnCell(inputs, hidden, { params, bias: false }), 0);
  const before = loop(sliceCell(2 * hidden, 0, hidden), loop(contextCell(hidden, hidden), tape));
  const adjoint = adjointCell(hidden, hidden, { params: { weightHh: transposed } });
  const b = loop(adjoint as AnyCell, reverse(tape));
  for (const [source, columns] of [
    [0, inputs],
    [before, hidden],
  ]) {
    const of = [b, reverse(source)];
    const own = { op: 'accumulate', of, rows: hidden, columns, size: 0, where: '' } as const;
    builder.add(own, accumulate);
  }
  return builder.ofSequences(b);
}

/** ½Σ|h|² in double precision. */
function lossOf(W: readonly number[], U: readonly number[], steps: Steps): number {
  let h: readonly number[] = Array(hidden).fill(0);
  let sum = 0;
  for (const x of steps) {
    h = h.map((_, i) => {
      const a = x.reduce((all, v, j) => all + W[i * inputs + j] * v, 0);
      return Math.tanh(h.reduce((all, v, j) => all + U[i * hidden + j] * v, a));
    });
    sum += h.reduce((all, v) => all + v * v, 0) / 2;
  }
  return sum;
}

/** Central differences. */
const slopes = (values: readonly number[], loss: (values: readonly number[]) => number) =>
  values.map((_, i) => {
    const [above, below] = [1e-4, -1e-4].map(d =>
      loss(values.map((v, k) => (k === i ? v + d : v))),
    );
    return (above - below) / 2e-4;
  });

describe.each(backends())('on %s', backend => {
  test.each([1, 2, 20, 130])(
    'the states of a loop are a tape that another loop reads backwards: %i steps',
    count => {
      const steps = Array.from({ length: count }, (_, t) => [...uniform(10 + t, inputs, 1)]);
      const engine = engineOf(gradient(), backend);
      const zeros = [hidden, hidden, hidden, hidden * inputs, hidden * hidden].map(
        size => Array(size).fill(0) as number[],
      );
      const { states } = throughSequence(engine, [steps], zeros);
      const [W, U] = [[...weightIh], [...weightHh]];
      const wanted = [
        slopes(W, own => lossOf(own, U, steps)),
        slopes(U, own => lossOf(W, own, steps)),
      ];
      expect(errorOf(states.slice(-2), wanted)).toBeLessThan(4e-6);
      engine.release?.();
    },
  );
});
