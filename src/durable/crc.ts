import crc from 'crc-32/crc32c.js';

/** CRC-32C (Castagnoli) of bytes, going on from that of the bytes before them. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  // A Buffer would make the package's loop half as fast.
  const { buffer, byteOffset, length } = bytes;
  return crc.buf(new Uint8Array(buffer, byteOffset, length), before) >>> 0;
}
