const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The bytes of floats, turned in place between this machine's order and little-endian. */
export function littleEndian(floats: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(floats.buffer);
  for (let at = 0; !isLittle && at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  return bytes;
}
