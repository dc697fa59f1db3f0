import { type AnswerFormat, formatOfName } from './format.js';
import { outputFormat } from './formats.js';
import type { ServeOptions } from './serve-options.js';

/** How the outputs are written: as they are told to be, or as the rows are, or NDJSON. */
export function serveFormat({ outputFormat: told, target, from }: ServeOptions): AnswerFormat {
  if (target.kind === 'nats') return 'ndjson';
  const output = target.kind === 'file' ? target.path : undefined;
  return outputFormat({ outputFormat: told, output }) ?? formatOfName(from) ?? 'ndjson';
}
