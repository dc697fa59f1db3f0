import { describe, expect, test } from 'vitest';
import { lifted } from '../../src/code/sequences.js';
import { denseCell, gruCell, lstmCell } from '../../src/core.js';
import { allNodes, checkedBefore, type Node, portsOf, stateSizes } from '../../src/graph/graph.js';
import { AnyModelBuilder, modelOf } from '../code/models.js';

const port = (name: string, size: number): Node => ({ op: 'port', name, of: [], size, where: '' });
const dense = modelOf(denseCell(2, 3, { seed: 1 }));
const gru = modelOf(gruCell(3, 3, { seed: 2 }));

/** Operation, sources and name of each node. */
const told = (nodes: readonly Node[]) => nodes.map(({ op, of, where }) => [op, ...of, where]);

describe('a builder', () => {
  test('puts models in one, their parameters and names behind those before', () => {
    const builder = new AnyModelBuilder(2);
    const first = builder.inline(dense, [0], 'chain[0].');
    const second = builder.inline(gru, [first], 'chain[1].');
    const both = builder.add({ op: 'add', of: [first, second], size: 3, where: 'sum' });
    const { graph, params } = builder.model(both);
    expect(told(graph.nodes)).toEqual([
      ['port', ''],
      ['cell', 0, 'chain[0].dense'],
      ['cell', 1, 'chain[1].gru'],
      ['add', 1, 2, 'sum'],
    ]);
    expect(graph.output).toBe(3);
    expect(graph.sequence).toBe(undefined);
    expect(params).toEqual([...dense.params, ...gru.params]);
    expect(graph.nodes.map(node => ('params' in node ? node.params : -1))).toEqual([-1, 0, 1, -1]);
  });

  test('reads a source for each port, in the order of the ports', () => {
    const two = new AnyModelBuilder(2);
    two.add(port('z', 2));
    const product = two.add({ op: 'multiply', of: [1, 0], size: 2, where: 'product' });
    const builder = new AnyModelBuilder(2);
    const moved = builder.inline(dense, [0], '');
    const at = builder.inline(two.model(product), [moved, 0], 'p.');
    expect(told(builder.nodes)[at]).toEqual(['multiply', 0, 1, 'p.product']);
  });

  test('leaves a model that answers its port as the source', () => {
    const builder = new AnyModelBuilder(2);
    expect(builder.inline(new AnyModelBuilder(2).model(0), [0], 'tap.')).toBe(0);
    expect(builder.nodes).toHaveLength(1);
  });

  test('moves the parameters of bodies in bodies too', () => {
    const window = new AnyModelBuilder(2);
    const body = window.body(lifted(dense), 'window.');
    const own = { op: 'sequence', steps: 1, of: [0], size: 3, where: 'window' } as const;
    const model = lifted(window.model(window.add({ ...own, body })));
    const builder = new AnyModelBuilder(3);
    builder.inline(gru, [0], 'a.');
    const at = builder.inline(model, [0], 'b.');
    const { graph, params } = builder.ofSequences(at);
    const cells = [...allNodes(graph)].filter(node => node.op === 'cell');
    expect(cells.map(({ where, params: k }) => [where, params[k]])).toEqual([
      ['a.gru', gru.params[0]],
      ['b.window.dense', dense.params[0]],
    ]);
  });
});

describe('a model of steps as one of sequences', () => {
  test('is a loop that is named as what reads first', () => {
    const model = lifted(dense);
    const { graph, params } = model;
    expect(told(graph.nodes)).toEqual([
      ['port', ''],
      ['loop', 0, 'dense'],
    ]);
    expect(graph.sequence).toBe(true);
    const [, loop] = graph.nodes;
    expect(loop.op === 'loop' && loop.body).toEqual(dense.graph);
    expect(loop.size).toBe(3);
    expect(params).toEqual(dense.params);
    expect(lifted(model)).toBe(model);
  });

  test('has its ports, wherever they are', () => {
    const builder = new AnyModelBuilder(2);
    builder.inline(dense, [0], '');
    const z = builder.add(port('z', 5));
    const sum = builder.add({ op: 'add', of: [1, 1], size: 3, where: 'sum' });
    expect(portsOf(lifted(builder.model(sum)).graph)).toEqual([port('x', 2), port('z', 5)]);
    expect(told(lifted(builder.model(sum)).graph.nodes)[2]).toEqual(['loop', 0, 1, 'dense']);
    const { graph } = lifted(builder.model(z));
    expect(graph.nodes[graph.output]).toEqual(port('z', 5));
  });
});

test('nodes of bodies follow what has them', () => {
  const { graph } = lifted(dense);
  expect([...allNodes(graph)].map(({ op }) => op)).toEqual(['port', 'loop', 'port', 'cell']);
});

test('a cell has a state of each of its variables, a move one if it keeps numbers', () => {
  const [, lstm] = modelOf(lstmCell(2, 5)).graph.nodes;
  expect(stateSizes(lstm)).toEqual([5, 5]);
  const move = { op: 'move', moves: [], of: [0], size: 4, where: '' } as const;
  expect(stateSizes({ ...move, state: 3 })).toEqual([3]);
  expect(stateSizes({ ...move, state: 0 })).toEqual([]);
});

describe('before a node runs, what it reads is checked', () => {
  const cell = (of: readonly number[]): Node => ({ ...dense.graph.nodes[1], of });
  const add = (of: readonly number[]): Node => ({ op: 'add', of, size: 3, where: '' });
  const pool = { op: 'pool', by: 'max', includePadding: false, size: 3, where: '' } as const;
  const reverse = (of: number): Node => ({ op: 'reverse', of: [of], size: 3, where: '' });
  const last = (of: number): Node => ({ op: 'last', of: [of], size: 3, where: '' });
  const loop = (...of: readonly number[]): Node => {
    return { op: 'loop', body: dense.graph, of, size: 3, where: '' };
  };
  const x = port('x', 2);
  const checked = (...nodes: readonly Node[]) => checkedBefore({ nodes, output: 0 });

  test('once each, and not what came in by a port', () => {
    expect(checked(x, cell([0]), cell([1]), cell([1]))).toEqual([[], [], [1], []]);
    expect(checked(x, cell([0]), loop(1, 1))).toEqual([[], [], [1]]);
  });

  test('by cells, loops, windows and lookups: a sum passes on what is not finite', () => {
    expect(checked(x, cell([0]), add([1, 0]), cell([2]))).toEqual([[], [], [], [2]]);
  });

  test('by what reads first in a loop: one that only adds or moves passes on what is not finite', () => {
    const joined = new AnyModelBuilder(3);
    joined.add(port('z', 3));
    joined.add(add([0, 1]));
    const whole = (output: number): Node => {
      const { graph: body } = joined.model(output);
      return { op: 'loop', body, of: [1, 0], size: 3, where: '' };
    };
    expect(checked(x, loop(0), whole(2), loop(2))).toEqual([[], [], [], [2]]);
    joined.add(cell([1]));
    expect(checked(x, loop(0), whole(3))).toEqual([[], [], []]);
    joined.add(cell([0]));
    expect(checked(x, loop(0), whole(4))).toEqual([[], [], [1]]);
  });

  test('a sequence from its first step on if it is reversed, and one step alone', () => {
    expect(checked(x, loop(0), reverse(1), loop(2), loop(1))).toEqual([[], [], [], [1], []]);
    expect(checked(x, loop(0), last(1), loop(2), loop(1))).toEqual([[], [], [], [2], [1]]);
    expect(checked(x, loop(0), loop(1), last(1), loop(3))).toEqual([[], [], [1], [], []]);
  });

  test('but for windows, which are made of what was checked, and zeros', () => {
    const geometry = { kernel: 2, dilation: 1, stride: 1, padding: 1 };
    const unfold: Node = {
      op: 'unfold',
      ...geometry,
      at: 0,
      count: 3,
      of: [1],
      size: 6,
      where: '',
    };
    expect(checked(x, loop(0), unfold, loop(2))).toEqual([[], [], [1], []]);
  });

  test('a pool of what was checked needs none', () => {
    expect(checked(x, { ...pool, of: [0] }, cell([1]))).toEqual([[], [], []]);
    expect(checked(x, loop(0), { ...pool, of: [1] }, cell([2]))).toEqual([[], [], [], [2]]);
  });
});
