import { Inflate, Unzlib } from 'fflate';
import { mismatch } from '../errors.js';
import type { Room } from './npy/room.js';

/** Bytes that are inflated at a time: they give at most a thousand times as many. */
const piece = 4096;

/** What deflated bytes may stand alone in, or in zlib's wrapping, which ends with a checksum. */
const streams = { raw: Inflate, zlib: Unzlib };

/**
 * Deflated bytes as the `size` bytes that they must be, which come out of the room before they are
 * made. Throws a RecurError for bytes that are damaged, or inflate to others.
 */
export function inflated(
  where: string,
  packed: Uint8Array,
  size: number,
  room: Room,
  wrapping: keyof typeof streams,
): Uint8Array {
  room.left -= size;
  room.unpacked -= size;
  // Deflate packs at most 1032 bytes in one.
  if (room.left < 0 || room.unpacked < 0 || size > 1032 * packed.length + 64) {
    throw mismatch(where, 'an array that fits', `${size} bytes in ${packed.length}`);
  }
  const bytes = new Uint8Array(size);
  let done = 0;
  const inflater = new streams[wrapping](part => {
    if (done + part.length > size) {
      throw mismatch(where, `${size} bytes`, 'more', 'its size is a lie');
    }
    bytes.set(part, done);
    done += part.length;
  });
  try {
    for (let at = 0; at === 0 || at < packed.length; at += piece) {
      inflater.push(packed.subarray(at, at + piece), at + piece >= packed.length);
    }
  } catch (error) {
    if (done > size || (error as { where?: string }).where === where) throw error;
    throw mismatch(where, 'bytes that inflate', 'others', String((error as Error).message));
  }
  if (done !== size) throw mismatch(where, `${size} bytes`, String(done));
  if (wrapping === 'zlib' && !isWhole(bytes, packed)) {
    throw mismatch(where, 'its checksum', 'another', 'it is damaged');
  }
  return bytes;
}

/** True if the last four bytes of zlib's wrapping are the Adler-32 of what was in it: RFC 1950. */
function isWhole(bytes: Uint8Array, packed: Uint8Array): boolean {
  let [a, b] = [1, 0];
  // So many sums stay far below 2⁵³.
  for (let at = 0; at < bytes.length; at += piece) {
    for (const byte of bytes.subarray(at, at + piece)) {
      a += byte;
      b += a;
    }
    [a, b] = [a % 65521, b % 65521];
  }
  const end = new DataView(packed.buffer, packed.byteOffset + packed.length - 4, 4);
  return end.getUint16(0) === b && end.getUint16(2) === a;
}
