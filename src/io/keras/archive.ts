import { unzipSync } from 'fflate';
import { asRecurError, demand, mismatch, RecurError } from '../../errors.js';
import { quoted } from '../json.js';

/** Entries of an archive: three files, and the vocabularies of layers that make text to numbers. */
const mostEntries = 4096;

/**
 * The wanted files of a zip archive, copied. Keras stores them uncompressed: a compressed one,
 * which could be a bomb, is refused, and so are names that come twice and sizes that contradict
 * each other.
 */
export function filesIn(
  where: string,
  bytes: Uint8Array,
  wanted: readonly string[],
): ReadonlyMap<string, Uint8Array> {
  const names = new Set<string>();
  const sizes = new Map<string, number>();
  const filter = ({ name, size, originalSize, compression }: EntryInfo): boolean => {
    if (names.size === mostEntries) throw mismatch(where, `at most ${mostEntries} files`, 'more');
    if (names.has(name)) throw mismatch(where, 'every file once', `${quoted(name)} twice`);
    names.add(name);
    if (!wanted.includes(name)) return false;
    if (compression !== 0) {
      const hint = 'Keras writes none, and zip -0 makes one';
      throw mismatch(`${where} ${quoted(name)}`, 'no compression', `kind ${compression}`, hint);
    }
    const ok = size === originalSize && size <= bytes.byteLength;
    demand(ok, `${where} ${quoted(name)}`, `${originalSize} bytes`, size);
    sizes.set(name, size);
    return true;
  };
  const files = unzipped(where, bytes, filter);
  for (const [name, file] of files) {
    const size = sizes.get(name);
    const hint = 'the file is cut short';
    demand(
      file.byteLength === size,
      `${where} ${quoted(name)}`,
      `${size} bytes`,
      file.byteLength,
      hint,
    );
  }
  return files;
}

interface EntryInfo {
  readonly name: string;
  readonly size: number;
  readonly originalSize: number;
  readonly compression: number;
}

function unzipped(where: string, bytes: Uint8Array, filter: (entry: EntryInfo) => boolean) {
  try {
    return new Map(Object.entries(unzipSync(bytes, { filter })));
  } catch (error) {
    if (error instanceof RecurError) throw error;
    const { got } = asRecurError(error, where);
    throw new RecurError({ where, expected: 'a zip archive', got, cause: error });
  }
}
