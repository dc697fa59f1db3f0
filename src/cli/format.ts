export type RowFormat = 'ndjson' | 'csv';

/** By the file's ending; undefined if it says nothing. */
export function formatOfName(path: string): RowFormat | undefined {
  if (/\.csv$/i.test(path)) return 'csv';
  return /\.(ndjson|jsonl|json)$/i.test(path) ? 'ndjson' : undefined;
}

/** By the first byte that is not white space: JSON begins with a brace or a bracket. */
export function detectFormat(bytes: Uint8Array): RowFormat | undefined {
  const first = bytes.find(byte => byte > 0x20);
  if (first === undefined) return undefined;
  return first === 0x7b || first === 0x5b ? 'ndjson' : 'csv';
}
