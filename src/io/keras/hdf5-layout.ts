import { quoted } from '../json.js';
import { checkAttributes } from './hdf5-attributes.js';
import { classes, Hdf5Bytes, isHdf5 } from './hdf5-bytes.js';

/** A group or a dataset, all of whose parts lie within the file. */
export interface Hdf5Object {
  /** Addresses of a group's members by name; undefined for a dataset. */
  readonly links?: ReadonlyMap<string, number>;
  /** A dataset's sizes. */
  readonly shape?: readonly number[];
  /** Where a dataset's numbers begin. */
  readonly begin?: number;
  /** True if they are float32, the lowest byte first. */
  readonly isFloat32?: boolean;
  /** Why they cannot be read, if so. */
  readonly trouble?: string;
  readonly messages: readonly Message[];
}

/** A message of an object's header: its data are `size` bytes from `at` on. */
interface Message {
  readonly kind: number;
  readonly size: number;
  readonly at: number;
}

/** Kinds of messages, by the format's numbers. */
const kinds = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  external: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
};

const longestName = 1024;
const newStyle = "Keras writes as h5py does by default: libver='earliest', no track_order";

/**
 * Where things lie in an HDF5 file, as far as Keras's have them, checked before jsfive follows it:
 * structures lie within the file, objects and nodes are reached once (there are no circles), and
 * what they say of their sizes is true. So what jsfive then does is bounded by the file's length.
 *
 * HDF5 File Format Specification, version 1.1: superblock 0, object headers of version 1, groups as
 * B-trees of symbols, contiguous data without filters.
 */
export class Hdf5Layout {
  readonly root: number;
  readonly #bytes: Hdf5Bytes;
  /** Bytes of names: jsfive copies those of each group. */
  #names = 0;

  /** Throws a RecurError unless the bytes begin as such a file. */
  constructor(where: string, file: ArrayBuffer) {
    const bytes = new Hdf5Bytes(where, file);
    this.#bytes = bytes;
    const got = `${file.byteLength} other bytes`;
    bytes.demand(isHdf5(new Uint8Array(file)), 'an HDF5 file', got);
    const [version, offsets, lengths] = [8, 13, 14].map(at => bytes.u8(at));
    bytes.demand(version === 0, 'superblock 0', `superblock ${version}`, newStyle);
    bytes.demand(offsets === 8 && lengths === 8, 'addresses of 64 bits', `${offsets * 8}`);
    bytes.demand(bytes.u64(24) === 0, 'an HDF5 file from byte 0', 'one further on');
    bytes.within(0, 96);
    this.root = bytes.u64(64);
  }

  /** What lies at an address, which may be reached once. */
  objectAt(address: number): Hdf5Object {
    this.#bytes.reach(address);
    const messages = this.#messages(address);
    const space = messages.find(({ kind }) => kind === kinds.dataspace);
    if (!space) return { messages, links: this.#links(messages) };
    const shape = this.#bytes.shape(space.at, space.size);
    return { messages, shape, ...this.#dataOf(messages, shape) };
  }

  /** Checks that the attributes of an object can be read. */
  checkAttributes({ messages }: Hdf5Object): void {
    checkAttributes(
      this.#bytes,
      messages.filter(({ kind }) => kind === kinds.attribute),
    );
  }

  #messages(address: number): readonly Message[] {
    const bytes = this.#bytes;
    const version = bytes.u8(address);
    bytes.demand(version === 1, 'object headers of version 1', `${version}`, newStyle);
    const begin = address + 16;
    const blocks = [{ at: begin, end: begin + bytes.u32(address + 8) }];
    const messages: Message[] = [];
    let [block, at] = [0, begin];
    for (let left = bytes.u16(address + 2); left > 0; left--) {
      if (at >= blocks[block].end) {
        block += 1;
        bytes.demand(block < blocks.length, 'as many messages as the header says', 'fewer');
        at = blocks[block].at;
      }
      bytes.spend();
      const message = { kind: bytes.u16(at), size: bytes.u16(at + 2), at: at + 8 };
      const { kind, size } = message;
      bytes.within(message.at, size);
      const isOld = kind !== kinds.linkInfo && kind !== kinds.link;
      bytes.demand(isOld, 'groups of symbols', 'others', newStyle);
      if (kind === kinds.continuation) {
        const next = bytes.u64(message.at);
        blocks.push({ at: next, end: next + bytes.u64(message.at + 8) });
      }
      messages.push(message);
      at += 8 + size;
    }
    return messages;
  }

  #links(messages: readonly Message[]): ReadonlyMap<string, number> {
    const bytes = this.#bytes;
    const tables = messages.filter(({ kind }) => kind === kinds.symbolTable);
    const [table] = tables;
    bytes.demand(tables.length === 1 && table.size === 16, 'a group or a dataset', 'neither');
    const heap = bytes.u64(table.at + 8);
    bytes.expect(heap, 'HEAP', 32);
    const [size, names] = [bytes.u64(heap + 8), bytes.u64(heap + 24)];
    bytes.within(names, size);
    this.#names += size;
    bytes.demand(this.#names <= bytes.length, `${bytes.length} bytes of names`, `${this.#names}`);
    const links = new Map<string, number>();
    for (const node of this.#symbolNodes(bytes.u64(table.at))) {
      bytes.expect(node, 'SNOD', 8);
      bytes.reach(node);
      for (let left = bytes.u16(node + 6), at = node + 8; left > 0; left--, at += 40) {
        bytes.spend();
        const name = this.#name(names + bytes.u64(at), names + size);
        bytes.demand(!links.has(name), 'every name once', `${quoted(name)} twice`);
        // 2 is a link by name, which could lead anywhere.
        bytes.demand(bytes.u32(at + 16) < 2, 'no soft links', quoted(name));
        bytes.within(at, 40);
        links.set(name, bytes.u64(at + 8));
      }
    }
    return links;
  }

  /** Addresses of the nodes with symbols below a node of a B-tree. */
  #symbolNodes(address: number, level?: number): readonly number[] {
    const bytes = this.#bytes;
    bytes.expect(address, 'TREE', 24);
    bytes.reach(address);
    const [type, own, count] = [
      bytes.u8(address + 4),
      bytes.u8(address + 5),
      bytes.u16(address + 6),
    ];
    const ok = type === 0 && own < 8 && own === (level ?? own);
    bytes.demand(ok, 'a tree of names', `one of type ${type}, level ${own}`);
    bytes.within(address + 24, 16 * count + 8);
    const children = Array.from({ length: count }, (_, i) => {
      bytes.spend();
      return bytes.u64(address + 32 + 16 * i);
    });
    return own === 0 ? children : children.flatMap(child => this.#symbolNodes(child, own - 1));
  }

  /** A name that ends with a zero. */
  #name(begin: number, most: number): string {
    const bytes = this.#bytes;
    let end = begin;
    while (end < most && end - begin <= longestName && bytes.u8(end) !== 0) end++;
    const ended = end < most && end - begin <= longestName;
    bytes.demand(ended, `a name of at most ${longestName} bytes`, 'a longer one');
    const name = bytes.text(begin, end);
    const isOdd = /^\.*$|\/|^__proto__$/.test(name);
    bytes.demand(!isOdd, 'a name', quoted(name));
    return name;
  }

  /** Where numbers of a dataset are, or why they cannot be read. */
  #dataOf(
    messages: readonly Message[],
    shape: readonly number[],
  ): Pick<Hdf5Object, 'begin' | 'isFloat32' | 'trouble'> {
    const bytes = this.#bytes;
    const of = (kind: number) => messages.find(message => message.kind === kind);
    const [type, layout] = [of(kinds.datatype), of(kinds.layout)];
    if (!type || !layout || type.size < 8 || layout.size < 18) return { trouble: 'no data' };
    if (of(kinds.filters)) return { trouble: 'compressed data' };
    if (of(kinds.external)) return { trouble: 'data in another file' };
    const [version, storage] = [bytes.u8(layout.at), bytes.u8(layout.at + 1)];
    if (version !== 3 || storage !== 1) return { trouble: 'data in chunks' };
    if ((bytes.u8(type.at) & 15) !== classes.float) return { trouble: 'data that are no floats' };
    const needed = shape.reduce((product, n) => product * n, bytes.u32(type.at + 4));
    if (needed === 0) return {};
    const [begin, size] = [bytes.u64(layout.at + 2), bytes.u64(layout.at + 10)];
    bytes.demand(size === needed, `${needed} bytes for [${shape.join(', ')}]`, `${size}`);
    bytes.within(begin, size);
    // Bits 0 and 6 tell the order of bytes.
    const isFloat32 = bytes.u32(type.at + 4) === 4 && (bytes.u8(type.at + 1) & 0x41) === 0;
    return { begin, isFloat32 };
  }
}
