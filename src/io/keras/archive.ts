import { roomOf } from '../npy/room.js';
import { zipEntries } from '../zip.js';

/**
 * The wanted files of a zip archive, copied. Keras stores them uncompressed; those that somebody
 * compressed may unpack to twice the archive and 8 MB. Names that come twice, and sizes that
 * contradict each other, are refused.
 */
export function filesIn(
  where: string,
  bytes: Uint8Array,
  wanted: readonly string[],
): ReadonlyMap<string, Uint8Array> {
  const files = zipEntries(where, bytes).filter(({ name }) => wanted.includes(name));
  const room = roomOf(bytes);
  return new Map(files.map(({ name, unpack }) => [name, unpack(room)]));
}
