/** Names that are looked at; archives of models begin with the ones that tell. */
const mostNames = 4096;
const signatures = { end: 0x06054b50, directory: 0x02014b50, file: 0x04034b50 };

/**
 * Names of files in a zip archive, as many as can be read: of the directory at its end or, where it
 * is cut short, of its first file. Nothing is checked.
 */
export function zipNames(bytes: Uint8Array): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const has = (at: number, size: number, signature: number) =>
    at >= 0 && at + size <= bytes.length && view.getUint32(at, true) === signature;
  const text = (at: number, length: number) => {
    return String.fromCharCode(...bytes.subarray(at, Math.min(at + length, at + 1024)));
  };
  const names: string[] = [];
  const end = endOf(bytes, has);
  let at = end < 0 ? -1 : view.getUint32(end + 16, true);
  while (names.length < mostNames && has(at, 46, signatures.directory)) {
    const length = view.getUint16(at + 28, true);
    names.push(text(at + 46, length));
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  if (names.length || !has(0, 30, signatures.file)) return names;
  return [text(30, view.getUint16(26, true))];
}

function endOf(
  bytes: Uint8Array,
  has: (at: number, size: number, signature: number) => boolean,
): number {
  const last = bytes.length - 22;
  for (let at = last; at >= Math.max(0, last - 65535); at--) {
    if (has(at, 22, signatures.end)) return at;
  }
  return -1;
}
