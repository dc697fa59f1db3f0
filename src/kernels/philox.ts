/** The generator's multipliers, and what its key grows by each round. */
export const multipliers = [0xd2511f53, 0xcd9e8d57] as const;
export const increments = [0x9e3779b9, 0xbb67ae85] as const;
export const rounds = 10;

/** The upper 32 bits of a product of two whole numbers of 32 bits. */
function upper(a: number, b: number): number {
  const [low, high] = [a & 0xffff, a >>> 16];
  const middle = high * (b & 0xffff) + Math.floor((low * (b & 0xffff)) / 65536);
  const other = low * (b >>> 16) + (middle % 65536);
  return high * (b >>> 16) + Math.floor(middle / 65536) + Math.floor(other / 65536);
}

/**
 * Philox 4x32-10: four random words of 32 bits, which follow from a counter of four words and a key
 * of two (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011). It
 * writes them in place of the counter.
 */
export function philox(words: Uint32Array, key0: number, key1: number): void {
  for (let round = 0; round < rounds; round++) {
    const [a, b, c, d] = words;
    words[0] = upper(c, multipliers[1]) ^ b ^ (key0 + round * increments[0]);
    words[1] = Math.imul(c, multipliers[1]);
    words[2] = upper(a, multipliers[0]) ^ d ^ (key1 + round * increments[1]);
    words[3] = Math.imul(a, multipliers[0]);
  }
}
