/** A position in a cell's text, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The matrix families: W takes the input, U the hidden state, V projects (no bias). */
export type MatrixName = 'W' | 'U' | 'V';

export type Expression = { readonly at: Position } & (
  | { readonly kind: 'number'; readonly value: number }
  /** `c`, or `c'` with next. */
  | { readonly kind: 'name'; readonly name: string; readonly next: boolean }
  /** `W_i x`: the rows of gate `i`; row '' is a map without subscript, which has no bias. */
  | {
      readonly kind: 'map';
      readonly matrix: MatrixName;
      readonly row: string;
      readonly of: Expression;
    }
  | { readonly kind: 'call'; readonly name: string; readonly of: Expression }
  | { readonly kind: 'negate'; readonly of: Expression }
  | {
      readonly kind: 'add' | 'subtract' | 'multiply';
      readonly left: Expression;
      readonly right: Expression;
    }
);

/** One line of a cell: `name = value` or `name' = value`. */
export interface Equation {
  readonly at: Position;
  readonly name: string;
  readonly next: boolean;
  readonly value: Expression;
}

/** A cell's text that does not say what a cell must; `message` names line and column. */
export class EquationError extends SyntaxError implements Position {
  override readonly name: string = 'EquationError';
  readonly line: number;
  readonly column: number;

  constructor(cell: string, { line, column }: Position, expected: string, got: string) {
    super(`${cell}, line ${line}, column ${column}: expected ${expected}, got ${got}`);
    this.line = line;
    this.column = column;
  }
}

interface Token {
  readonly kind: 'number' | 'name' | 'symbol' | 'end';
  readonly text: string;
  readonly at: Position;
}

const tokenPattern =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|([\p{L}][\p{L}\p{M}\p{N}_]*)|([-+*()'=]))/uy;

function tokensOf(cell: string, text: string, line: number): Token[] {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  const end = text.trimEnd().length;
  while (tokenPattern.lastIndex < end) {
    const from = tokenPattern.lastIndex;
    const match = tokenPattern.exec(text);
    if (!match) {
      const column = from + (text.slice(from).search(/\S/) + 1);
      const got = `'${String.fromCodePoint(text.codePointAt(column - 1) ?? 0)}'`;
      throw new EquationError(
        cell,
        { line, column },
        "a name, a number or one of + - * ( ) ' =",
        got,
      );
    }
    const [, number, name, symbol] = match;
    const word = number ?? name ?? symbol;
    const at = { line, column: tokenPattern.lastIndex - word.length + 1 };
    tokens.push({ kind: number ? 'number' : name ? 'name' : 'symbol', text: word, at });
  }
  tokens.push({ kind: 'end', text: '', at: { line, column: end + 1 } });
  return tokens;
}

/** A bound on nesting, so that a text from a stranger's file cannot exhaust the stack. */
const deepest = 64;
const mapName = /^([WUV])(?:_(.+))?$/u;

/** A recursive-descent parser of one line; precedence: sums, products, signs, maps and calls. */
class LineParser {
  #next = 0;
  #depth = 0;
  readonly #cell: string;
  readonly #tokens: readonly Token[];

  constructor(cell: string, tokens: readonly Token[]) {
    this.#cell = cell;
    this.#tokens = tokens;
  }

  equation(): Equation {
    const { at, text, kind } = this.#take();
    if (kind !== 'name') this.#refuse("a name to define, such as h'", this.#tokens[0]);
    if (mapName.test(text)) this.#refuse('a name that is not a map', this.#tokens[0]);
    const next = this.#accept("'");
    if (!this.#accept('=')) this.#refuse(next ? "'='" : "' or '='");
    const value = this.#sum();
    if (this.#peek.kind !== 'end') this.#refuse('an operator or the end of the line');
    return { at, name: text, next, value };
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      const { at, text } = this.#peek;
      if (this.#accept('+')) left = { kind: 'add', left, right: this.#product(), at };
      else if (text === '-' && this.#accept('-')) {
        left = { kind: 'subtract', left, right: this.#product(), at };
      } else return left;
    }
  }

  #product(): Expression {
    let left = this.#signed();
    for (;;) {
      const { at } = this.#peek;
      if (!this.#accept('*')) return left;
      left = { kind: 'multiply', left, right: this.#signed(), at };
    }
  }

  #signed(): Expression {
    const { at } = this.#peek;
    if (++this.#depth > deepest) this.#refuse(`at most ${deepest} nested signs and parentheses`);
    const value: Expression = this.#accept('-')
      ? { kind: 'negate', of: this.#signed(), at }
      : this.#primary();
    this.#depth--;
    return value;
  }

  #primary(): Expression {
    const { kind, text, at } = this.#peek;
    if (kind === 'number') {
      this.#take();
      return { kind: 'number', value: Number(text), at };
    }
    if (kind !== 'name') return this.#parenthesised('a number, a name or (');
    this.#take();
    const map = mapName.exec(text);
    if (map) {
      const matrix = map[1] as MatrixName;
      return { kind: 'map', matrix, row: map[2] ?? '', of: this.#argument(text), at };
    }
    if (this.#peek.text === '(')
      return { kind: 'call', name: text, of: this.#parenthesised('('), at };
    return { kind: 'name', name: text, next: this.#accept("'"), at };
  }

  /** What a map is applied to: a name or an expression in parentheses. */
  #argument(map: string): Expression {
    const { kind, text, at } = this.#peek;
    if (kind === 'name' && !mapName.test(text)) {
      this.#take();
      return { kind: 'name', name: text, next: this.#accept("'"), at };
    }
    return this.#parenthesised(`a name or ( after ${map}`);
  }

  #parenthesised(expected: string): Expression {
    if (!this.#accept('(')) this.#refuse(expected);
    const inner = this.#sum();
    if (!this.#accept(')')) this.#refuse(') or an operator');
    return inner;
  }

  get #peek(): Token {
    return this.#tokens[this.#next];
  }

  #take(): Token {
    return this.#tokens[this.#next++];
  }

  #accept(symbol: string): boolean {
    const { kind, text } = this.#peek;
    if (kind !== 'symbol' || text !== symbol) return false;
    this.#next++;
    return true;
  }

  #refuse(expected: string, { kind, text, at }: Token = this.#peek): never {
    throw new EquationError(
      this.#cell,
      at,
      expected,
      kind === 'end' ? 'the end of the line' : `'${text}'`,
    );
  }
}

/** The equations of a cell's text, a line each; throws an EquationError at the first mistake. */
export function parse(cell: string, text: string): readonly Equation[] {
  const equations: Equation[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    equations.push(new LineParser(cell, tokensOf(cell, line, i + 1)).equation());
  }
  if (equations.length === 0) {
    throw new EquationError(cell, { line: 1, column: 1 }, 'at least one equation', 'none');
  }
  return equations;
}
