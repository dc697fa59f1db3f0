import { quoted } from '../json.js';
import { classes, type Hdf5Bytes, padded } from './hdf5-bytes.js';

/** The text of an attribute, as its bytes; undefined where there is no attribute of that name. */
export function attributeText(
  bytes: Hdf5Bytes,
  messages: readonly { readonly at: number; readonly size: number }[],
  name: string,
): Uint8Array | undefined {
  for (const { at, size } of messages) {
    const version = bytes.u8(at);
    bytes.demand(version === 1 || version === 3, 'attributes of version 1 or 3', `${version}`);
    const [head, step] = version === 1 ? [8, 8] : [9, 1];
    const [nameSize, typeSize, spaceSize] = [2, 4, 6].map(offset => bytes.u16(at + offset));
    const typeAt = at + head + padded(nameSize, step);
    const spaceAt = typeAt + padded(typeSize, step);
    const dataAt = spaceAt + padded(spaceSize, step);
    const left = at + size - dataAt;
    bytes.demand(left >= 0 && typeSize >= 8, 'an attribute within its message', `${-left} more`);
    if (bytes.text(at + head, at + head + nameSize).replace(/\0+$/, '') !== name) continue;
    const count = bytes.shape(spaceAt, spaceSize).reduce((product, n) => product * n, 1);
    const [kind, width] = [bytes.u8(typeAt) & 15, bytes.u32(typeAt + 4)];
    // Of what has any length, 1 is text.
    const isVariable = kind === classes.variable && (bytes.u8(typeAt + 1) & 15) === 1;
    const isText = count === 1 && (kind === classes.string || isVariable);
    bytes.demand(isText, `one text as ${quoted(name)}`, `${count} of class ${kind}`);
    bytes.demand(width <= left, `${left} bytes`, `${width}`);
    return isVariable ? inHeap(bytes, dataAt) : bytes.part(dataAt, width);
  }
  return undefined;
}

/** Text of any length: its length, the address of a heap, and its number there. */
function inHeap(bytes: Hdf5Bytes, at: number): Uint8Array {
  const [length, heap, index] = [bytes.u32(at), bytes.u64(at + 4), bytes.u32(at + 12)];
  bytes.expect(heap, 'GCOL', 16);
  const size = bytes.u64(heap + 8);
  bytes.within(heap, size);
  for (let own = heap + 16; own + 16 <= heap + size; own += 16 + padded(bytes.u64(own + 8), 8)) {
    bytes.spend();
    const number = bytes.u16(own);
    if (number === 0) break;
    if (number !== index) continue;
    const ok = length <= bytes.u64(own + 8) && own + 16 + length <= heap + size;
    bytes.demand(ok, `a text of ${length} bytes`, 'a shorter one');
    return bytes.part(own + 16, length);
  }
  return bytes.refuse(`text ${index} of a heap`, 'none');
}
