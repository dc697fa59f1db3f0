import type { Hdf5Bytes } from './hdf5-bytes.js';

/** B-trees, by the format's numbers: of a group's names, and of a dataset's chunks. */
export const trees = { names: 0, chunks: 1 };

/**
 * Where the entries of a B-tree's leaves begin, from a node down: each is a key of so many bytes,
 * and the address of what it is the key of.
 */
export function entriesOf(
  bytes: Hdf5Bytes,
  node: number,
  type: number,
  keySize: number,
  level?: number,
): readonly number[] {
  bytes.expect(node, 'TREE', 24);
  bytes.reach(node);
  const [own, depth, count] = [bytes.u8(node + 4), bytes.u8(node + 5), bytes.u16(node + 6)];
  const ok = own === type && depth < 8 && depth === (level ?? depth);
  bytes.demand(ok, `a tree of type ${type}`, `one of type ${own}, level ${depth}`);
  const [begin, step] = [node + 24, keySize + 8];
  bytes.within(begin, step * count + keySize);
  const entries = Array.from({ length: count }, (_, i) => {
    bytes.spend();
    return begin + step * i;
  });
  if (depth === 0) return entries;
  return entries.flatMap(at => {
    return entriesOf(bytes, bytes.u64(at + keySize), type, keySize, depth - 1);
  });
}
