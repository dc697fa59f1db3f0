import { mismatch } from '../errors.js';
import { decimalNumber } from './decimal-number.js';
import type { Line } from './held-line.js';
import { type Member, readMembers } from './json-members.js';
import type { Fields, Row, RowReader } from './rows.js';

/** Arrays and objects within each other; other readers of JSON stop at about as many. */
const mostLevels = 1000;

/**
 * Rows of JSON: objects, or arrays, whose columns are named 0, 1, 2 … Names with dots lead into
 * what lies in them, `d.temp`, unless a member has that very name.
 */
export class JsonRows implements RowReader {
  /** Of the first array; all must have as many elements. */
  #length: number | undefined;

  read(lines: readonly Line[]): Row[] {
    return lines.map(line => this.#row(line));
  }

  names(fields: Fields): readonly string[] {
    return (fields as JsonFields).names;
  }

  looksLikeRow(): boolean {
    return false;
  }

  key(name: string): string {
    return name;
  }

  number(text: string): number {
    return decimalNumber(text);
  }

  value(text: string): unknown {
    return JSON.parse(text);
  }

  plain(text: string): string {
    return /^[{[]/.test(text) ? '' : this.csv(text);
  }

  csv(text: string): string {
    if (text === 'null') return '';
    if (text[0] !== '"') return text;
    const string = JSON.parse(text) as string;
    if (!/\p{Surrogate}/u.test(string)) return string;
    throw mismatch('row', 'text that CSV can hold', text, 'a surrogate without its other half');
  }

  json(text: string): string {
    return text;
  }

  #row({ line, text, problem, lost }: Line): Row {
    if (problem) return { line, problem, ...(lost && { lost }) };
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { line, problem: 'not valid JSON' };
    }
    if (typeof value !== 'object' || value === null) {
      return { line, problem: 'expected an object or an array' };
    }
    if (Array.isArray(value)) {
      this.#length ??= value.length;
      if (value.length !== this.#length) {
        const counts = `expected ${this.#length} elements, got ${value.length}`;
        return { line, problem: counts };
      }
    }
    const { members, levels } = readMembers(text);
    if (levels <= mostLevels) return { line, fields: new JsonFields(members) };
    return { line, problem: `expected at most ${mostLevels} levels of JSON, got ${levels}` };
  }
}

class JsonFields implements Fields {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #members: readonly Member[];

  constructor(members: readonly Member[]) {
    this.#texts = new Map(members);
    this.#members = members;
  }

  get names(): readonly string[] {
    return [...this.#texts.keys()];
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  get(key: string): string | undefined {
    const text = this.#texts.get(key);
    if (text === undefined) return this.#nested(key);
    const isOnce =
      this.#texts.size === this.#members.length ||
      this.#members.filter(([name]) => name === key).length < 2;
    if (isOnce) return text;
    throw mismatch(`column ${key}`, 'one value in a row', 'several');
  }

  /** What lies in the member that the name begins with, up to one of its dots. */
  #nested(key: string): string | undefined {
    for (let dot = key.lastIndexOf('.'); dot > 0; dot = key.lastIndexOf('.', dot - 1)) {
      const text = this.#texts.has(key.slice(0, dot)) ? this.get(key.slice(0, dot)) : undefined;
      const isOther = text === undefined || (text[0] !== '{' && text[0] !== '[');
      if (!isOther) return new JsonFields(readMembers(text).members).get(key.slice(dot + 1));
    }
    return undefined;
  }
}
