import type { Random } from './random.js';

/** The text of a number, a string, a word, or a bracket. */
const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[{]/g;

const numbers = [
  ...['0', '1', '-1', '0.5', '-0', '2147483648', '4294967296', '9007199254740992'],
  ...['9007199254740993', '18446744073709551616', '1e308', '1e999', '-1e999', '3.5e38', '1e-400'],
  ...['NaN', 'Infinity', 'null', '"1"', '[]', '{}', '[1]', 'true'],
];
const names = ['"__proto__"', '"constructor"', '"toString"', '"hasOwnProperty"', '"length"', '""'];
const values = [
  ...['null', '[]', '{}', '""', '0', 'true', '[[]]', '[null]', '{"__proto__":{"polluted":1}}'],
  ...['{"constructor":{"prototype":{"polluted":1}}}', '"\\u0000\\u001b[31m"', '"\\ud800"'],
];

interface Place {
  readonly from: number;
  readonly to: number;
}

/** Text of JSON, which may have anything around it, with one thing changed in its structure. */
export function mutateJson(text: string, random: Random): string {
  const tokens: Place[] = [];
  for (const match of text.matchAll(token)) {
    tokens.push({ from: match.index, to: match.index + match[0].length });
    if (tokens.length > 20_000) break;
  }
  if (tokens.length === 0) return text;
  const found = random.pick(tokens);
  return random.pick(changes)(text, valueAt(text, found), random, tokens);
}

/** A bracket's whole value, up to the bracket that closes it. */
function valueAt(text: string, { from, to }: Place): Place {
  if (text[from] !== '[' && text[from] !== '{') return { from, to };
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
    } else if (text[at] === '[' || text[at] === '{') depth++;
    else if ((text[at] === ']' || text[at] === '}') && --depth === 0) return { from, to: at + 1 };
  }
  return { from, to };
}

type Change = (text: string, place: Place, random: Random, tokens: readonly Place[]) => string;

const put = (text: string, { from, to }: Place, value: string) =>
  text.slice(0, from) + value + text.slice(to);

const changes: readonly Change[] = [
  number,
  number,
  (text, place, random) => put(text, place, random.pick(values)),
  (text, place, random) => put(text, place, random.pick(names)),
  /** Twice in a row: an element again, or a name. */
  (text, place) => put(text, place, twice(text, place)),
  name,
  member,
  deep,
  /** The value of another place. */
  (text, place, random, tokens) => {
    const { from, to } = valueAt(text, random.pick(tokens));
    return put(text, place, text.slice(from, to));
  },
  /** Without it. */
  (text, { from, to }) => put(text, { from, to: text[to] === ',' ? to + 1 : to }, ''),
  /** Many times. */
  (text, { from, to }, random) => {
    const times = random.pick([10, 100, 3000]);
    const most = Math.max(1, Math.floor(100_000 / (to - from)));
    const copies = new Array(Math.min(times, most)).fill(text.slice(from, to));
    return put(text, { from, to }, copies.join(','));
  },
];

function number(text: string, place: Place, random: Random, tokens: readonly Place[]): string {
  const digits = tokens.filter(({ from }) => /[-\d]/.test(text[from]));
  if (digits.length === 0) return put(text, place, random.pick(numbers));
  const at = random.pick(digits);
  const old = Number(text.slice(at.from, at.to));
  const near = [old + 1, old - 1, old * 2, -old, old * 1e6].map(String);
  return put(text, at, random.pick(random.next() < 0.4 ? near : numbers));
}

/** A name that is another's, or one that objects inherit. */
function name(text: string, place: Place, random: Random, tokens: readonly Place[]): string {
  const all = tokens.filter(({ from, to }) => text[from] === '"' && text[to] === ':');
  if (all.length === 0) return put(text, place, random.pick(names));
  const { from, to } = random.pick(all);
  return put(
    text,
    random.pick(all),
    random.next() < 0.5 ? text.slice(from, to) : random.pick(names),
  );
}

/** A member twice, or one that was not there. */
function member(text: string, place: Place, random: Random, tokens: readonly Place[]): string {
  const all = tokens.filter(({ from, to }) => text[from] === '"' && text[to] === ':');
  if (all.length === 0) return put(text, place, random.pick(values));
  const { from, to } = random.pick(all);
  const own = text.slice(from, to);
  const added = `${random.next() < 0.5 ? own : random.pick(names)}:${random.pick(values)},`;
  return put(text, { from, to }, added + own);
}

function deep(text: string, place: Place, random: Random): string {
  const levels = random.pick([5, 100, 5000, 20_000]);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['{"layers":[', ']}'],
    ['{"config":{"layer":', '}}'],
  ]);
  return put(
    text,
    place,
    open.repeat(levels) + text.slice(place.from, place.to) + close.repeat(levels),
  );
}

function twice(text: string, { from, to }: Place): string {
  return `${text.slice(from, to)},${text.slice(from, to)}`;
}
