import { mismatch } from '../../errors.js';
import { quoted } from '../json.js';

/** What the header of a `.npy` says: a Python dictionary of these three. */
export interface NpyHeader {
  /** Byte order, kind and bytes of an element: `<f4`. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** What a value of the dictionary looks like, and what it is. */
const values = {
  string: /'([^'\\]*)'|"([^"\\]*)"/y,
  word: /True|False/y,
  // Python 2 writes 3L.
  tuple: /\(\s*((?:\d{1,16}L?\s*,\s*)*(?:\d{1,16}L?\s*)?)\)/y,
};

const mostDimensions = 64;

/** Reads the text of a header: Python literals, none of which runs. Throws a RecurError. */
export function readHeader(where: string, text: string): NpyHeader {
  const found = new Map<string, string | boolean | readonly number[]>();
  let at = 0;
  const skip = (pattern: RegExp, expected: string): RegExpExecArray => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) throw mismatch(where, expected, quoted(text.slice(at, at + 40)));
    at = pattern.lastIndex;
    return match;
  };
  skip(/\s*\{\s*/y, 'a dictionary');
  while (text[at] !== '}') {
    const [, single, double] = skip(values.string, 'a name between quotes');
    const name = single ?? double;
    if (found.has(name)) throw mismatch(where, 'every name once', `${quoted(name)} twice`);
    skip(/\s*:\s*/y, 'a colon');
    found.set(name, readValue(where, text, at, skip));
    if (!skip(/\s*(,?)\s*/y, 'a comma')[1]) break;
  }
  skip(/\}\s*$/y, 'the end of the dictionary');
  return checked(where, found);
}

function readValue(
  where: string,
  text: string,
  at: number,
  skip: (pattern: RegExp, expected: string) => RegExpExecArray,
): string | boolean | readonly number[] {
  if (text[at] === 'T' || text[at] === 'F') return skip(values.word, 'True or False')[0] === 'True';
  if (text[at] === '(') {
    const [whole, inner] = skip(values.tuple, 'a tuple of whole numbers');
    const numbers = inner.split(',').filter(part => part.trim() !== '');
    const isTuple = numbers.length !== 1 || inner.includes(',');
    if (!isTuple) throw mismatch(where, 'a tuple', quoted(whole));
    return numbers.map(part => Number(part.replace('L', '')));
  }
  if (text[at] === '[') {
    throw mismatch(`${where} descr`, 'one kind of number', 'several', 'a structured array');
  }
  const [, single, double] = skip(values.string, 'a string, True, False or a tuple');
  return single ?? double;
}

function checked(where: string, found: ReadonlyMap<string, unknown>): NpyHeader {
  const [descr, fortranOrder, shape] = ['descr', 'fortran_order', 'shape'].map(name => {
    if (!found.has(name)) throw mismatch(`${where} ${name}`, 'a value', 'none');
    return found.get(name);
  });
  if (found.size > 3) {
    throw mismatch(where, 'descr, fortran_order and shape', `${found.size} names`);
  }
  if (typeof descr !== 'string') throw mismatch(`${where} descr`, 'a string', String(descr));
  if (typeof fortranOrder !== 'boolean') {
    throw mismatch(`${where} fortran_order`, 'True or False', quoted(String(fortranOrder)));
  }
  const isShape = Array.isArray(shape) && shape.length <= mostDimensions;
  if (!isShape || !shape.every(Number.isSafeInteger)) {
    throw mismatch(`${where} shape`, `at most ${mostDimensions} sizes`, quoted(String(shape)));
  }
  return { descr, fortranOrder, shape };
}
