import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimalNumber } from '../../src/cli/decimal-number.js';

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 12 });

test('a decimal is the float64 that JavaScript reads, bit for bit', () => {
  const decimal = fc.tuple(fc.constantFrom('', '-', '+'), digits, digits, fc.boolean());
  fc.assert(
    fc.property(decimal, ([sign, whole, fraction, hasPoint]) => {
      const text = `${sign}${whole}${hasPoint ? `.${fraction}` : ''}`;
      fc.pre(/\d/.test(text));
      expect(Object.is(decimalNumber(text), Number(text))).toBe(true);
    }),
    { numRuns: 5000 },
  );
});

test('every float64 is read as JavaScript writes it', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
      expect(decimalNumber(String(value))).toBe(value + 0);
    }),
    { numRuns: 5000 },
  );
});

test('text that is no decimal is NaN, though Number takes some of it', () => {
  const texts = [
    '',
    ' ',
    '.',
    '-',
    '+',
    '1.2.3',
    '0x10',
    '0b1',
    'Infinity',
    '-Infinity',
    '1e',
    '1,5',
  ];
  expect(texts.filter(text => !Number.isNaN(decimalNumber(text)))).toEqual([]);
  expect([' 7 ', '-0', '007', '5.', '.5', '1E3'].map(decimalNumber)).toEqual([
    7, -0, 7, 5, 0.5, 1000,
  ]);
});
