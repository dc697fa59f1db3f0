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
  /** Of the row before, which most rows have too. */
  #names: Names | undefined;

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
    if (!this.#names?.fit(members)) this.#names = new Names(members);
    if (levels <= mostLevels) return { line, fields: new JsonFields(members, this.#names) };
    return { line, problem: `expected at most ${mostLevels} levels of JSON, got ${levels}` };
  }
}

/** The names of members, in order, and where each is; undefined where it is more than once. */
class Names {
  readonly places = new Map<string, number | undefined>();
  readonly #members: readonly Member[];

  constructor(members: readonly Member[]) {
    this.#members = members;
    for (const [i, [name]] of members.entries()) {
      this.places.set(name, this.places.has(name) ? undefined : i);
    }
  }

  /** True for members of the same names in the same order. */
  fit(members: readonly Member[]): boolean {
    if (members.length !== this.#members.length) return false;
    for (let i = 0; i < members.length; i++) {
      if (members[i][0] !== this.#members[i][0]) return false;
    }
    return true;
  }
}

class JsonFields implements Fields {
  readonly #members: readonly Member[];
  readonly #places: Names['places'];

  constructor(members: readonly Member[], { places } = new Names(members)) {
    this.#members = members;
    this.#places = places;
  }

  get names(): readonly string[] {
    return [...this.#places.keys()];
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  get(key: string): string | undefined {
    const place = this.#places.get(key);
    if (place !== undefined) return this.#members[place][1];
    if (!this.#places.has(key)) return this.#nested(key);
    throw mismatch(`column ${key}`, 'one value in a row', 'several');
  }

  /** What lies in the member that the name begins with, up to one of its dots. */
  #nested(key: string): string | undefined {
    for (let dot = key.lastIndexOf('.'); dot > 0; dot = key.lastIndexOf('.', dot - 1)) {
      const head = key.slice(0, dot);
      const text = this.#places.has(head) ? this.get(head) : undefined;
      const isOther = text === undefined || (text[0] !== '{' && text[0] !== '[');
      if (!isOther) return new JsonFields(readMembers(text).members).get(key.slice(dot + 1));
    }
    return undefined;
  }
}
