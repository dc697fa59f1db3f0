import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readMembers } from '../../src/cli/json-members.js';

test('the members of an object or an array stand as they are written', () => {
  const text = ' {"a" : 1.0 ,"b":{ "c": [1e400, "}"] },"\\u0064\\"":"\\u00e9\\\\" , "e":[ ]}';
  expect(readMembers(text).members).toEqual([
    ['a', '1.0'],
    ['b', '{ "c": [1e400, "}"] }'],
    ['d"', '"\\u00e9\\\\"'],
    ['e', '[ ]'],
  ]);
  expect(readMembers('[-0,\t9007199254740993 ,true]').members).toEqual([
    ['0', '-0'],
    ['1', '9007199254740993'],
    ['2', 'true'],
  ]);
});

test('members keep their order and may stand twice', () => {
  const { members } = readMembers('{"b":1,"10":2,"2":3,"b":4,"__proto__":5}');
  expect(members.map(([name]) => name)).toEqual(['b', '10', '2', 'b', '__proto__']);
});

test('levels are arrays and objects within each other', () => {
  const levels = ['{}', '[]', '{"a":1}', '[[],[]]', '[{"a":["[[[["]}]'].map(text => {
    return readMembers(text).levels;
  });
  expect(levels).toEqual([1, 1, 1, 2, 3]);
});

test('each text parses to the value that JSON.parse gives the member', () => {
  const space = fc.constantFrom('', ' ', '\t', '\r', '  ');
  const value = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
  fc.assert(
    fc.property(value, space, (value, gap) => {
      const json = gap + JSON.stringify(value, null, gap).replaceAll('\n', gap) + gap;
      const { members } = readMembers(json);
      const parsed = JSON.parse(json);
      expect(members.length).toBe(Object.keys(parsed).length);
      for (const [name, text] of members) expect(JSON.parse(text)).toEqual(parsed[name]);
    }),
    { numRuns: 2000 },
  );
});
