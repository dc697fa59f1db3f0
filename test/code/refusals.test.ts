import { describe, expect, test } from 'vitest';
import { compiledEngine } from '../../src/code/compiled-engine.js';
import type { Engine } from '../../src/code/engine.js';
import type { Model } from '../../src/code/model.js';
import { portableEngine } from '../../src/code/portable-engine.js';
import { lifted } from '../../src/code/sequences.js';
import { denseCell, gruCell } from '../../src/core.js';
import type { Node } from '../../src/graph/graph.js';
import { type Backend, backends } from '../../src/kernels/backends.js';
import { AnyModelBuilder, modelOf } from './models.js';

/** y = 3e38 x, which is beyond float32 where x is 2. */
const huge = modelOf(denseCell(1, 1, { params: { weight: [3e38], bias: [0] } }));
const gru = modelOf(gruCell(1, 2, { seed: 1 }));

const engineOf = (model: Model, backend: Backend): Engine =>
  backend === 'portable' ? portableEngine(model) : compiledEngine(model, backend);

type Part = Partial<Node> & Pick<Node, 'op'>;

/** Models in a row; of sequences if one of them is. */
function inRow(size: number, parts: readonly (Model | Part)[]): Model {
  const builder = new AnyModelBuilder(size);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const own = { of: [at], size: builder.nodes[at].size, where: `n${i}` };
    at =
      'graph' in part
        ? builder.inline(part, [at], `n${i}.`)
        : builder.add({ ...own, ...part } as Node);
  }
  const isWhole = builder.nodes.some(({ op }) => /loop|unfold|pool|last|reverse/.test(op));
  return isWhole ? builder.ofSequences(at) : builder.model(at);
}

const unfold = { op: 'unfold', kernel: 1, dilation: 1, stride: 1, padding: 0, at: 0, count: 1 };

/** A lookup in a table of three numbers. */
function lookup(): Model {
  const builder = new AnyModelBuilder(1);
  const params = builder.withParams({ weight: Float32Array.of(1, 2, 3) });
  const own = { op: 'row', rows: 3, params, of: [0], size: 1, where: 'embedding' } as const;
  return builder.model(builder.add(own));
}

/** A vector of three steps that a model of sequences reads. */
function window(body: Model): Model {
  const builder = new AnyModelBuilder(3);
  const { size } = body.graph.nodes[body.graph.output];
  const own = { op: 'sequence', steps: 3, of: [0], size: 3 * size, where: 'window' } as const;
  return builder.model(builder.add({ ...own, body: builder.body(body, 'window.') }));
}

/** Runs a whole sequence, or one step of many features; who refuses, and what it read. */
function refusalOf(engine: Engine, xs: readonly number[]) {
  const { pool, model } = engine;
  const state = pool.take(1);
  const run = model.graph.sequence ? engine.sequence(xs.length) : undefined;
  const [{ at, stride }] = run?.inputs ?? engine.inputs;
  for (const [i, x] of xs.entries()) pool.memory[at + i * (run ? stride : 1)] = x;
  const number = run ? run.run(state) : engine.step(state, state);
  const { node, reads } = number ? engine.reader(number) : { node: undefined, reads: [] };
  const values = reads.flatMap(({ rows, count = 1 }) =>
    Array.from({ length: count }, (_, t) => {
      const from = rows.at + t * rows.stride;
      return [...pool.memory.subarray(from, from + rows.size)];
    }),
  );
  run?.release();
  pool.give(state, 1);
  return { where: node?.where, values: values.flat() };
}

describe.each(backends())('%s', backend => {
  const looped = (...models: readonly Model[]) => lifted(inRow(1, models));
  const cases: Readonly<Record<string, readonly [Model, string]>> = {
    'between loops': [inRow(1, [looped(huge), looped(gru)]), 'n1.n0.gru'],
    'in a loop': [inRow(1, [looped(huge, gru)]), 'n0.n1.gru'],
    'before windows': [inRow(1, [looped(huge), unfold as Part]), 'n1'],
    'after a pool': [
      inRow(1, [looped(huge), { op: 'pool', by: 'max', includePadding: false }, looped(gru)]),
      'n2.n0.gru',
    ],
    'from the last step to the first': [
      inRow(1, [looped(huge), { op: 'reverse' }, looped(gru)]),
      'n2.n0.gru',
    ],
  };
  test.each(Object.entries(cases))('a number beyond float32 is refused %s', (_, [model, where]) => {
    const engine = engineOf(model, backend);
    for (const count of [1, 64, 65, 200]) {
      const fine = new Array(count).fill(1);
      expect(refusalOf(engine, fine)).toEqual({ where: undefined, values: [] });
      for (const odd of new Set([0, count >> 1, count - 1])) {
        const refused = refusalOf(
          engine,
          fine.map((x, t) => (t === odd ? 2 : x)),
        );
        expect(refused.where, `${odd} of ${count}`).toBe(where);
        expect(refused.values).toContain(Infinity);
      }
    }
    engine.release?.();
  });

  test('where one step of a sequence is read, others may be beyond float32', () => {
    const views: readonly (readonly [readonly Part[], readonly number[]])[] = [
      [[{ op: 'last' }], [1, 1, 2]],
      [
        [{ op: 'reverse' }, { op: 'last' }],
        [2, 1, 1],
      ],
      [
        [{ op: 'last' }, { op: 'reverse' }],
        [1, 1, 2],
      ],
    ];
    for (const [parts, refused] of views) {
      const models = [looped(huge), ...parts, looped(gru)];
      const engine = engineOf(inRow(1, models), backend);
      for (const x of [
        [2, 1, 1],
        [1, 2, 1],
        [1, 1, 2],
      ]) {
        const isRefused = String(x) === String(refused);
        const { where, values } = refusalOf(engine, x);
        expect(where).toBe(isRefused ? `n${models.length - 1}.n0.gru` : undefined);
        if (isRefused) expect(values).toContain(Infinity);
      }
      engine.release?.();
    }
  });

  const inWindow: Readonly<Record<string, readonly [Model, string]>> = {
    'between loops': [window(inRow(1, [looped(huge), looped(gru)])), 'window.n1.n0.gru'],
    'in a loop': [window(looped(huge, gru)), 'window.n1.gru'],
  };
  test.each(Object.entries(inWindow))('… and %s of a window', (_, [model, where]) => {
    const engine = engineOf(model, backend);
    for (const x of [
      [2, 1, 1],
      [1, 2, 1],
      [1, 1, 2],
    ]) {
      expect(refusalOf(engine, [1, 1, 1])).toEqual({ where: undefined, values: [] });
      const refused = refusalOf(engine, x);
      expect(refused.where).toBe(where);
      expect(refused.values).toContain(Infinity);
    }
    engine.release?.();
  });

  test('a number that is no index is refused in loops and windows', () => {
    const models: readonly (readonly [Model, string])[] = [
      [looped(lookup()), 'n0.embedding'],
      [window(looped(lookup())), 'window.n0.embedding'],
    ];
    for (const [model, where] of models) {
      const engine = engineOf(model, backend);
      expect(refusalOf(engine, [0, 1, 2]).where).toBe(undefined);
      for (const odd of [3, -1, 0.5]) {
        for (const x of [
          [odd, 1, 2],
          [0, odd, 2],
          [0, 1, odd],
        ]) {
          const refused = refusalOf(engine, x);
          expect(refused.where).toBe(where);
          expect(refused.values).toContain(odd);
        }
      }
      engine.release?.();
    }
  });

  test('a sequence longer than scratch is refused by what it has in room of its own', () => {
    const engine = engineOf(inRow(1, [looped(huge, gru), looped(gru)]), backend);
    const { heap } = engine.pool;
    const count = 2 ** 20 / 4;
    // What scratch holds must not be taken for what was read.
    heap.floats.fill(7, heap.scratch, heap.scratch + 2 ** 20);
    const refused = refusalOf(engine, [...new Array(count - 1).fill(1), 2]);
    expect(refused.where).toBe('n0.n1.gru');
    expect(refused.values).toContain(Infinity);
    engine.release?.();
  });
});
