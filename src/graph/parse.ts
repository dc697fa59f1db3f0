/** Maps as texts write them: W takes inputs, U the hidden state, V projects (no bias). */
export type MapName = 'W' | 'U' | 'V';

export type BinaryName = 'add' | 'subtract' | 'multiply';

/**
 * Makes something of a text while it is read: a plan, a printed page, a number. Each method makes
 * the T of an expression out of those of its parts; `at` is where the expression or its sign is in
 * the text, counted from 0.
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
  /** Throws for the first mistake; absent where the text is known to be right. */
  refuse?(mistake: Mistake, token: Token, after?: string): never;
}

/** The thing that is missing at a token, or that the token must not be. */
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

/** Reads a text, line by line. */
export function read<T>(text: string, reader: Reader<T>): void {
  new Parser(text, reader).lines();
}

/** A recursive-descent parser; precedence: sums, products, signs, maps and calls. */
class Parser<T> {
  readonly #reader: Reader<T>;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string, reader: Reader<T>) {
    this.#reader = reader;
    this.#tokens = tokensOf(text);
  }

  lines(): void {
    while (this.#next < this.#tokens.length) if (!this.#accept('\n')) this.#line();
  }

  #line(): void {
    const { 0: word, index } = this.#token;
    if (!this.#isName()) this.#refuse('name');
    if (mapName.test(word)) this.#refuse('map');
    this.#next++;
    const primed = this.#accept("'");
    if (!this.#accept('=')) this.#refuse('equals', primed ? "'" : '');
    const value = this.#sum();
    if (this.#token[0] !== '\n') this.#refuse('end');
    this.#reader.line(word, primed, value, index);
  }

  #sum(): T {
    let left = this.#product();
    for (;;) {
      const { index } = this.#token;
      const op = this.#accept('+') ? 'add' : this.#accept('-') ? 'subtract' : undefined;
      if (!op) return left;
      left = this.#reader.binary(op, left, this.#product(), index);
    }
  }

  #product(): T {
    let left = this.#signed();
    for (;;) {
      const { index } = this.#token;
      if (!this.#accept('*')) return left;
      left = this.#reader.binary('multiply', left, this.#signed(), index);
    }
  }

  #signed(): T {
    const { index } = this.#token;
    if (++this.#depth > deepest) this.#refuse('nested');
    const value = this.#accept('-') ? this.#reader.negate(this.#signed(), index) : this.#primary();
    this.#depth--;
    return value;
  }

  #primary(): T {
    const { 0: word, index } = this.#token;
    if (/^\d/.test(word)) {
      this.#next++;
      return this.#reader.number(Number(word), index);
    }
    if (!this.#isName()) return this.#parenthesised('value');
    const [, letter, row = ''] = mapName.exec(word) ?? [];
    if (!letter && this.#tokens[this.#next + 1][0] !== '(') return this.#name();
    this.#next++;
    return letter
      ? this.#reader.map(letter as MapName, row, this.#argument(word), index)
      : this.#reader.call(word, this.#parenthesised('value'), index);
  }

  #name(): T {
    const { 0: word, index } = this.#tokens[this.#next++];
    return this.#reader.name(word, this.#accept("'"), index);
  }

  /** The argument of a map: a name or an expression in parentheses. */
  #argument(map: string): T {
    const isPlain = this.#isName() && !mapName.test(this.#token[0]);
    return isPlain ? this.#name() : this.#parenthesised('argument', map);
  }

  #parenthesised(mistake: Mistake, after?: string): T {
    if (!this.#accept('(')) this.#refuse(mistake, after);
    const inner = this.#sum();
    if (!this.#accept(')')) this.#refuse('close');
    return inner;
  }

  get #token(): Token {
    return this.#tokens[this.#next];
  }

  #isName(): boolean {
    return /^\p{L}/u.test(this.#token[0]);
  }

  #accept(symbol: string): boolean {
    return this.#token[0] === symbol && ++this.#next > 0;
  }

  #refuse(mistake: Mistake, after?: string): void {
    this.#reader.refuse?.(mistake, this.#token, after);
  }
}
