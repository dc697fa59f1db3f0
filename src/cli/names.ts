import { InvalidArgumentError } from 'commander';
import { parse } from 'csv-parse/sync';

/** A record of CSV: a name with a comma in it goes between quotes. */
export function names(text: string): string[] {
  let records: string[][] = [];
  try {
    records = parse(text, { trim: true });
  } catch {
    // Refused below.
  }
  if (records.length === 1 && records[0].every(name => name !== '')) return records[0];
  throw new InvalidArgumentError('Expected names with commas between them.');
}
