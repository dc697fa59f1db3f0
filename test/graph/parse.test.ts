import { expect, test } from 'vitest';
import { defineCell, EquationError } from '../../src/core.js';
import { positionOf } from '../../src/graph/equation-error.js';
import { read } from '../../src/graph/parse.js';

/** The lines of a text with every bracket written out; maps as `W_i[x]`. */
function written(text: string): string[] {
  const signs = { add: '+', subtract: '-', multiply: '*' };
  const lines: string[] = [];
  read<string>(text, {
    number: String,
    name: (name, next) => name + (next ? "'" : ''),
    map: (matrix, row, argument) => `${matrix}${row && `_${row}`}[${argument}]`,
    call: (name, argument) => `${name}(${argument})`,
    negate: operand => `(-${operand})`,
    binary: (op, left, right) => `(${left} ${signs[op]} ${right})`,
    line: (name, next, value) => void lines.push(`${name}${next ? "'" : ''} = ${value}`),
  });
  return lines;
}

test.each([
  ['a + b - c + d', '(((a + b) - c) + d)'],
  ['a - (b - c)', '(a - (b - c))'],
  ['a + b * c', '(a + (b * c))'],
  ['a * b * c', '((a * b) * c)'],
  ['a * (b + c)', '(a * (b + c))'],
  ['-a * b', '((-a) * b)'],
  ['a - -b', '(a - (-b))'],
  ['--a', '(-(-a))'],
  ['W_i x + U_i h', '(W_i[x] + U_i[h])'],
  ['W x', 'W[x]'],
  ['U_n (r * h)', 'U_n[(r * h)]'],
  ["U_n h'", "U_n[h']"],
  ['V_p (o * ψ(c))', 'V_p[(o * ψ(c))]'],
  ['r * (U_n h)', '(r * U_n[h])'],
  ['- W_a x', '(-W_a[x])'],
  ['tanh (a + b)', 'tanh((a + b))'],
  ["c' * σ(c')", "(c' * σ(c'))"],
  ['12', '12'],
  ['0.25 + 3e-4 + 2E+1', '((0.25 + 0.0003) + 20)'],
  ['W_long_row2 x', 'W_long_row2[x]'],
  ['Weights + Ux', '(Weights + Ux)'],
  ['b_z2 * ζ', '(b_z2 * ζ)'],
])('%s is read as %s', (text, expected) => {
  expect(written(`y = ${text}`)).toEqual([`y = ${expected}`]);
});

test('an equation defines a name, or with a prime the next value of a state', () => {
  expect(written("  z = x\n\n h ' = z \r\n\ty=h'")).toEqual(['z = x', "h' = z", "y = h'"]);
});

test('positions count lines and columns from 1', () => {
  const text = "\n  a = -x\n   h' = W_n a + φ(2)";
  const seen: string[] = [];
  const told = (what: string, at: number) => {
    const { line, column } = positionOf(text, at);
    seen.push(`${what} ${line}:${column}`);
    return what;
  };
  read<string>(text, {
    number: (value, at) => told(String(value), at),
    name: (name, _, at) => told(name, at),
    map: (matrix, row, _, at) => told(`${matrix}_${row}`, at),
    call: (name, _, at) => told(`${name}()`, at),
    negate: (_, at) => told('-', at),
    binary: (op, _, __, at) => told(op, at),
    line: (name, _, __, at) => void told(`${name} =`, at),
  });
  expect(seen).toEqual([
    ...['x 2:8', '- 2:7', 'a = 2:3'],
    ...['a 3:13', 'W_n 3:9', '2 3:19', 'φ() 3:17', 'add 3:15', 'h = 3:4'],
  ]);
});

const deep = (n: number) => `${'('.repeat(n)}x${')'.repeat(n)}`;

test.each([
  // text, line, column, expected, got
  ['', 1, 1, 'at least one equation', 'none'],
  [' \n\n', 1, 1, 'at least one equation', 'none'],
  ["h' = x ^ 2", 1, 8, "a name, a number or one of + - * ( ) ' =", "'^'"],
  ["h' = x\n  y = x 🙂", 2, 9, "a name, a number or one of + - * ( ) ' =", "'🙂'"],
  ['y = x / 2', 1, 7, "a name, a number or one of + - * ( ) ' =", "'/'"],
  ['y = .5', 1, 5, "a name, a number or one of + - * ( ) ' =", "'.'"],
  ['y = _a', 1, 5, "a name, a number or one of + - * ( ) ' =", "'_'"],
  ['= x', 1, 1, "a name to define, such as h'", "'='"],
  ["2 h' = x", 1, 1, "a name to define, such as h'", "'2'"],
  ['W_i = x', 1, 1, 'a name that is not a map', "'W_i'"],
  ["  U' = x", 1, 3, 'a name that is not a map', "'U'"],
  ['h', 1, 2, "' or '='", 'the end of the line'],
  ['h + x', 1, 3, "' or '='", "'+'"],
  ["h'", 1, 3, "'='", 'the end of the line'],
  ["h'' = x", 1, 3, "'='", "'''"],
  ["h' =", 1, 5, 'a number, a name or (', 'the end of the line'],
  ["h' = x +", 1, 9, 'a number, a name or (', 'the end of the line'],
  ["h' = x + * y", 1, 10, 'a number, a name or (', "'*'"],
  ["h' = )", 1, 6, 'a number, a name or (', "')'"],
  ["h' = ()", 1, 7, 'a number, a name or (', "')'"],
  ["h' = x y", 1, 8, 'an operator or the end of the line', "'y'"],
  ["h' = 2 x", 1, 8, 'an operator or the end of the line', "'x'"],
  ["h' = x)", 1, 7, 'an operator or the end of the line', "')'"],
  ["h' = x = y", 1, 8, 'an operator or the end of the line', "'='"],
  ["h' = (x", 1, 8, ') or an operator', 'the end of the line'],
  ["h' = (x y)", 1, 9, ') or an operator', "'y'"],
  ["h' = σ(x", 1, 9, ') or an operator', 'the end of the line'],
  ["h' = W_i", 1, 9, 'a name or ( after W_i', 'the end of the line'],
  ["h' = W_i 2", 1, 10, 'a name or ( after W_i', "'2'"],
  ["h' = W_i U_i h", 1, 10, 'a name or ( after W_i', "'U_i'"],
  ["h' = W -x", 1, 8, 'a name or ( after W', "'-'"],
  ["h' = W_n x U_n h", 1, 12, 'an operator or the end of the line', "'U_n'"],
  [`y = ${deep(80)}`, 1, 69, 'at most 64 nested signs and parentheses', "'('"],
  [`y = ${'-'.repeat(80)}x`, 1, 69, 'at most 64 nested signs and parentheses', "'-'"],
])(
  '%j is refused at line %i, column %i: expected %s, got %s',
  (text, line, column, expected, got) => {
    let thrown: unknown;
    try {
      defineCell('Mine', text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(EquationError);
    expect(thrown).toBeInstanceOf(SyntaxError);
    const message = `Mine, line ${line}, column ${column}: expected ${expected}, got ${got}`;
    expect(thrown).toMatchObject({ name: 'EquationError', line, column, message });
  },
);

test('63 levels of parentheses are read, and sums and products of any length', () => {
  expect(written(`y = ${deep(63)}`)).toEqual(['y = x']);
  const long = new Array(50_000).fill('x');
  expect(() => written(`y = ${long.join(' + ')}`)).not.toThrow();
  expect(() => written(`y = ${long.join(' * ')}`)).not.toThrow();
});

test('a mistake in a text is thrown where the cell is defined, not where it is built', () => {
  expect(() => defineCell('Mine', "h' = W_h x + ")).toThrow(
    'Mine, line 1, column 13: expected a number, a name or (, got the end of the line',
  );
});
