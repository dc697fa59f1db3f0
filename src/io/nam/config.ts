import { mismatch } from '../../errors.js';
import { quoted } from '../json.js';
import type { Fields } from '../keras/fields.js';

/** Refuses the first field that is none of these, by its name. */
export function checkFields(config: Fields, known: readonly string[]): void {
  const other = config.names().find(name => !known.includes(name));
  if (other === undefined) return;
  throw mismatch(config.where, `the fields ${known.join(', ')}`, quoted(other));
}

/** Layers of one network: the trainer has at most some fifty. */
const mostLayers = 1024;

/** Whole numbers, one for each layer. */
export function countsOf(config: Fields, name: string): readonly number[] {
  const list = config.list(name);
  if (list.length < 1 || list.length > mostLayers) {
    throw mismatch(`${config.where}.${name}`, `1 to ${mostLayers} numbers`, `${list.length}`);
  }
  return list.map((value, i) => countIn(`${config.where}.${name}[${i}]`, value));
}

/** A whole number from 1 on that no network exceeds. */
export function countIn(where: string, value: unknown): number {
  const fits = Number.isSafeInteger(value) && (value as number) >= 1;
  if (fits && (value as number) <= largest) return value as number;
  throw mismatch(where, `a whole number from 1 to ${largest}`, String(JSON.stringify(value)));
}

const largest = 2 ** 16;

/** A field that is a whole number from 1 on. */
export function countOf(config: Fields, name: string, usual?: number): number {
  return countIn(`${config.where}.${name}`, config.value(name) ?? usual);
}
