/** How numbers lie in a model file: float32, float16, or integers with a scale for each row. */
type Kind = 'F32' | 'F16' | 'I8';

interface Entry {
  readonly dtype: Kind;
  readonly data_offsets: readonly [begin: number, end: number];
}

/** The digits of base64. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Of each kind: the name of its arrays in a module, and how they are read out of a text. */
const kinds = {
  F32: { name: 'float32', bits: 32, read: 'new Float32Array(words(TEXT, 32).buffer)' },
  F16: { name: 'float16', bits: 16, read: 'Float32Array.from(words(TEXT, 16), widened)' },
  I8: { name: 'int8', bits: 8, read: 'Int8Array.from(words(TEXT, 8))' },
} as const;

/** Functions that a module holds if it calls them. */
const functions = {
  split: `/** One array after another. */
function split(lengths, all) {
  let end = 0;
  return lengths.map(length => all.subarray(end, (end += length)));
}`,
  words: `/** Numbers in digits of six bits: the first of all, the next of all, and what is left. */
function words(text, bits) {
  const alphabet = '${alphabet}';
  const digits = Object.fromEntries(Array.from(alphabet, (digit, i) => [digit, i]));
  const values = new Uint32Array(Math.floor((text.length * 6) / bits));
  const { length } = values;
  const left = bits % 6;
  for (let at = 0; at < Math.floor(bits / 6) * length; at++) {
    values[at % length] = values[at % length] * 64 + digits[text[at]];
  }
  const begin = text.length - Math.ceil((length * left) / 6);
  for (let i = 0; i < length * left; i += 2) {
    const at = Math.floor(i / left);
    const digit = digits[text[begin + Math.floor(i / 6)]];
    values[at] = values[at] * 4 + ((digit >> (4 - (i % 6))) & 3);
  }
  return values;
}`,
  widened: `/** A number of 16 bits: a sign, 5 of exponent, 10 of fraction. */
function widened(word) {
  const exponent = (word >> 10) & 31;
  const size = ((exponent && 1024) + (word & 1023)) * 2 ** (Math.max(exponent, 1) - 25);
  return word >> 15 ? -size : size;
}`,
  scaled: `/** Integers times the scale of their row. */
function scaled(integers, scales) {
  const columns = integers.length / scales.length;
  return Float32Array.from(integers, (value, i) => value * scales[Math.floor(i / columns)]);
}`,
  spread: `/** Each value so many times, and all of them again and again. */
function spread(values, times, length) {
  return Float32Array.from({ length }, (_, i) => values[Math.floor(i / times) % values.length]);
}`,
} as const;

/** The tensors of a model file as the text of a module: equal ones once. */
export class ModuleNumbers {
  readonly #header: Readonly<Record<string, Entry>>;
  readonly #data: Uint8Array;
  readonly #arrays: Readonly<Record<Kind, Map<string, readonly number[]>>> = {
    ...{ F32: new Map(), F16: new Map(), I8: new Map() },
  };
  readonly #called = new Set<keyof typeof functions>();

  constructor(file: Uint8Array) {
    const begin = 8 + new DataView(file.buffer, file.byteOffset).getUint32(0, true);
    this.#header = JSON.parse(new TextDecoder().decode(file.subarray(8, begin)));
    this.#data = file.subarray(begin);
  }

  /** The expression for a tensor: a flat array of float32 values. */
  expression(name: string): string {
    const { dtype } = this.#header[name];
    const array = this.#array(name);
    return dtype === 'I8'
      ? `${this.#call('scaled')}(${array}, ${this.#array(`${name}.scale`)})`
      : array;
  }

  /** What the expressions read: arrays, and the functions after them. */
  text(): readonly [constants: string, functions: string] {
    const constants = Object.entries(this.#arrays).flatMap(([dtype, arrays]) => {
      if (arrays.size === 0) return [];
      const { name, bits, read } = kinds[dtype as Kind];
      const lists = [...arrays.values()];
      const lengths = lists.map(({ length }) => length).join(', ');
      this.#call('split');
      this.#call('words');
      if (dtype === 'F16') this.#call('widened');
      const text = `'${digitsOf(lists.flat(), bits)}'`;
      return [`const ${name} = split([${lengths}], ${read.replace('TEXT', text)});\n`];
    });
    return [constants.join(''), [...this.#called].map(name => functions[name]).join('\n\n')];
  }

  #call(name: keyof typeof functions): string {
    this.#called.add(name);
    return name;
  }

  #array(name: string): string {
    const { dtype, data_offsets } = this.#header[name];
    const { words, times, length } = shortest(wordsOf(this.#data.subarray(...data_offsets), dtype));
    const arrays = this.#arrays[dtype];
    const key = words.join();
    if (!arrays.has(key)) arrays.set(key, words);
    const array = `${kinds[dtype].name}[${[...arrays.keys()].indexOf(key)}]`;
    if (words.length === length) return array;
    return `${this.#call('spread')}(${array}, ${times}, ${length})`;
  }
}

/** The bits of numbers, as whole numbers. */
function wordsOf(bytes: Uint8Array, dtype: Kind): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = kinds[dtype].bits / 8;
  return Array.from({ length: bytes.length / width }, (_, i) => {
    if (width === 4) return view.getUint32(4 * i, true);
    return width === 2 ? view.getUint16(2 * i, true) : view.getUint8(i);
  });
}

/**
 * Words of which each is repeated, and then all of them: what a channel has for all of its bands,
 * or a band for all of its channels.
 */
function shortest(all: readonly number[]) {
  const { length } = all;
  let times = length;
  for (let i = 1; i < length && times > 1; i++) {
    if (all[i] !== all[i - 1]) times = divisor(times, i);
  }
  const some = all.filter((_, i) => i % times === 0);
  const repeats = (count: number) => some.every((word, i) => word === some[i % count]);
  let count = 1;
  while (some.length % count || !repeats(count)) count++;
  const isShorter = 2 * count <= length;
  return { words: isShorter ? some.slice(0, count) : all, times, length };
}

/** The greatest common divisor. */
function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/**
 * Whole numbers as digits of six bits: the first ones of all numbers, then the next ones, and at
 * last the bits that are left of each, one after another. So a compressor sees signs and exponents,
 * which resemble each other, side by side.
 */
function digitsOf(words: readonly number[], bits: number): string {
  let text = '';
  let below = bits;
  while (below >= 6) {
    below -= 6;
    for (const word of words) text += alphabet[Math.floor(word / 2 ** below) % 64];
  }
  const rest = words.map(word => (word % 2 ** below).toString(2).padStart(below, '0')).join('');
  for (let i = 0; i < rest.length; i += 6) {
    text += alphabet[Number.parseInt(rest.slice(i, i + 6).padEnd(6, '0'), 2)];
  }
  return text;
}
