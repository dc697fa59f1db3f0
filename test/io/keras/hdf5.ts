/** A model's HDF5 file with a number written over, little-endian. */
export function written(bytes: Uint8Array, at: number, width: number, value: bigint): Uint8Array {
  const copy = bytes.slice();
  for (let i = 0; i < width; i++) copy[at + i] = Number((value >> BigInt(8 * i)) & 255n);
  return copy;
}

/** Where bytes, as latin1, stand, each time. */
export function placesOf(bytes: Uint8Array, signature: string): number[] {
  const places: number[] = [];
  const buffer = Buffer.from(bytes);
  for (
    let at = buffer.indexOf(signature, 0, 'latin1');
    at >= 0;
    at = buffer.indexOf(signature, at + 1, 'latin1')
  ) {
    places.push(at);
  }
  return places;
}

/** A file changed wherever a signature stands. */
export function edited(
  bytes: Uint8Array,
  signature: string,
  edit: (bytes: Uint8Array, at: number) => Uint8Array,
): Uint8Array {
  let file = bytes;
  for (const at of placesOf(bytes, signature)) file = edit(file, at);
  return file;
}
