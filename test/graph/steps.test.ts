import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countsOf, stepsAfter } from '../../src/graph/counts.js';
import type { Node } from '../../src/graph/graph.js';
import { windowsOf } from '../../src/graph/steps.js';
import { windows } from '../code/evaluate-graph.js';
import { AnyModelBuilder } from '../code/models.js';

const someGeometry = fc.record({
  kernel: fc.integer({ min: 1, max: 7 }),
  dilation: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 5 }),
});
const side = fc.integer({ min: 0, max: 9 });
const somePadding = fc.oneof(side, fc.tuple(side, side));
const someSteps = fc.integer({ min: 0, max: 40 });

test('there are as many windows as a window takes steps from the first place to the last', () => {
  const holds = (geometry: object, padding: number | [number, number], steps: number) => {
    const { count, before } = windowsOf({ ...geometry, padding }, steps);
    const all = windows({ ...geometry, padding }, steps);
    expect(count).toBe(all.length);
    if (all.length) expect(before).toBe(0 - all[0][0]);
  };
  fc.assert(fc.property(someGeometry, somePadding, someSteps, holds), { numRuns: 1000 });
});

// torch.nn.Conv1d: L_out = ⌊(L_in + 2·padding − dilation·(kernel_size − 1) − 1) / stride + 1⌋
test('there are as many windows as torch.nn.Conv1d has outputs', () => {
  const holds = (
    geometry: { kernel: number; dilation: number; stride: number },
    padding: number,
    steps: number,
  ) => {
    const { kernel, dilation, stride } = geometry;
    const outputs = (steps + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
    const { count } = windowsOf({ ...geometry, padding }, steps);
    expect(count).toBe(Math.max(0, Math.floor(outputs)));
  };
  fc.assert(fc.property(someGeometry, side, someSteps, holds), { numRuns: 1000 });
});

describe("'same', as Keras has it", () => {
  // tf.nn: out = ⌈in / stride⌉, total = max((out − 1)·stride + reach − in, 0), less of it before.
  test.each([
    [5, { kernel: 3 }, 5, 1],
    [5, { kernel: 4 }, 5, 1],
    [5, { kernel: 3, dilation: 2 }, 5, 2],
    [5, { kernel: 3, stride: 2 }, 3, 1],
    [6, { kernel: 3, stride: 2 }, 3, 0],
    [7, { kernel: 2, stride: 3 }, 3, 0],
    [1, { kernel: 5 }, 1, 2],
    [4, { kernel: 1, stride: 4 }, 1, 0],
    [0, { kernel: 5 }, 0, undefined],
  ])('%d steps, %j: %d windows, %s steps before', (steps, geometry, count, before) => {
    const found = windowsOf({ ...geometry, padding: 'same' }, steps);
    expect(found.count).toBe(count);
    if (before !== undefined) expect(found.before).toBe(before);
  });

  test('has ⌈steps / stride⌉ windows, each of which has a step', () => {
    const holds = (
      geometry: { kernel: number; dilation: number; stride: number },
      steps: number,
    ) => {
      const { count, before } = windowsOf({ ...geometry, padding: 'same' }, steps);
      expect(count).toBe(Math.ceil(steps / geometry.stride));
      if (count) expect(before).toBe(0 - windows({ ...geometry, padding: 'same' }, steps)[0][0]);
    };
    fc.assert(fc.property(someGeometry, someSteps, holds), { numRuns: 1000 });
  });
});

test('without a kernel there is one window, of all steps', () => {
  expect(windowsOf({}, 7)).toEqual({ count: 1, before: 0, kernel: 7 });
});

describe('steps of each value', () => {
  const pool = { op: 'pool', by: 'max', includePadding: false } as const;
  const build = (...parts: readonly (Partial<Node> & Pick<Node, 'op'>)[]) => {
    const builder = new AnyModelBuilder(1);
    for (const [i, part] of parts.entries()) {
      builder.add({ of: [i], size: 1, where: `n${i}`, ...part } as Node);
    }
    return builder.ofSequences(parts.length).graph;
  };

  test('follow from those before', () => {
    const graph = build(
      { op: 'unfold', kernel: 3, dilation: 2, stride: 1, padding: [4, 0], at: 0, count: 1 },
      { op: 'reverse' },
      { ...pool, kernel: 2, stride: 2 },
      { op: 'last' },
    );
    expect(countsOf(graph, 9)).toEqual([9, 9, 9, 4, 1]);
    expect(countsOf(graph, 1)).toEqual([1, 1, 1, 0, 0]);
    expect(countsOf(graph, 0)).toEqual([0, 0, 0, 0, 0]);
    expect(stepsAfter(graph, 9)).toBe(1);
  });

  test('of no steps are none: a pool has no window of padding alone', () => {
    expect(countsOf(build(pool), 0)).toEqual([0, 0]);
    expect(countsOf(build({ ...pool, kernel: 2, padding: 1 }), 0)).toEqual([0, 0]);
  });

  test('of two values that are joined are the same, or a RecurError says which are not', () => {
    const body = new AnyModelBuilder(1).model(0).graph;
    const graph = build({ op: 'last' }, { op: 'loop', body, of: [0, 1], where: 'parallel' });
    expect(countsOf(graph, 1)).toEqual([1, 1, 1]);
    expect(() => countsOf(graph, 5)).toThrow('parallel: expected outputs of 5 steps, got one of 1');
  });
});
