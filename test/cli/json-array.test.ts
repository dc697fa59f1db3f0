import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detectFormat } from '../../src/cli/format.js';
import { JsonArrayCutter } from '../../src/cli/json-array.js';

/** The elements of a text that comes in chunks of so many bytes. */
function cut(text: string, size = 1e9, longest = 1000) {
  const bytes = Buffer.from(text);
  const cutter = new JsonArrayCutter(longest);
  const lines = [];
  for (let at = 0; at < bytes.length; at += size) {
    lines.push(...cutter.cut(bytes.subarray(at, at + size)));
  }
  return [...lines, ...cutter.end()];
}

test('any array of JSON comes in its elements, however it is chunked and indented', () => {
  const array = fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 6 });
  fc.assert(
    fc.property(
      array,
      fc.constantFrom(0, 2),
      fc.integer({ min: 1, max: 9 }),
      (rows, space, size) => {
        const text = ` \n${JSON.stringify(rows, undefined, space)}\n`;
        expect(cut(text, size, 1e6).map(line => JSON.parse(line.text))).toEqual(JSON.parse(text));
      },
    ),
    { numRuns: 500 },
  );
});

test('brackets, commas and quotes within strings end nothing', () => {
  const rows = [{ 'a]}': '[{",', b: 'x\\"]' }, ['\\', '"', ']']];
  for (const size of [1, 3, 1000]) {
    expect(cut(JSON.stringify(rows), size).map(({ text }) => JSON.parse(text))).toEqual(rows);
  }
});

test('an element has the number of the line that it begins on', () => {
  expect(cut('[\n {"x": 1},\n\n {"x":\n  2}, {"x": 3}\n]\n', 4)).toEqual([
    { line: 2, text: '{"x": 1}' },
    { line: 4, text: '{"x":\n  2}' },
    { line: 5, text: '{"x": 3}' },
  ]);
});

test('an array without elements has no rows, and a comma too many is one that is not JSON', () => {
  expect(cut('[ ]')).toEqual([]);
  expect(cut('[1,]').map(({ text }) => text)).toEqual(['1', '']);
  expect(cut('[{"x":1}} ,2]').map(({ text }) => text)).toEqual(['{"x":1}}', '2']);
});

test('an array that is cut off, text after it and text that is none lose the rest', () => {
  const cutOff = 'expected ] after the last row, got the end of the file; is it cut off?';
  for (const text of ['[{"x":1},{"x":2', '[{"x":1},', '[', '[{"x":[1}, {"x":2}]']) {
    expect(cut(text, 2).at(-1)).toEqual({ line: 1, text: '', problem: cutOff, lost: true });
  }
  const after = cut('[1]\n[2]\n[3]', 2);
  expect(after).toHaveLength(2);
  expect(after[1]).toMatchObject({ line: 2, lost: true });
  expect(after[1].problem).toContain('expected nothing after the array, got more');
  expect(cut('{"x":1}')[0].problem).toContain('expected one JSON array of rows');
});

test('an element that is too long is named before its end comes, and the next one is read', () => {
  for (const size of [1, 1000]) {
    expect(cut(`[1,\n"${'x'.repeat(50)}",3]`, size, 20)).toEqual([
      { line: 1, text: '1' },
      { line: 1, text: '', problem: 'longer than 20 bytes' },
      { line: 2, text: '3' },
    ]);
  }
});

test('bytes that are no text are named', () => {
  expect(cut('[1,"\0",3]').map(({ problem }) => problem)).toEqual([
    undefined,
    'a NUL byte, which is no text',
    undefined,
  ]);
});

test('the first bytes tell one array from a row a line, once there are enough', () => {
  const told = (text: string) => detectFormat(Buffer.from(text));
  expect(['[{', ' [\n\n {', '[[1,2],', '[]'].map(told)).toEqual(['json', 'json', 'json', 'json']);
  expect(['[1', '[ "a"', '{"x"', '[-'].map(told)).toEqual(['ndjson', 'ndjson', 'ndjson', 'ndjson']);
  expect(['', ' \n', '[', '[ \n'].map(told)).toEqual([undefined, undefined, undefined, undefined]);
});
