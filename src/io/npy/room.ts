/**
 * Bytes that a file from a stranger may still take: the memory of a reader stays below three times
 * the file and 64 MB, and it unpacks no more than takes a moment.
 */
export interface Room {
  /** All that is made. */
  left: number;
  /** What is unpacked. */
  unpacked: number;
}

export function roomOf({ length }: Uint8Array): Room {
  return { left: 3 * length + 48 * 2 ** 20, unpacked: 2 * length + 8 * 2 ** 20 };
}
