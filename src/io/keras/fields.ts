import { describe, mismatch } from '../../errors.js';
import { printable, quoted } from '../json.js';

/** A stranger's JSON object, whose fields are looked at one by one. */
export class Fields {
  /** In messages: `layer 'lstm'.config`. */
  readonly where: string;
  readonly #record: object;

  /** Throws a RecurError if `value` is no object. */
  constructor(where: string, value: unknown) {
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isRecord) throw mismatch(where, 'an object', shown(value));
    this.where = where;
    this.#record = value;
  }

  /** The same object, called otherwise. */
  as(where: string): Fields {
    return new Fields(where, this.#record);
  }

  /** A field's value, of any kind; undefined where there is none, or null. */
  value(name: string): unknown {
    if (!Object.hasOwn(this.#record, name)) return undefined;
    return Reflect.get(this.#record, name) ?? undefined;
  }

  /** The names of all its fields. */
  names(): readonly string[] {
    return Object.keys(this.#record);
  }

  has(name: string): boolean {
    return this.value(name) !== undefined;
  }

  isNull(name: string): boolean {
    return Object.hasOwn(this.#record, name) && Reflect.get(this.#record, name) === null;
  }

  /** A string of at most 1,000 characters. */
  text(name: string, usual?: string): string {
    const value = this.value(name) ?? usual;
    const ok = typeof value === 'string' && value.length <= 1000;
    if (!ok) throw this.#wrong(name, 'a string of at most 1000 characters', value);
    return value;
  }

  /** True or false; null, which is no in Python, is refused if yes is usual. */
  flag(name: string, usual: boolean): boolean {
    const value = this.value(name) ?? (usual && this.isNull(name) ? null : usual);
    if (typeof value !== 'boolean') throw this.#wrong(name, 'true or false', value);
    return value;
  }

  /** A finite number. */
  number(name: string, usual: number): number {
    const value = this.value(name) ?? usual;
    if (!Number.isFinite(value)) throw this.#wrong(name, 'a finite number', value);
    return value as number;
  }

  /** A whole number from 1 to 2²⁴; Keras writes those of one dimension as `3` or `[3]`. */
  count(name: string, usual?: number): number {
    const given = this.value(name) ?? usual;
    const value: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
    const ok = Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 2 ** 24;
    if (!ok) throw this.#wrong(name, 'a whole number from 1 to 2²⁴', value);
    return value as number;
  }

  /** A list of at most a million values; a hole in an array that is no JSON is undefined. */
  list(name: string, instead?: readonly unknown[]): readonly unknown[] {
    const value = instead ?? this.value(name);
    const ok = Array.isArray(value) && value.length <= 2 ** 20;
    if (!ok) throw this.#wrong(name, 'a list', value);
    return Array.from(value);
  }

  /** Finite numbers, in as many brackets as a shape that ends with them has axes. */
  numbers(name: string): readonly number[] {
    let value: unknown = this.list(name);
    while (Array.isArray(value) && value.length === 1 && Array.isArray(value[0])) [value] = value;
    const ok = (value as unknown[]).every(n => Number.isFinite(n));
    if (!ok) throw this.#wrong(name, 'a list of finite numbers', this.value(name));
    return value as readonly number[];
  }

  object(name: string): Fields {
    return new Fields(`${this.where}.${name}`, this.value(name));
  }

  #wrong(name: string, expected: string, value: unknown) {
    return mismatch(`${this.where}.${name}`, expected, shown(value));
  }
}

/** A value out of a file, in a few words. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : printable(describe(value));
}

/** A shape with its batch, of which null dimensions are not known: `[null, 40, 3]`. */
export function shapeOf(where: string, value: unknown): readonly (number | undefined)[] {
  const isShape = Array.isArray(value) && value.length >= 1 && value.length <= 8;
  if (!isShape) throw mismatch(where, 'a shape of 1 to 8 dimensions', shown(value));
  return value.map((n: unknown) => {
    if (n === null || n === undefined) return undefined;
    const ok = Number.isInteger(n) && (n as number) >= 1 && (n as number) <= 2 ** 24;
    if (!ok) throw mismatch(where, 'whole numbers from 1 to 2²⁴, or null', shown(n));
    return n as number;
  });
}
