/** A position in a cell's text, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The matrix families: W takes the input, U the hidden state, V projects (no bias). */
export type MatrixName = 'W' | 'U' | 'V';

export type BinaryName = 'add' | 'subtract' | 'multiply';

/**
 * What is made of a text while it is read: a plan, a printed page, a number. Each method makes the
 * T of an expression out of those of its parts; `at` is where the expression begins or its sign is.
 */
export interface Reader<T> {
  number(value: number, at: Position): T;
  /** `c`, or `c'` with next. */
  name(name: string, next: boolean, at: Position): T;
  /** `W_i x`: the rows of gate `i`; row '' is a map without subscript, which has no bias. */
  map(matrix: MatrixName, row: string, argument: T, at: Position): T;
  call(name: string, argument: T, at: Position): T;
  negate(operand: T, at: Position): T;
  binary(op: BinaryName, left: T, right: T, at: Position): T;
  /** A whole line, `name = value` or `name' = value`. */
  line(name: string, next: boolean, value: T, at: Position): void;
}

/**
 * A cell's text that does not say what a cell must; `message` names line and column, both from 1.
 *
 * @example
 * defineCell('Half', 'y = W x +');
 * // throws Half, line 1, column 10: expected a number, a name or (, got the end of the line
 */
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
  readonly text: string;
  readonly at: Position;
}

const tokenPattern =
  /(?<number>\d+(\.\d+)?([eE][-+]?\d+)?)|(?<name>\p{L}[\p{L}\p{M}\p{N}_]*)|[-+*()'=]|\S/gu;
const symbols = "+-*()'=";
const mapName = /^([WUV])(?:_(.+))?$/u;
/** A bound on nesting, so that a text from a stranger's file cannot exhaust the stack. */
const deepest = 64;

/** Reads a cell's text line by line; throws an EquationError at the first mistake. */
export function read<T>(cell: string, text: string, reader: Reader<T>): void {
  const lines = text.split('\n');
  for (const [i, line] of lines.entries()) {
    if (line.trim() !== '') readLine(cell, line, i + 1, reader);
  }
  if (text.trim() === '') {
    throw new EquationError(cell, { line: 1, column: 1 }, 'at least one equation', 'none');
  }
}

/** A recursive-descent parser of one line; precedence: sums, products, signs, maps and calls. */
function readLine<T>(cell: string, text: string, line: number, reader: Reader<T>): void {
  const tokens = Array.from(text.matchAll(tokenPattern), ({ 0: word, index }): Token => {
    return { text: word, at: { line, column: index + 1 } };
  });
  tokens.push({ text: '', at: { line, column: text.trimEnd().length + 1 } });
  let next = 0;
  let depth = 0;

  const refuse = (expected: string, { text: got, at } = tokens[next]): never => {
    throw new EquationError(cell, at, expected, got === '' ? 'the end of the line' : `'${got}'`);
  };
  const isName = () => /^\p{L}/u.test(tokens[next].text);
  const accept = (symbol: string) => tokens[next].text === symbol && ++next > 0;

  const sum = (): T => {
    let left = product();
    for (;;) {
      const { at } = tokens[next];
      if (accept('+')) left = reader.binary('add', left, product(), at);
      else if (accept('-')) left = reader.binary('subtract', left, product(), at);
      else return left;
    }
  };
  const product = (): T => {
    let left = signed();
    for (;;) {
      const { at } = tokens[next];
      if (!accept('*')) return left;
      left = reader.binary('multiply', left, signed(), at);
    }
  };
  const signed = (): T => {
    const { at } = tokens[next];
    if (++depth > deepest) refuse(`at most ${deepest} nested signs and parentheses`);
    const value = accept('-') ? reader.negate(signed(), at) : primary();
    depth--;
    return value;
  };
  const primary = (): T => {
    const { text: word, at } = tokens[next];
    if (/^\d/.test(word)) {
      next++;
      return reader.number(Number(word), at);
    }
    if (!isName()) return parenthesised('a number, a name or (');
    const [, matrix, row = ''] = mapName.exec(word) ?? [];
    if (matrix) {
      next++;
      return reader.map(matrix as MatrixName, row, argument(word), at);
    }
    if (tokens[next + 1].text !== '(') return name();
    next++;
    return reader.call(word, parenthesised('('), at);
  };
  const name = (): T => {
    const { text: word, at } = tokens[next++];
    return reader.name(word, accept("'"), at);
  };
  /** What a map is applied to: a name or an expression in parentheses. */
  const argument = (map: string): T => {
    const plain = isName() && !mapName.test(tokens[next].text);
    return plain ? name() : parenthesised(`a name or ( after ${map}`);
  };
  const parenthesised = (expected: string): T => {
    if (!accept('(')) refuse(expected);
    const inner = sum();
    if (!accept(')')) refuse(') or an operator');
    return inner;
  };

  const odd = tokens.find(
    ({ text: [first = '+'] }) => !/[\p{L}\d]/u.test(first) && !symbols.includes(first),
  );
  if (odd) refuse("a name, a number or one of + - * ( ) ' =", odd);
  const defined = tokens[next];
  if (!isName()) refuse("a name to define, such as h'");
  if (mapName.test(defined.text)) refuse('a name that is not a map');
  next++;
  const primed = accept("'");
  if (!accept('=')) refuse(primed ? "'='" : "' or '='");
  const value = sum();
  if (tokens[next].text !== '') refuse('an operator or the end of the line');
  reader.line(defined.text, primed, value, defined.at);
}
