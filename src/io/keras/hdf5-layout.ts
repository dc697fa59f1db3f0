import { quoted } from '../json.js';
import { attributeText } from './hdf5-attributes.js';
import { Hdf5Bytes, isHdf5 } from './hdf5-bytes.js';
import { type Message, type Numbers, numbersOf } from './hdf5-data.js';
import { entriesOf, trees } from './hdf5-tree.js';

/** A group or a dataset, all of whose parts lie within the file. */
export interface Hdf5Object {
  /** Addresses of a group's members by name; undefined for a dataset. */
  readonly links?: ReadonlyMap<string, number>;
  /** A dataset's sizes, and what reads its numbers. */
  readonly dataset?: { readonly shape: readonly number[]; readonly numbers: Numbers };
  readonly messages: readonly Message[];
}

/** Kinds of messages, by the format's numbers. */
const kinds = {
  dataspace: 0x01,
  linkInfo: 0x02,
  link: 0x06,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
};

const longestName = 1024;
const newStyle = "Keras writes as h5py does by default: libver='earliest', no track_order";

/**
 * Where things lie in an HDF5 file, as far as Keras's have them: structures lie within the file,
 * objects and nodes are reached once (there are no circles), and what they say of their sizes is
 * true. So all work is bounded by the file's length.
 *
 * HDF5 File Format Specification, version 1.1: superblock 0, object headers of version 1, groups as
 * B-trees of symbols.
 */
export class Hdf5Layout {
  readonly root: number;
  readonly #bytes: Hdf5Bytes;
  /** Bytes of names, each of which is decoded. */
  #names = 0;

  /** Throws a RecurError unless the bytes begin as such a file. */
  constructor(where: string, file: Uint8Array) {
    const bytes = new Hdf5Bytes(where, file);
    this.#bytes = bytes;
    const got = `${file.byteLength} other bytes`;
    bytes.demand(isHdf5(file), 'an HDF5 file', got);
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
    return { messages, dataset: { shape, numbers: numbersOf(this.#bytes, messages, shape) } };
  }

  /** The bytes of an object's attribute that is text; undefined where there is none. */
  text({ messages }: Hdf5Object, name: string): Uint8Array | undefined {
    const attributes = messages.filter(({ kind }) => kind === kinds.attribute);
    return attributeText(this.#bytes, attributes, name);
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
      bytes.demand((bytes.u8(at + 4) & 2) === 0, 'messages of its own', 'shared ones');
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
    for (const entry of entriesOf(bytes, bytes.u64(table.at), trees.names, 8)) {
      const node = bytes.u64(entry + 8);
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
}
