/** Maps as texts write them: W takes inputs, U the hidden state, V projects (no bias). */
export type MapName = 'W' | 'U' | 'V';

export type BinaryName = 'add' | 'subtract' | 'multiply';

/**
 * What is made of a text while it is read: a plan, a printed page, a number. Each method makes the
 * T of an expression out of those of its parts; `at` is where in the text the expression begins or
 * its sign is, counted from 0.
 */
export interface Reader<T> {
  number(value: number, at: number): T;
  /** `c`, or `c'` with next. */
  name(name: string, next: boolean, at: number): T;
  /** `W_i x`: the rows of gate `i`; row '' is a map without subscript, which has no bias. */
  map(letter: MapName, row: string, argument: T, at: number): T;
  call(name: string, argument: T, at: number): T;
  negate(operand: T, at: number): T;
  binary(op: BinaryName, left: T, right: T, at: number): T;
  /** A whole line, `name = value` or `name' = value`. */
  line(name: string, next: boolean, value: T, at: number): void;
  /** Told of the first mistake, of which it must throw; absent where the text is right. */
  refuse?(mistake: Mistake, token: Token, after?: string): never;
}

/** What is missing at a token, or what it must not be. */
export type Mistake = 'value' | 'argument' | 'close' | 'nested' | 'name' | 'map' | 'equals' | 'end';

/** A word or a sign, and where it begins; the end of a line is one too. */
export type Token = Pick<RegExpExecArray, 0 | 'index'>;

const tokenPattern = /\d+(\.\d+)?([eE][-+]?\d+)?|\p{L}[\p{L}\p{M}\p{N}_]*|\n|\S/gu;
const mapName = /^([WUV])(?:_(.+))?$/u;
/** A bound on nesting, so that a text from a stranger's file cannot exhaust the stack. */
export const deepest = 64;

/** The tokens of a text; the last ends its last line. */
export function tokensOf(text: string): readonly Token[] {
  return [...`${text}\n`.matchAll(tokenPattern)];
}

/** A recursive-descent parser, line by line; precedence: sums, products, signs, maps and calls. */
export function read<T>(text: string, reader: Reader<T>): void {
  const tokens = tokensOf(text);
  let next = 0;
  let depth = 0;

  const refuse = (mistake: Mistake, after?: string) =>
    reader.refuse?.(mistake, tokens[next], after);
  const isName = () => /^\p{L}/u.test(tokens[next][0]);
  const accept = (symbol: string) => tokens[next][0] === symbol && ++next > 0;

  const sum = (): T => {
    let left = product();
    for (;;) {
      const { index } = tokens[next];
      if (accept('+')) left = reader.binary('add', left, product(), index);
      else if (accept('-')) left = reader.binary('subtract', left, product(), index);
      else return left;
    }
  };
  const product = (): T => {
    let left = signed();
    for (;;) {
      const { index } = tokens[next];
      if (!accept('*')) return left;
      left = reader.binary('multiply', left, signed(), index);
    }
  };
  const signed = (): T => {
    const { index } = tokens[next];
    if (++depth > deepest) refuse('nested');
    const value = accept('-') ? reader.negate(signed(), index) : primary();
    depth--;
    return value;
  };
  const primary = (): T => {
    const { 0: word, index } = tokens[next];
    if (/^\d/.test(word)) {
      next++;
      return reader.number(Number(word), index);
    }
    if (!isName()) return parenthesised('value');
    const [, letter, row = ''] = mapName.exec(word) ?? [];
    if (!letter && tokens[next + 1][0] !== '(') return name();
    next++;
    return letter
      ? reader.map(letter as MapName, row, argument(word), index)
      : reader.call(word, parenthesised('value'), index);
  };
  const name = (): T => {
    const { 0: word, index } = tokens[next++];
    return reader.name(word, accept("'"), index);
  };
  /** What a map is applied to: a name or an expression in parentheses. */
  const argument = (map: string): T => {
    const plain = isName() && !mapName.test(tokens[next][0]);
    return plain ? name() : parenthesised('argument', map);
  };
  const parenthesised = (mistake: Mistake, after?: string): T => {
    if (!accept('(')) refuse(mistake, after);
    const inner = sum();
    if (!accept(')')) refuse('close');
    return inner;
  };
  const line = () => {
    const { 0: word, index } = tokens[next];
    if (!isName()) refuse('name');
    if (mapName.test(word)) refuse('map');
    next++;
    const primed = accept("'");
    if (!accept('=')) refuse('equals', primed ? "'" : '');
    const value = sum();
    if (tokens[next][0] !== '\n') refuse('end');
    reader.line(word, primed, value, index);
  };

  while (next < tokens.length) if (!accept('\n')) line();
}
