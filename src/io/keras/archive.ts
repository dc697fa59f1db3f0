import { mismatch } from '../../errors.js';
import { quoted } from '../json.js';
import { roomOf } from '../npy/room.js';
import { zipEntries } from '../zip.js';

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
  const files = zipEntries(where, bytes).filter(({ name }) => wanted.includes(name));
  const packed = files.find(({ method }) => method !== 0);
  if (packed) {
    const hint = 'Keras writes none, and zip -0 makes one';
    const got = `kind ${packed.method}`;
    throw mismatch(`${where} ${quoted(packed.name)}`, 'no compression', got, hint);
  }
  const room = roomOf(bytes);
  return new Map(files.map(({ name, unpack }) => [name, unpack(room)]));
}
