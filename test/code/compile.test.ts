import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/code/compile.js';
import { compiledEngine } from '../../src/code/compiled-engine.js';
import type { Engine } from '../../src/code/engine.js';
import { layout } from '../../src/code/layout.js';
import { type Backend, denseCell, lstmCell, reference, stateful } from '../../src/core.js';
import { stateSizes } from '../../src/graph/graph.js';
import { backends } from '../../src/kernels/backends.js';
import { allKinds, asCellState, byName, type SomeCell } from '../cells/kinds.js';
import { uniform } from '../golden/generate.js';
import { evaluatePlan } from '../graph/evaluate.js';
import { oddCell, oddTexts, randomCell, someState } from '../graph/texts.js';
import { cellsOf, inRow, modelOf } from './models.js';

/** The functions of a model of steps. */
const forStreams = ['prepare', 'step', 'streams', 'steps'] as const;

const compiled = backends().filter(backend => backend !== 'portable');

/** Fails unless a compiled step is what the reference gives, by law 6's bound for single steps. */
function agree(cell: SomeCell, backend: Backend, seed: number): void {
  const given = someState(cell, seed);
  const x = uniform(seed + 10, cell.inputSize, 1);
  const wanted = reference(cell)(given, x);
  const m = stateful(cell, { initialState: asCellState(cell, given) as never, backend });
  const y = m(x);
  const state = byName(cell, m.state);
  const A = evaluatePlan(cell, given, x).largestRow;
  for (const [name, values] of Object.entries({ ...wanted.state, output: wanted.y })) {
    const got = name === 'output' ? y : state[name];
    const scale = Math.max(1, A, ...values.map(Math.abs));
    for (const [i, value] of values.entries()) {
      expect(Math.abs(got[i] - value) / scale, `${cell} ${name}[${i}]`).toBeLessThanOrEqual(1e-6);
    }
  }
}

describe.each(compiled)('%s computes what the text says', backend => {
  test.each(allKinds)('%s', (_, make) => {
    for (const [input, size] of [
      [1, 1],
      [2, 3],
      [5, 2],
      [7, 33],
    ]) {
      agree(make(input, size, { seed: 3 }), backend, 10);
    }
  });

  test.each(oddTexts)('%j', text => agree(oddCell(text), backend, 1));

  test('a random text', () => {
    const holds = (cell: SomeCell, seed: number) => agree(cell, backend, seed);
    fc.assert(fc.property(randomCell, fc.nat(), holds), { numRuns: 100 });
  });
});

/** Numbers of all streams, or steps, of an engine. */
const fill = (engine: Engine, at: number, stride: number, size: number, from: Float32Array) => {
  for (let j = 0; j * size < from.length; j++) {
    engine.pool.memory.set(from.subarray(j * size, (j + 1) * size), at + j * stride);
  }
};
const rows = ({ pool }: Engine, at: number, stride: number, size: number, count: number) =>
  Array.from({ length: count }, (_, j) => [
    ...pool.memory.subarray(at + j * stride, at + j * stride + size),
  ]);

/** The states in the blocks of some streams, without what fills their groups of four up. */
const statesIn = (engine: Engine, at: number, count: number) => {
  const sizes = engine.model.graph.nodes.flatMap(stateSizes);
  const { block } = engine.pool;
  return Array.from({ length: count }, (_, j) =>
    engine.states.flatMap((offset, k) => rows(engine, at + j * block + offset, 0, sizes[k], 1)[0]),
  );
};

describe.each(compiled)('%s', backend => {
  const someLayers = fc.array(
    fc.record({
      kind: fc.constantFrom(...allKinds.map(([name]) => name)),
      size: fc.constantFrom(1, 3, 4, 5, 8, 17, 33),
    }),
    { minLength: 1, maxLength: 3 },
  );
  const rowOf = (layers: readonly { kind: string; size: number }[]) => {
    const kinds = Object.fromEntries(allKinds);
    let before = 3;
    return layers.map(({ kind, size }) => {
      const cell = kinds[kind](before, size, { seed: size });
      before = cell.outputSize;
      return cell;
    });
  };

  test('a step, a step of many streams, and many steps give the same bits', () => {
    const holds = (layers: { kind: string; size: number }[], count: number, seed: number) => {
      const engine = compiledEngine(inRow(rowOf(layers)), backend);
      const { pool, output } = engine;
      const [input] = engine.inputs;
      const { block } = pool;
      const { at, stride, size } = output;
      const xs = uniform(seed, count * input.size, 1);
      const start = uniform(seed + 1, block, 0.5);

      // One after another.
      const [now, next] = [pool.take(1), pool.take(1)];
      pool.memory.set(start, now);
      const one: number[][] = [];
      for (let t = 0, from = now, to = next; t < count; t++, [from, to] = [to, from]) {
        fill(engine, input.at, input.stride, input.size, xs.subarray(t * 3, t * 3 + 3));
        expect(engine.step(from, to)).toBe(0);
        one.push(...rows(engine, at, stride, size, 1));
      }
      const last = statesIn(engine, count % 2 ? next : now, 1);

      // The same in one call.
      const base = pool.take(3);
      pool.memory.set(start, base);
      fill(engine, input.at, input.stride, input.size, xs);
      expect(engine.steps(base, base + block, base + 2 * block, count)).toBe(0);
      expect(rows(engine, at, stride, size, count)).toEqual(one);
      expect(statesIn(engine, base + (count % 2 ? 1 : 2) * block, 1)).toEqual(last);
      expect(rows(engine, base, 0, block, 1)).toEqual([[...start]]);

      // Streams that all begin alike, each with another input: alone, each is a single step.
      const all = pool.take(2 * count);
      fill(
        engine,
        all,
        block,
        block,
        new Float32Array(count * block).map((_, i) => start[i % block]),
      );
      fill(engine, input.at, input.stride, input.size, xs);
      expect(engine.streams(all, all + count * block, count)).toBe(0);
      const together = rows(engine, at, stride, size, count);
      const states = statesIn(engine, all + count * block, count);
      for (let j = 0; j < count; j++) {
        fill(engine, input.at, input.stride, input.size, xs.subarray(j * 3, j * 3 + 3));
        engine.step(base, base + block);
        expect(rows(engine, at, stride, size, 1)[0]).toEqual(together[j]);
        expect(statesIn(engine, base + block, 1)[0]).toEqual(states[j]);
      }
    };
    const count = fc.constantFrom(1, 2, 5, 63, 64);
    fc.assert(fc.property(someLayers, count, fc.nat(), holds), { numRuns: 40 });
  });

  test('which layer was fed what is not finite is the answer, of all that run', () => {
    const params = { weight: [[3e38], [-3e38]], bias: [0, 0] };
    const cells = [
      denseCell(1, 2, { params, activation: 'identity' }),
      denseCell(2, 5, { seed: 1, activation: 'identity' }),
    ];
    const engine = compiledEngine(inRow(cells), backend);
    const [input] = engine.inputs;
    const at = engine.pool.take(3);
    engine.pool.memory[input.at] = 1;
    expect(engine.step(at, at)).toBe(0);
    engine.pool.memory[input.at] = 2;
    const refused = engine.step(at, at);
    expect(engine.reader(refused).node.where).toBe('chain[1].dense');
    const { memory, block } = engine.pool;
    for (const odd of [0, 1, 4]) {
      for (let j = 0; j < 5; j++) memory[input.at + j * input.stride] = j === odd ? 2 : 1;
      expect(engine.steps(at, at + block, at + 2 * block, 5)).toBe(refused);
      if (odd) expect(engine.steps(at, at + block, at + 2 * block, odd)).toBe(0);
    }
  });
});

test('constants stay below the first layer’s weights, in the longest of chains too', () => {
  const members = Array.from({ length: 120 }, (_, i) =>
    denseCell(2, 2, {
      seed: 1,
      clip: i + 10,
      activation: { name: 'scaledTanh', alpha: 2 + i / 1000, beta: 3 + i / 1000 },
    }),
  );
  const plan = layout(inRow(members), 6);
  const { constants } = compile(plan, false, forStreams);
  expect(constants.length).toBeGreaterThan(4 * 120);
  const [first] = cellsOf(plan);
  expect(constants.length * 16).toBeLessThanOrEqual(first.stages[0].weights[0].at);
});

test('a hundred layers take the locals of one, in every function', () => {
  // Of a module with one function: the section of code, its size, a count of 1, the body's size,
  // then the count of locals, each an entry of its own.
  const localsOf = (count: number, name: 'step' | 'streams' | 'steps') => {
    const cells = Array.from({ length: count }, () => lstmCell(4, 4, { seed: 1 }));
    const { bytes } = compile(layout(inRow(cells), 6), false, [name]);
    const view = [...bytes];
    let at = 8;
    const number = () => {
      let [value, scale] = [0, 1];
      for (; view[at] > 127; at++, scale *= 128) value += (view[at] & 127) * scale;
      return value + view[at++] * scale;
    };
    while (view[at++] !== 10) {
      const size = number();
      at += size;
    }
    number();
    expect(number()).toBe(1);
    number();
    return number();
  };
  for (const name of ['step', 'streams', 'steps'] as const) {
    const [two, hundred] = [localsOf(2, name), localsOf(100, name)];
    expect([name, hundred]).toEqual([name, two]);
    expect(two).toBeGreaterThan(0);
  }
});

test('code depends on shapes, not on parameters', () => {
  const [a, b] = [1, 2].map(seed => modelOf(allKinds[1][1](3, 5, { seed })));
  const bytes = [a, b].map(model => compile(layout(model, 6), false, forStreams).bytes);
  expect(bytes[0]).toEqual(bytes[1]);
});
