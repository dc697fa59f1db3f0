import { classes, type Hdf5Bytes, padded } from './hdf5-bytes.js';

/** Attributes of variable length, each of which has jsfive copy a heap; bytes of those heaps. */
const limits = { variable: 16, heaps: 16 * 2 ** 20 };

/** An attribute's data: so many of that class, so wide each. */
interface Extent {
  readonly at: number;
  readonly count: number;
  readonly width: number;
  readonly kind: number;
}

/** Checks that jsfive can read attributes: their messages, and the heaps that their text is in. */
export function checkAttributes(
  bytes: Hdf5Bytes,
  messages: readonly { readonly at: number; readonly size: number }[],
): void {
  const extents = messages.map(({ at, size }) => extentOf(bytes, at, size));
  const variable = extents.filter(({ kind }) => kind === classes.variable);
  const count = variable.reduce((sum, { count }) => sum + count, 0);
  bytes.demand(count <= limits.variable, `at most ${limits.variable} texts`, `${count}`);
  let total = 0;
  for (const { at, count } of variable) {
    for (let i = 0; i < count; i++) total += heapAt(bytes, bytes.u64(at + 16 * i + 4));
  }
  bytes.demand(total <= limits.heaps, `at most ${limits.heaps} bytes of text`, `${total}`);
}

function extentOf(bytes: Hdf5Bytes, at: number, size: number): Extent {
  const version = bytes.u8(at);
  bytes.demand(version === 1 || version === 3, 'attributes of version 1 or 3', `${version}`);
  const [head, step] = version === 1 ? [8, 8] : [9, 1];
  const [name, type, space] = [2, 4, 6].map(offset => bytes.u16(at + offset));
  const typeAt = at + head + padded(name, step);
  const spaceAt = typeAt + padded(type, step);
  const dataAt = spaceAt + padded(space, step);
  const left = at + size - dataAt;
  bytes.demand(left >= 0 && type >= 8, 'an attribute within its message', `${-left} bytes more`);
  const count = bytes.shape(spaceAt, space).reduce((product, n) => product * n, 1);
  const kind = bytes.u8(typeAt) & 15;
  const width = bytes.u32(typeAt + 4);
  const isKnown = isRead(kind, width, bytes.u8(typeAt + 1));
  bytes.demand(isKnown, 'numbers or text', `class ${kind} of ${width} bytes`);
  bytes.demand(width > 0 && count * width <= left, `${left} bytes`, `${count} × ${width}`);
  return { at: dataAt, count, width, kind };
}

/** Kinds of which jsfive does not complain, with the file's words, on the console. */
function isRead(kind: number, width: number, flags: number): boolean {
  if (kind === classes.fixed) return [1, 2, 4, 8].includes(width);
  if (kind === classes.float) return [2, 4, 8].includes(width);
  // Of what has any length, 1 is text.
  return kind === classes.string || (kind === classes.variable && (flags & 15) === 1);
}

/** The length of a heap, all of whose objects lie within it. */
function heapAt(bytes: Hdf5Bytes, heap: number): number {
  bytes.expect(heap, 'GCOL', 16);
  const size = bytes.u64(heap + 8);
  bytes.within(heap, size);
  for (let at = heap + 16; at + 16 <= heap + size; at += 16 + padded(bytes.u64(at + 8), 8)) {
    bytes.spend();
    if (bytes.u16(at) === 0) break;
  }
  return size;
}
