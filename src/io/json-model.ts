import { mismatch } from '../errors.js';
import { isPlainObject, typedArrayName } from '../streams/values.js';
import type { FileFormat } from './file-kinds.js';
import { readable } from './file-kinds.js';
import { readObject } from './json.js';
import { jsonKind } from './json-kind.js';
import { hintOf, misread } from './misread.js';

/** Formats of JSON, and fields of which each file has one at least. */
const ownFields = {
  rtneural: ['layers', 'in_shape'],
  guitarml: ['model_data', 'state_dict'],
  nam: ['architecture', 'weights'],
  tfjs: ['modelTopology', 'weightsManifest', 'format'],
} as const satisfies Partial<Record<FileFormat, readonly string[]>>;

type JsonFormat = keyof typeof ownFields;

/**
 * The JSON of a model, as `readObject` reads it; `where` is what messages call the file. What is of
 * another kind is refused as what it is.
 */
export function readJsonModel(
  where: string,
  format: JsonFormat,
  given: unknown,
): Readonly<Record<string, unknown>> {
  const value = parsedAs(where, format, given, () => readObject(where, given));
  checkFields(where, format, value);
  return value;
}

/** What `parse` makes of text or bytes; its error says what they are, if they are no JSON. */
export function parsedAs<T>(where: string, format: JsonFormat, given: unknown, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const isBytes = typedArrayName(given) === 'Uint8Array';
    if (!isBytes && typeof given !== 'string') throw error;
    const bytes = isBytes ? (given as Uint8Array) : new TextEncoder().encode(given as string);
    const first = bytes.find(byte => byte > 0x20);
    throw first === 0x7b || first === 0x5b ? error : misread(where, format, bytes, error);
  }
}

/** Refuses JSON that has no field of its format's. */
export function checkFields(where: string, format: JsonFormat, value: unknown): void {
  if (!isPlainObject(value)) return;
  const names = Object.keys(value);
  if (names.length === 0 || ownFields[format].some(name => names.includes(name))) return;
  const kind = jsonKind(names);
  throw mismatch(where, readable[format].what, kind.what, hintOf(kind));
}
