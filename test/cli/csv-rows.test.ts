import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CsvRows } from '../../src/cli/csv-rows.js';
import { LineCutter } from '../../src/cli/lines.js';

function rowsOf(text: string) {
  const cutter = new LineCutter('csv', 1000);
  const reader = new CsvRows();
  const lines = [...cutter.cut(Buffer.from(text)), ...cutter.end()];
  const rows = reader.read(lines).map(row => {
    if (!('fields' in row)) return row;
    const { line, fields } = row;
    return { line, fields: reader.names().map((_, i) => fields.get(i)) };
  });
  return { reader, rows };
}

test('any table that csv-stringify writes is read back', () => {
  const field = fc
    .array(fc.constantFrom('a', 'ü', ' ', ',', '"', '\n', '\r\n', '7'), { maxLength: 5 })
    .map(parts => parts.join(''));
  const table = fc.array(fc.tuple(field, field, field), { maxLength: 8 });
  fc.assert(
    fc.property(table, fc.constantFrom('\n', '\r\n'), (records, end) => {
      const header = ['a', 'b', 'c'];
      const options = { record_delimiter: end, quoted_match: /[\r\n]/ };
      const { rows } = rowsOf(stringify([header, ...records], options));
      expect(rows.map(row => 'fields' in row && row.fields)).toEqual(records);
    }),
    { numRuns: 500 },
  );
});

test('a bad record is named and spoils no other', () => {
  const { rows } = rowsOf('a,b\n1,2\n5" disk,3\n"x"y,3\n1\n1,2,3\n"4",5\n');
  expect(rows).toEqual([
    { line: 2, fields: ['1', '2'] },
    { line: 3, problem: 'a quote inside a field that does not begin with one' },
    { line: 4, problem: 'text after the closing quote of a field' },
    { line: 5, problem: 'expected 2 fields, got 1' },
    { line: 6, problem: 'expected 2 fields, got 3' },
    { line: 7, fields: ['4', '5'] },
  ]);
});

test('a quote that is never closed is named at the end of the input', () => {
  const { rows } = rowsOf('a,b\n1,2\n"1,2\n3,4\n');
  expect(rows).toEqual([
    { line: 2, fields: ['1', '2'] },
    { line: 3, problem: 'a quote that is never closed, in all that follows', lost: true },
  ]);
  expect(rowsOf('a,b\n1,2\n"1,2').rows[1]).toEqual({
    line: 3,
    problem: 'a quote that is never closed',
  });
});

test('only decimals are numbers', () => {
  const { reader } = rowsOf('a\n');
  const numbers = ['1', ' -2.5 ', '+.5', '3.', '1e-7', '1E+3'].map(text => reader.number(text));
  expect(numbers).toEqual([1, -2.5, 0.5, 3, 1e-7, 1000]);
  const others = ['', ' ', '0x10', 'Infinity', 'nan', '1_000', '1,5', 'true', '1e', '--1'];
  expect(others.filter(text => !Number.isNaN(reader.number(text)))).toEqual([]);
});

test('a column that the header has twice is refused when it is asked for', () => {
  const { reader } = rowsOf('a,b,a\n');
  expect(reader.key('b')).toBe(1);
  expect(reader.key('c')).toBeUndefined();
  expect(() => reader.key('a')).toThrow('column a is twice in the header');
});
