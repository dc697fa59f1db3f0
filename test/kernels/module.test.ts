import { describe, expect, test } from 'vitest';
import { type Code, unsigned } from '../../src/kernels/wasm/code.js';
import * as control from '../../src/kernels/wasm/control.js';
import * as f32x4 from '../../src/kernels/wasm/f32x4.js';
import { FunctionBuilder } from '../../src/kernels/wasm/function-builder.js';
import * as i32 from '../../src/kernels/wasm/i32.js';
import * as i32x4 from '../../src/kernels/wasm/i32x4.js';
import { firstLanes } from '../../src/kernels/wasm/lanes.js';
import * as local from '../../src/kernels/wasm/local.js';
import { repeat } from '../../src/kernels/wasm/loops.js';
import { assemble } from '../../src/kernels/wasm/module.js';
import * as v128 from '../../src/kernels/wasm/v128.js';
import { webAssembly } from '../../src/kernels/wasm/web-assembly.js';
import { dataAt, runnable } from './running.js';

/** Nested code as bytes, in the test's own way. */
const flat = (code: Code): number[] => [code].flat(Number.POSITIVE_INFINITY as 1) as number[];

describe('numbers in LEB128', () => {
  // Worked out by hand: seven bits a byte, the lowest first, the top bit set on all but the last.
  test.each([
    [0, [0x00]],
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [255, [0xff, 0x01]],
    [16383, [0xff, 0x7f]],
    [16384, [0x80, 0x80, 0x01]],
    [624485, [0xe5, 0x8e, 0x26]],
    [2 ** 31, [0x80, 0x80, 0x80, 0x80, 0x08]],
    [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('without a sign, %d', (value, bytes) => {
    expect(flat(unsigned(value))).toEqual(bytes);
  });

  // The last byte's bit 6 is the sign.
  test.each([
    [0, [0x00]],
    [63, [0x3f]],
    [64, [0xc0, 0x00]],
    [-1, [0x7f]],
    [-64, [0x40]],
    [-65, [0xbf, 0x7f]],
    [8191, [0xff, 0x3f]],
    [8192, [0x80, 0xc0, 0x00]],
    [-123456, [0xc0, 0xbb, 0x78]],
    [2 ** 31 - 1, [0xff, 0xff, 0xff, 0xff, 0x07]],
    [-(2 ** 31), [0x80, 0x80, 0x80, 0x80, 0x78]],
    // An address in the upper half of a memory is the negative number of the same 32 bits.
    [2 ** 31, [0x80, 0x80, 0x80, 0x80, 0x78]],
    [2 ** 32 - 64, [0xc0, 0x7f]],
  ])('with a sign, %d', (value, bytes) => {
    expect(flat(i32.const(value))).toEqual([0x41, ...bytes]);
  });
});

/** What a function of the four arguments answers. */
function answer(codeOf: (fn: FunctionBuilder) => Code, ...args: number[]): number {
  const fn = new FunctionBuilder();
  const bytes = assemble({ f: fn.body(codeOf(fn)) });
  expect(webAssembly().validate(bytes)).toBe(true);
  const wasm = webAssembly();
  const m = new wasm.Memory({ initial: 1 });
  const { f } = new wasm.Instance(new wasm.Module(bytes), { e: { m } }).exports as {
    f(...args: number[]): number;
  };
  return f(...args);
}

describe('an assembled module validates and runs', () => {
  test('it begins with the magic number and version 1', () => {
    const bytes = assemble({ f: new FunctionBuilder().body(i32.const(0)) });
    expect([...bytes.subarray(0, 8)]).toEqual([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  });

  test('arithmetic of whole numbers', () => {
    const [a, b, c, d] = [0, 1, 2, 3].map(local.get);
    expect(answer(() => i32.sub(i32.mul(i32.add(a, b), c), d), 2, 3, 7, 4)).toBe(31);
    expect(answer(() => i32.const(-123456))).toBe(-123456);
    expect(answer(() => i32.eq(a, b), 5, 5)).toBe(1);
  });

  test('a loop runs once and then while its condition holds', () => {
    const factorial = (fn: FunctionBuilder) => {
      const product = fn.number();
      return [
        local.set(product, i32.const(1)),
        repeat(
          [
            local.set(product, i32.mul(local.get(product), local.get(0))),
            local.set(0, i32.sub(local.get(0), i32.const(1))),
          ],
          local.get(0),
        ),
        local.get(product),
      ];
    };
    expect(answer(factorial, 10)).toBe(3628800);
    expect(answer(factorial, 1)).toBe(1);
  });

  test('a condition may answer early', () => {
    const code = () => [
      control.if(i32.eq(local.get(0), i32.const(7)), control.return(i32.const(1))),
      i32.const(2),
    ];
    expect(answer(code, 7)).toBe(1);
    expect(answer(code, 8)).toBe(2);
  });

  test('several functions are exported by their names, 200 locals and more among them', () => {
    const many = new FunctionBuilder();
    const locals = Array.from({ length: 200 }, () => many.number());
    const sum = [
      locals.map((index, i) => local.set(index, i32.const(i))),
      locals.reduce<Code>((rest, index) => i32.add(rest, local.get(index)), i32.const(0)),
    ];
    const bytes = assemble({ two: new FunctionBuilder().body(i32.const(2)), sum: many.body(sum) });
    const wasm = webAssembly();
    const m = new wasm.Memory({ initial: 1 });
    const { exports } = new wasm.Instance(new wasm.Module(bytes), { e: { m } });
    const { two, sum: total } = exports as Record<string, () => number>;
    expect([two(), total()]).toEqual([2, 19900]);
  });

  test('locals of a scope are handed out again after it, each type its own', () => {
    const fn = new FunctionBuilder();
    const taken = () => [fn.number(), fn.vector(), fn.number()];
    const [outside, before, after] = [fn.number(), fn.scope(taken), fn.scope(taken)];
    expect(after).toEqual(before);
    expect(before).not.toContain(outside);
    expect(taken()).toEqual(before);
    expect([...before, outside]).not.toContain(fn.vector());
  });
});

describe('vectors of four floats', () => {
  /** What code makes of two vectors, at `dataAt` and after it. */
  function vector(codeOf: (a: Code, b: Code) => Code, a: number[], b: number[] = a) {
    const at = (i: number) => v128.load(i32.const(dataAt), i * 16);
    const { memory, run } = runnable(false, 1, () =>
      v128.store(i32.const(dataAt), 32, codeOf(at(0), at(1))),
    );
    memory.set([...a, ...b], dataAt / 4);
    run(0, 0, 0, 0);
    return [...memory.subarray(dataAt / 4 + 8, dataAt / 4 + 12)];
  }
  const [a, b] = [
    [1, -2, 3, -4],
    [0.5, 8, -3, Number.NaN],
  ];

  test('each instruction is the one of its name', () => {
    expect(vector(f32x4.add, a, b)).toEqual([1.5, 6, 0, Number.NaN]);
    expect(vector(f32x4.sub, a, b)).toEqual([0.5, -10, 6, Number.NaN]);
    expect(vector(f32x4.mul, a, b)).toEqual([0.5, -16, -9, Number.NaN]);
    expect(vector(f32x4.div, a, b)).toEqual([2, -0.25, -1, Number.NaN]);
    expect(vector(x => f32x4.abs(x), a)).toEqual([1, 2, 3, 4]);
    expect(vector((x, y) => v128.bitselect(x, y, f32x4.lt(x, y)), a, b)).toEqual([
      0.5,
      -2,
      -3,
      Number.NaN,
    ]);
    expect(vector((x, y) => v128.andnot(x, f32x4.le(x, y)), a, b)).toEqual([1, 0, 3, -4]);
    expect(vector(x => i32x4.shl(x, i32.const(1)), [2 ** -149, 2 ** -149, 0, 0])).toEqual([
      2 ** -148,
      2 ** -148,
      0,
      0,
    ]);
  });

  test('of two, the least and the most are the first where one is NaN', () => {
    expect(vector(f32x4.pmin, a, b)).toEqual([0.5, -2, -3, -4]);
    expect(vector(f32x4.pmax, a, b)).toEqual([1, 8, 3, -4]);
    expect(vector(f32x4.pmin, b, a)).toEqual([0.5, -2, -3, Number.NaN]);
    expect(vector(f32x4.pmax, b, a)).toEqual([1, 8, 3, Number.NaN]);
  });

  test.each([
    [1, [1, 1, 1, 1]],
    [2, [1, -2, 1, 1]],
    [3, [1, -2, 3, 1]],
  ])('after its first %d elements a vector has its first again', (n, wanted) => {
    expect(vector(x => firstLanes(x, n), a)).toEqual(wanted);
  });

  test('one float is loaded four times', () => {
    expect(vector(() => v128.load32Splat(i32.const(dataAt), 8), a)).toEqual([3, 3, 3, 3]);
  });
});
