import { InvalidArgumentError, Option } from 'commander';
import { names } from './names.js';

/** Bytes, unless --max-row-bytes says otherwise. */
export const longestRow = 16 * 2 ** 20;

/** One character that begins no number, no name and no quoted field. */
export function delimiter(text: string): string {
  const character = text === 'tab' || text === '\\t' ? '\t' : text;
  if (/^[\t !#-&(-*,/:-@[-`{-~]$/.test(character)) return character;
  throw new InvalidArgumentError("Expected one character, such as ';', or the word tab.");
}

/** The columns of one input, after those of others: `x=a,b`. */
export function columns(text: string, before: readonly string[] = []): string[] {
  names(text.replace(/^[^",]*=(?=.)/, ''));
  return [...before, text];
}

/** The longest row. */
export function bytes(text: string): number {
  const value = Number(text);
  // More than half of the longest string.
  if (Number.isSafeInteger(value) && value > 0 && value <= 2 ** 28) return value;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${2 ** 28}.`);
}

/** Steps ahead: each has columns of its own. */
const mostSteps = 10_000;

/** What `run` and `serve` can do with a row; each calls what goes out by another name. */
export const answerOptions = (name: 'answers' | 'outputs'): readonly Option[] => [
  new Option('-k, --keep <names>', `columns to copy to the ${name}`).argParser(names),
  new Option('--reset-on <column>', 'begin anew before a row where this column is true'),
  new Option('--key <column>', 'a state for each sensor that this column names'),
  new Option('--forecast <steps>', 'go on so many steps from each row').argParser(steps),
  new Option('--scale <file>', 'mean and scale of columns, in and out of the model'),
];

function steps(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0 && value <= mostSteps) return value;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${mostSteps}.`);
}
