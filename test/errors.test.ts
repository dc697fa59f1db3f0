import { describe, expect, test } from 'vitest';
import {
  asRecurError,
  checkNames,
  describe as inWords,
  mismatch,
  RecurError,
} from '../src/errors.js';

test('the message is where, what was expected, what came, and the likely cause', () => {
  expect(mismatch('lstm.x', '[10]', '[9]').message).toBe('lstm.x: expected [10], got [9]');
  expect(mismatch('lstm.x', '[10]', '[9]', 'one is missing').message).toBe(
    'lstm.x: expected [10], got [9]; one is missing',
  );
});

test('an error has its parts, and is an Error of its own name', () => {
  const cause = new TypeError('odd');
  const error = new RecurError({ where: 'a', expected: 'b', got: 'c', hint: 'd', step: 5, cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ where: 'a', expected: 'b', got: 'c', hint: 'd', step: 5, cause });
  expect(String(error)).toBe('RecurError: a: expected b, got c; d');
  const plain = mismatch('a', 'b', 'c');
  expect([plain.step, plain.hint]).toEqual([undefined, undefined]);
  expect('cause' in plain).toBe(false);
});

describe('an error that is caught', () => {
  test('becomes a RecurError that keeps it', () => {
    const cause = new RangeError('too far');
    const error = asRecurError(cause, 'select', { step: 3 });
    expect(error).toMatchObject({ where: 'select', got: 'RangeError: too far', step: 3, cause });
  });

  test('of this library keeps its words, gains a prefix and the first step', () => {
    const inner = mismatch('rnn.x', '[1]', '[2]', 'why');
    expect(asRecurError(inner, 'elsewhere')).toBe(inner);
    const outer = asRecurError(inner, 'elsewhere', { prefix: 'chain[1].', step: 4 });
    expect(outer.message).toBe('chain[1].rnn.x: expected [1], got [2]; why');
    expect(asRecurError(outer, 'elsewhere', { step: 9 }).step).toBe(4);
  });
});

test('values are told in a few words', () => {
  class Tracker {}
  const words: [unknown, string][] = [
    ['text', "'text'"],
    ['x'.repeat(50), `'${'x'.repeat(40)}…'`],
    [5, '5'],
    [Number.NaN, 'NaN'],
    [-1, '-1'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('a'), 'Symbol(a)'],
    [[1, 2], 'an array of length 2'],
    [new Float32Array(3), 'Float32Array of length 3'],
    [{ data: [], shape: [2, 3], stride: [3, 1], offset: 0 }, 'an ndarray [2, 3]'],
    [{ a: 1, b: 2 }, 'an object { a, b }'],
    [{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }, 'an object { a, b, c, d, e }'],
    [Object.create(null), 'an object {  }'],
    [new Map(), 'a Map'],
    [new Tracker(), 'a Tracker'],
    [() => 1, 'a function'],
    [Math.max, 'the function max'],
  ];
  for (const [value, text] of words) expect(inWords(value)).toBe(text);
});

test('an option that nobody reads is refused with those that are read', () => {
  expect(() => checkNames('gru', { seed: 1 }, ['seed', 'bias'])).not.toThrow();
  expect(() => checkNames('gru', { sead: 1 }, ['seed', 'bias'])).toThrow(
    "gru: expected options named seed, bias, got 'sead'",
  );
  for (const options of [null, 5, 'seed', [], () => 1, undefined]) {
    expect(() => checkNames('gru', options, ['seed'])).toThrow(
      'gru: expected an object of options',
    );
  }
});
