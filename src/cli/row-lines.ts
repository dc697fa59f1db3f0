import type { RowFormat } from './format.js';
import { delimiterOf, inputFormat } from './formats.js';
import type { Line } from './held-line.js';
import { readChunks } from './input.js';
import { JsonArrayCutter } from './json-array.js';
import { LineCutter } from './lines.js';
import type { RowOptions } from './options.js';

/** Some of the lines that rows are written on. */
export interface RowLines {
  readonly lines: readonly Line[];
  readonly format: RowFormat;
}

/** The rows' lines, as they come. The format is told once more at the end, with no lines. */
export async function* rowLines(options: RowOptions, stop: AbortSignal): AsyncGenerator<RowLines> {
  let cutter: LineCutter | JsonArrayCutter | undefined;
  for await (const chunk of readChunks(options.file, stop)) {
    cutter ??= newCutter(options, chunk);
    const lines = cutter.cut(chunk);
    if (lines.length && cutter.format) yield { lines, format: cutter.format };
  }
  const lines = cutter?.end() ?? [];
  if (cutter?.format) yield { lines, format: cutter.format };
}

/** What cuts the rows out of bytes that begin like these. */
function newCutter(options: RowOptions, head: Buffer): LineCutter | JsonArrayCutter {
  const format = inputFormat(options, head);
  if (format === 'json') return new JsonArrayCutter(options.maxRowBytes);
  return new LineCutter(format, options.maxRowBytes, delimiterOf(format ?? 'csv', options));
}
