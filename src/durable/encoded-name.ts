/**
 * A name of any characters as one of `a-z`, `0-9`, `_`, `-` and `%`: different on file systems
 * that take `A` for `a`, and never a path.
 */
export function encodeName(name: string): string {
  const encoded = Array.from(new TextEncoder().encode(name), byte => {
    const character = String.fromCharCode(byte);
    return /[a-z0-9_-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
  });
  return encoded.join('');
}

export function decodeName(encoded: string): string {
  return decodeURIComponent(encoded);
}
