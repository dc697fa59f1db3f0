import { describe, expect, expectTypeOf, test } from 'vitest';
import { defineCell, reference, type StateArray, stateful } from '../../src/core.js';
import { leakyCell, projectedCell, slottedCell } from './kinds.js';

describe('a leaky integrator', () => {
  const params = { weightIh: [1], weightHh: [0], biasIh: [0], biasHh: [0] };

  test('leaks by its constant, which an option overrides', () => {
    const quarter = leakyCell(1, 1, { activation: 'identity', params });
    const steps = stateful(quarter, { initialState: [8] }).map([[4], [4], [4]]);
    expect(steps.map(([h]) => h)).toEqual([7, 6.25, 5.6875]);
    const half = leakyCell(1, 1, { activation: 'identity', rate: 0.5, params });
    const faster = stateful(half, { initialState: [8] }).map([[4], [4], [4]]);
    expect(faster.map(([h]) => h)).toEqual([6, 5, 4.5]);
  });

  test('has one state, named in its type too', () => {
    const cell = leakyCell(2, 3);
    expectTypeOf(cell.initialState()).toEqualTypeOf<StateArray>();
    expectTypeOf(cell.outputSize).toEqualTypeOf<3>();
    expect(cell.initialState()).toEqual(new Float32Array(3));
  });
});

describe('a projected LSTM', () => {
  test('feeds back and answers the projection, of another size than its cell state', () => {
    const cell = projectedCell(1, 2, {
      gateActivation: { name: 'affine', alpha: 0, beta: 0.5 },
      activation: 'identity',
      projectionSize: 1,
      params: {
        weightIh: [0, 0, 0, 0, 1, 2],
        weightHh: [0, 0, 0, 0, 10, 20],
        weightHr: [1, 1],
        biasIh: new Float32Array(6),
        biasHh: new Float32Array(6),
      },
    });
    // c' = ½ c + ½ ([1, 2] x + [10, 20] h), h' = c'₁ + c'₂
    const [one, y] = cell({ h: [1], c: [4, 8] }, [2]);
    expect(one).toEqual({ h: Float32Array.of(24), c: Float32Array.of(8, 16) });
    expect([...y]).toEqual([24]);
  });
});

test('an own slot, vector, scalar and constant are read and overridden', () => {
  const params = { weightIh: [1, 1], weightHh: [0, 0, 0, 0], p: [2, 4], offset: 1 };
  const options = { gate: 'identity', activation: 'relu', params } as const;
  // k = x + p·h + 1, h' = h − k·(h − relu(x)), y = −h' + scale·k
  const [h, y] = slottedCell(1, 2, options)([1, 0.5], [3]);
  expect(h).toEqual(Float32Array.of(13, 15.5));
  expect([...y]).toEqual([-1, -3.5]);
  const [, tripled] = slottedCell(1, 2, { ...options, scale: 3 })([1, 0.5], [3]);
  expect([...tripled]).toEqual([5, 2.5]);
});

describe('a cell is a pure function', () => {
  const cell = leakyCell(2, 2, { seed: 1 });
  const h = Float32Array.of(0.5, -0.5);
  const x = Float32Array.of(1, 2);

  test('of a state and an input, neither of which it alters', () => {
    const [next, y] = cell(h, x);
    expect([h, x]).toEqual([Float32Array.of(0.5, -0.5), Float32Array.of(1, 2)]);
    expect(cell(h, x)).toEqual([next, y]);
    expect(next).not.toBe(h);
    const kept = [next.toString(), y.toString()];
    cell(next, x);
    cell(h, [9, 9]);
    expect([next.toString(), y.toString()]).toEqual(kept);
  });

  test('for which an omitted state is zeros', () => {
    expect(cell(undefined, x)).toEqual(cell([0, 0], x));
  });

  test('that its reference agrees with', () => {
    const { y } = reference(cell)({ h: Float64Array.from(h) }, x);
    expect(cell(h, x)[1]).toEqual(Float32Array.from(y));
  });
});

test('a text is read when the cell is defined; sizes and parameters come with each cell', () => {
  const make = defineCell('Mine', "h' = W_h x + U_h h");
  const [one, two] = [make(1, 1, { seed: 1 }), make(2, 3, { seed: 1 })];
  expect(String(one)).toBe('MineCell(1, 1)');
  expect(String(two)).toBe('MineCell(2, 3)');
  expect(two.params.weightIh.shape).toEqual([3, 2]);
});
