import { mismatch } from '../errors.js';
import { crc32c } from './crc.js';

/** Numbers as bytes, little-endian. */
export function floats(...numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 * numbers.length);
  const view = new DataView(bytes.buffer);
  numbers.forEach((number, i) => {
    view.setFloat64(8 * i, number, true);
  });
  return bytes;
}

/** Bytes and the CRC-32C of their number and them. */
export function sealed(head: Uint8Array, payload: Uint8Array, number: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(head.length + payload.length + 4);
  bytes.set(head);
  bytes.set(payload, head.length);
  const crc = crc32c(bytes.subarray(0, -4), crc32c(floats(number)));
  bytes.writeUInt32LE(crc, bytes.length - 4);
  return bytes;
}

/** A copy of sealed bytes without their CRC, which is checked. */
export function unsealed(bytes: Uint8Array, number: number, where: string): DataView {
  const own = new Uint8Array(bytes);
  const view = new DataView(own.buffer);
  const end = own.length - 4;
  const isWhole =
    end >= 0 && view.getUint32(end, true) === crc32c(own.subarray(0, end), crc32c(floats(number)));
  if (isWhole) return new DataView(own.buffer, 0, end);
  const hint = 'restore the log from a copy: nothing can tell what was there';
  throw mismatch(`the value of ${where}`, 'whole bytes', 'damaged ones', hint);
}
