import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, layout } from '../../src/code/layout.js';
import { type Place, scratch } from '../../src/code/places.js';
import type { Layout } from '../../src/code/plans.js';
import { allKinds, type SomeCell, specOf } from '../cells/kinds.js';
import { cellsOf, inRow } from './models.js';

/** A region of memory, in bytes. */
interface Region {
  readonly name: string;
  /** Among the weights, or in scratch. */
  readonly of: 'weights' | 'scratch';
  readonly from: number;
  readonly to: number;
}

/** All that is laid out, worked out from the layers' sizes in the test's own way. */
function regionsOf(plan: Layout, cells: readonly SomeCell[]): Region[] {
  const { room, weights, scratch: ofScratch } = plan;
  const regions: Region[] = [
    { name: 'end', of: 'weights', from: weights, to: weights + 1 },
    { name: 'end', of: 'scratch', from: ofScratch, to: ofScratch + 1 },
  ];
  const add = (name: string, from: number, size: number) =>
    regions.push({ name, of: 'weights', from, to: from + size });
  const place = (name: string, { local, at, stride }: Place, floats: number) => {
    expect(local, name).toBe(scratch);
    expect(stride, name).toBeGreaterThanOrEqual(floats * 4);
    regions.push({ name, of: 'scratch', from: at, to: at + stride * room });
  };
  let constants = 0;
  place('input', plan.nodes[0].output, cells[0].inputSize);
  for (const [i, { cell: layer, output: answer, states }] of plan.nodes.slice(1).entries()) {
    if (!layer) throw new TypeError(`node ${i} is no cell`);
    const { sizes, definition } = layer.cell;
    const { nodes, output } = definition.plan;
    const sizeOf = (n: number) => sizes[nodes[n].dimension];
    expect(plan.graph.nodes[i + 1].of).toEqual([i]);
    expect(states).toEqual(layer.states);
    place(`${i} output`, answer, sizeOf(output));
    place(`${i} scratch`, layer.scratch, 0);
    place(`${i} sums`, layer.sums, 0);
    for (const [s, stage] of layer.stages.entries()) {
      const rows = Math.ceil(stage.rows / 4) * 4;
      expect(stage.block).toBeLessThanOrEqual(stage.groups);
      expect(stage.tile).toBeLessThanOrEqual(stage.block);
      add(`${i}.${s} biases`, stage.biases, rows * stage.affines.length * 4);
      if (definition.plan.states.length) {
        const last = stage.sums + rows * stage.affines.length * 4;
        expect(layer.sums.stride).toBeGreaterThanOrEqual(last);
      }
      for (const [k, { at, columns }] of stage.weights.entries()) {
        const { maps } = stage.args[k];
        add(`${i}.${s}.${k} weights`, at, rows * columns * maps.length * 4);
      }
    }
    for (const [node, at] of layer.stored) {
      expect(at + sizeOf(node) * 4).toBeLessThanOrEqual(layer.scratch.stride);
    }
    for (const [name, at] of layer.params) {
      add(`${i} ${name}`, at, specOf(cells[i]).params[name].length * 4);
    }
    for (const [node, at] of layer.prepared) add(`${i} node ${node}`, at, sizeOf(node) * 4);
    constants += nodes.length;
  }
  add('constants', 0, constants * 16);
  return regions.filter(({ from, to }) => to > from);
}

const someLayer = fc.record({
  kind: fc.constantFrom(...allKinds.map(([name]) => name)),
  size: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(64, 65, 129)),
});

/** Layers one after another. */
function rowOf(input: number, layers: readonly { kind: string; size: number }[]): SomeCell[] {
  const kinds = Object.fromEntries(allKinds);
  let before = input;
  return layers.map(({ kind, size }) => {
    const cell = kinds[kind](before, size, { seed: 1 });
    before = cell.outputSize;
    return cell;
  });
}

const laidOut = (input: number, kind: string, size: number, accumulators = 6) =>
  layout(inRow(rowOf(input, [{ kind, size }])), accumulators);

test('no two regions overlap, and all are aligned, for any chain', () => {
  const layers = fc.array(someLayer, { minLength: 1, maxLength: 4 });
  const holds = (input: number, all: { kind: string; size: number }[], registers: number) => {
    const cells = rowOf(input, all);
    const plan = layout(inRow(cells), registers);
    for (const where of ['weights', 'scratch']) {
      const all = regionsOf(plan, cells).filter(({ of }) => of === where);
      const regions = all.sort((a, b) => a.from - b.from);
      for (const [i, { name, from, to }] of regions.entries()) {
        expect(from % 16, name).toBe(0);
        const next = regions[i + 1];
        if (next && next.from < to) throw new Error(`${name} reaches into ${next.name}`);
      }
      expect(regions.at(-1)?.name).toBe('end');
      expect((regions.at(-1)?.from ?? 1) % 64).toBe(0);
    }
  };
  const size = fc.integer({ min: 1, max: 70 });
  fc.assert(fc.property(size, layers, fc.constantFrom(6, 8), holds), { numRuns: 150 });
});

test('the states of a chain lie one after another in a block, each from a multiple of 16 on', () => {
  const cells = rowOf(2, [
    { kind: 'lstm', size: 5 },
    { kind: 'dense', size: 3 },
    { kind: 'gru', size: 3 },
  ]);
  const plan = layout(inRow(cells), 6);
  expect(plan.nodes.map(({ states }) => states)).toEqual([[], [0, 32], [], [64]]);
  expect(plan.states).toEqual([0, 32, 64]);
  expect(plan.block).toBe(80);
});

test('blocks of a layer without state have room of their own too', () => {
  expect(laidOut(2, 'dense', 3).block).toBe(16);
});

test('a vector takes whole groups of four floats', () => {
  expect([1, 4, 5, 64].map(bytesOf)).toEqual([16, 16, 32, 256]);
});

// Eight sums of an LSTM's four gates at a time: two groups. The split, on which bits depend, makes
// up for fewer sums than `n`. Up to eight groups, four are a block.
test.each([
  ['lstm', 16, 6, { block: 4, tile: 2, split: 1 }],
  ['lstm', 16, 8, { block: 4, tile: 2, split: 1 }],
  ['lstm', 64, 6, { block: 2, tile: 2, split: 1 }],
  ['gru', 36, 6, { block: 2, tile: 2, split: 1 }],
  ['gru', 20, 6, { block: 4, tile: 2, split: 1 }],
  ['dense', 64, 6, { block: 8, tile: 8, split: 1 }],
  ['dense', 4, 6, { block: 1, tile: 1, split: 4 }],
  ['rnn', 16, 8, { block: 4, tile: 4, split: 2 }],
])('%s of %d with %d sums: %o', (kind, size, n, tiling) => {
  const [{ stages }] = cellsOf(laidOut(3, kind, size, n));
  expect(stages[0]).toMatchObject(tiling);
});

test('there is room for 64 vectors, for less where they are long', () => {
  expect(laidOut(3, 'lstm', 64).room).toBe(64);
  // 2¹⁸ / (1 + 8 · 2048)
  expect(laidOut(1, 'indRnn', 2048).room).toBe(15);
});
