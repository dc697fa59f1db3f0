export type RowFormat = 'ndjson' | 'csv';

/** Tab, LF, VT, FF, CR, space. */
const whiteSpace = [9, 10, 11, 12, 13, 32];

/** By the file's ending; undefined if it says nothing. */
export function formatOfName(path: string): RowFormat | undefined {
  if (/\.csv$/i.test(path)) return 'csv';
  return /\.(ndjson|jsonl|json)$/i.test(path) ? 'ndjson' : undefined;
}

/** By the first byte that is not white space: JSON begins with a brace or a bracket. */
export function detectFormat(bytes: Uint8Array): RowFormat | undefined {
  const first = bytes.find(byte => !whiteSpace.includes(byte));
  if (first === undefined) return undefined;
  return first === 0x7b || first === 0x5b ? 'ndjson' : 'csv';
}
