import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineCutter } from '../../src/cli/lines.js';

/** The lines of a text that comes in chunks cut at these places. */
function cut(text: string | Uint8Array, places: readonly number[], longest = 1000) {
  const bytes = Buffer.from(text as string);
  const cutter = new LineCutter(undefined, longest);
  const ends = [...places.filter(at => at < bytes.length).sort((a, b) => a - b), bytes.length];
  const lines = ends.flatMap((end, i) => cutter.cut(bytes.subarray(ends[i - 1] ?? 0, end)));
  return [...lines, ...cutter.end()];
}

const everywhere = Array.from({ length: 200 }, (_, i) => i);

test('chunks make no difference', () => {
  const text = fc
    .array(fc.constantFrom('a', 'é', '1', ',', '"', '""', '\n', '\r\n', '\r', '{', ' '), {
      maxLength: 40,
    })
    .map(parts => parts.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat(60)), (whole, places) => {
      expect(cut(whole, places)).toEqual(cut(whole, []));
      expect(cut(whole, everywhere)).toEqual(cut(whole, []));
    }),
    { numRuns: 1000 },
  );
});

test('a line end inside a quoted field of CSV is part of it, and lines are counted on', () => {
  const text = 'a,b\n"x\ny ""z""\n",1\n2,3\n';
  expect(cut(text, everywhere)).toEqual([
    { line: 1, text: 'a,b' },
    { line: 2, text: '"x\ny ""z""\n",1' },
    { line: 5, text: '2,3' },
  ]);
});

test('lines end with CR alone where the first one does', () => {
  for (const places of [[], everywhere]) {
    expect(cut('a,b\r"x\ry",1\r\r2,3\r', places)).toEqual([
      { line: 1, text: 'a,b' },
      { line: 2, text: '"x\ry",1' },
      { line: 5, text: '2,3' },
    ]);
    expect(cut('{"a":1}\r{"a":2}', places).map(({ text }) => text)).toEqual(['{"a":1}', '{"a":2}']);
    expect(cut('a\n1\r2\r', places).map(({ text }) => text)).toEqual(['a', '1\r2']);
    expect(cut('"a\rb",c\r\n1,2\r\n', places).map(({ text }) => text)).toEqual(['"a\rb",c', '1,2']);
  }
});

test('a line that is too long is named before its end comes', () => {
  const cutter = new LineCutter('ndjson', 10);
  expect(cutter.cut(Buffer.from('{"a":'))).toEqual([]);
  const problem = 'longer than 10 bytes';
  expect(cutter.cut(Buffer.from('1234567'))).toEqual([{ line: 1, text: '', problem }]);
  expect(cutter.cut(Buffer.from('8}\n{}\n'))).toEqual([{ line: 2, text: '{}' }]);
});

test('NUL bytes are no white space and no text', () => {
  expect(cut('\0\0', []).map(({ problem }) => problem)).toEqual(['a NUL byte, which is no text']);
  expect(cut('a\n1\0\n2\n', everywhere).map(({ problem }) => problem)).toEqual([
    undefined,
    'a NUL byte, which is no text',
    undefined,
  ]);
});

test('a quote that opens no field, and one in NDJSON, ends with its line', () => {
  expect(cut('a\n5" disk\n7\n', []).map(({ text }) => text)).toEqual(['a', '5" disk', '7']);
  expect(cut('{"a":1\n2}\n', []).map(({ text }) => text)).toEqual(['{"a":1', '2}']);
});

test('blank lines are no rows but are counted, and the last line needs no end', () => {
  expect(cut('\n \r\na,b\r\n\n1,2', everywhere)).toEqual([
    { line: 3, text: 'a,b' },
    { line: 5, text: '1,2' },
  ]);
});

test('a line that is too long is named, and the next one is read', () => {
  const text = `a\n${'1'.repeat(30)}\n2\n`;
  for (const places of [[], everywhere]) {
    expect(cut(text, places, 20)).toEqual([
      { line: 1, text: 'a' },
      { line: 2, text: '', problem: 'longer than 20 bytes' },
      { line: 3, text: '2' },
    ]);
  }
  expect(cut('1'.repeat(20), everywhere, 20)).toEqual([{ line: 1, text: '1'.repeat(20) }]);
});

test('a quote that is never closed costs no more lines than fit the longest row', () => {
  const texts = cut(`a,b\n"oops,1\n${'22,33\n'.repeat(10)}`, everywhere, 30);
  expect(texts.slice(0, 2)).toEqual([
    { line: 1, text: 'a,b' },
    { line: 2, text: '', problem: 'longer than 30 bytes' },
  ]);
  expect(texts.at(-1)).toEqual({ line: 12, text: '22,33' });
});

test('bytes that are not UTF-8 are named', () => {
  const bytes = Uint8Array.of(97, 10, 0xc3, 0x28, 10, 98, 10);
  expect(cut(bytes, everywhere).map(({ problem }) => problem)).toEqual([
    undefined,
    'not UTF-8',
    undefined,
  ]);
});
