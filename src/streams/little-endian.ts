import type { TypedArray } from './values.js';

const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** An array's bytes, turned in place between this machine's order and little-endian. */
export function littleEndian({
  buffer,
  BYTES_PER_ELEMENT: width,
}: TypedArray): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(buffer as ArrayBuffer);
  for (let at = 0; !isLittle && at < bytes.length; at += width) {
    bytes.subarray(at, at + width).reverse();
  }
  return bytes;
}
