import type { Line } from './lines.js';
import type { Fields, Row, RowReader } from './rows.js';

/** Rows of NDJSON: objects, or arrays, whose columns are named 0, 1, 2 … */
export class JsonRows implements RowReader {
  /** Of the first array; all must have as many elements. */
  #length: number | undefined;

  read(lines: readonly Line[]): Row[] {
    return lines.map(line => this.#row(line));
  }

  names(fields: Fields): readonly string[] {
    return Object.keys(fields);
  }

  key(name: string): string {
    return name;
  }

  number(value: unknown): number {
    return typeof value === 'number' ? value : Number.NaN;
  }

  text(value: unknown): string {
    if (typeof value === 'string') return value;
    return value === null ? '' : JSON.stringify(value);
  }

  json(value: unknown): string {
    return JSON.stringify(value);
  }

  #row({ line, text, problem }: Line): Row {
    if (problem) return { line, problem };
    let fields: unknown;
    try {
      fields = JSON.parse(text);
    } catch {
      return { line, problem: 'not valid JSON' };
    }
    if (typeof fields !== 'object' || fields === null) {
      return { line, problem: 'expected an object or an array' };
    }
    if (Array.isArray(fields)) {
      this.#length ??= fields.length;
      if (fields.length !== this.#length) {
        const counts = `expected ${this.#length} elements, got ${fields.length}`;
        return { line, problem: counts };
      }
    }
    return { line, fields: fields as Fields };
  }
}
