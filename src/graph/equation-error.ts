/** A position in a cell's text, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
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

/** Line and column of an index into a text; what follows a line's last word is its end. */
export function positionOf(text: string, at: number): Position {
  const before = text.slice(0, at).split('\n');
  const line = before.length;
  const { length: end } = text.split('\n')[line - 1].trimEnd();
  return { line, column: Math.min(before[line - 1].length, end) + 1 };
}
