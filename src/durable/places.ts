/** A key as text of letters, digits, - and _ only: base64url of its UTF-8, as subjects allow. */
export function tokenOf(key: string): string {
  let text = '';
  for (const byte of new TextEncoder().encode(key)) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** FNV-1a of ASCII, 32 bits: as the `partition` function of NATS computes it. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/**
 * The partition that a key's events belong to, of so many.
 *
 * @example
 * partitionOf('sensor 7', 8); // → 0
 */
export function partitionOf(key: string, partitions: number): number {
  return fnv1a32(tokenOf(key)) % partitions;
}

/**
 * Who of these members should have a partition: by rendezvous hashing (Thaler and Ravishankar
 * 1998), so that one who comes or goes moves only its own.
 */
export function ownerOf(partition: number, members: readonly string[]): string | undefined {
  let best: string | undefined;
  let most = -1;
  for (const member of members) {
    const weight = mixed(fnv1a32(tokenOf(member)) ^ Math.imul(partition + 1, 0x9e3779b1));
    if (weight > most || (weight === most && best !== undefined && member < best)) {
      most = weight;
      best = member;
    }
  }
  return best;
}

/** The end of MurmurHash3 (Appleby 2011): without it neighbours go to one member. */
function mixed(word: number): number {
  const half = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  const more = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return (more ^ (more >>> 16)) >>> 0;
}
