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
 * Who of these members should have each partition: rendezvous hashing (Thaler and Ravishankar 1998)
 * with bounded loads (Mirrokni, Thorup and Zadimoghaddam 2018). No member has more than one
 * partition more than another, and one who comes or goes moves few besides its own.
 */
export function ownersOf(partitions: number, members: readonly string[]): (string | undefined)[] {
  const owners: (string | undefined)[] = Array(partitions).fill(undefined);
  const loads = new Map(members.map(member => [member, 0]));
  const least = Math.floor(partitions / members.length);
  let more = partitions % members.length;
  const pairs = members.flatMap(member => {
    const hash = fnv1a32(tokenOf(member));
    const weightOf = (partition: number) => mixed(hash ^ Math.imul(partition + 1, 0x9e3779b1));
    return owners.map((_, partition) => ({ member, partition, weight: weightOf(partition) }));
  });
  // Members whose weights are equal have an order of their own, and partitions theirs.
  pairs.sort((a, b) => b.weight - a.weight || (a.member < b.member ? -1 : 1));
  for (const { member, partition } of pairs) {
    const load = loads.get(member) as number;
    if (owners[partition] !== undefined || load > least || (load === least && !more)) continue;
    if (load === least) more--;
    owners[partition] = member;
    loads.set(member, load + 1);
  }
  return owners;
}

/** The end of MurmurHash3 (Appleby 2011): without it neighbours go to one member. */
function mixed(word: number): number {
  const half = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  const more = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return (more ^ (more >>> 16)) >>> 0;
}
