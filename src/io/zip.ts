import { mismatch } from '../errors.js';
import { inflated } from './inflated.js';
import { quoted } from './json.js';
import type { Room } from './npy/room.js';

/** A file in a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** 0: it is stored as it is. */
  readonly method: number;
  /** Its bytes, checked; a deflated file takes them from the room. */
  unpack(room: Room): Uint8Array;
}

/** A file as the archive's directory tells of it. */
interface DirectoryEntry {
  readonly name: string;
  readonly method: number;
  readonly checksum: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where its own header begins. */
  readonly at: number;
}

const signatures = { end: 0x06054b50, directory: 0x02014b50, file: 0x04034b50 };
const lengths = { end: 22, directory: 46, file: 30 };
const longestComment = 65535;

/**
 * The files of a zip archive, in the order of its directory. Throws a RecurError for an archive
 * that is cut short or contradicts itself: names twice, files that overlap, are encrypted, lie
 * outside, or unpack to other sizes than they say.
 */
export function zipEntries(where: string, bytes: Uint8Array): readonly ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const directory = directoryOf(where, view, bytes);
  const names = new Set<string>();
  for (const { name } of directory) {
    if (names.has(name)) throw mismatch(where, 'every name once', `${quoted(name)} twice`);
    names.add(name);
  }
  const ranges = directory.map(file => ({ file, range: dataOf(where, view, file) }));
  let end = 0;
  for (const { file, range } of [...ranges].sort((a, b) => a.file.at - b.file.at)) {
    if (file.at < end) throw mismatch(where, 'files apart', `${quoted(file.name)} over another`);
    end = range.end;
  }
  return ranges.map(({ file, range }) => ({
    name: file.name,
    method: file.method,
    unpack: room => unpack(where, file, bytes.subarray(range.begin, range.end), room),
  }));
}

function directoryOf(where: string, view: DataView, bytes: Uint8Array): readonly DirectoryEntry[] {
  const end = endOf(where, view);
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  const begin = view.getUint32(end + 16, true);
  if (count === 0xffff || size === 0xffffffff || begin === 0xffffffff) {
    throw mismatch(where, 'less than 65535 files and 4 GB', 'zip64');
  }
  if (begin + size !== end || count * lengths.directory > size) {
    throw mismatch(where, `a directory from ${end - size}`, `${count} files from ${begin}`);
  }
  const files: DirectoryEntry[] = [];
  let at = begin;
  for (let i = 0; i < count; i++) {
    const whole = at + lengths.directory <= end;
    if (!whole || view.getUint32(at, true) !== signatures.directory) {
      throw mismatch(where, `${count} files in its directory`, String(i));
    }
    const length = view.getUint16(at + 28, true);
    const name = nameOf(where, bytes.subarray(at + 46, Math.min(end, at + 46 + length)));
    if (view.getUint16(at + 8, true) & 1) {
      throw mismatch(`${where} ${quoted(name)}`, 'a file that is not encrypted', 'one that is');
    }
    files.push({
      name,
      method: view.getUint16(at + 10, true),
      checksum: view.getUint32(at + 16, true),
      packedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    });
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  if (at !== end) throw mismatch(where, `a directory up to ${end}`, `one to ${at}`);
  return files;
}

/** Where the record begins that ends the archive, and its comment with it. */
function endOf(where: string, view: DataView): number {
  const last = view.byteLength - lengths.end;
  for (let at = last; at >= Math.max(0, last - longestComment); at--) {
    const isEnd = view.getUint32(at, true) === signatures.end;
    if (isEnd && view.getUint16(at + 20, true) === last - at) return at;
  }
  throw mismatch(where, 'a zip archive', 'no end of its directory', 'the file is cut short');
}

function nameOf(where: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw mismatch(where, 'names in UTF-8', 'other bytes');
  }
}

/** Where a file's packed bytes are: behind its own header, whose lengths differ. */
function dataOf(where: string, view: DataView, { name, at, packedSize }: DirectoryEntry) {
  const inside = at + lengths.file <= view.byteLength;
  if (!inside || view.getUint32(at, true) !== signatures.file) {
    throw mismatch(`${where} ${quoted(name)}`, `its header at ${at}`, 'none');
  }
  const begin = at + lengths.file + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (begin + packedSize > view.byteLength) {
    const expected = `${packedSize} bytes from ${begin}`;
    throw mismatch(`${where} ${quoted(name)}`, expected, `a file of ${view.byteLength}`);
  }
  return { begin, end: begin + packedSize };
}

function unpack(archive: string, file: DirectoryEntry, packed: Uint8Array, room: Room): Uint8Array {
  const where = `${archive} ${quoted(file.name)}`;
  const { method, size, checksum } = file;
  if (method !== 0 && method !== 8) {
    throw mismatch(where, 'a file that is stored or deflated', `method ${method}`);
  }
  if (method === 0 && packed.length !== size) {
    throw mismatch(where, `${size} bytes`, String(packed.length));
  }
  const bytes = method === 0 ? packed : inflated(where, packed, size, room, 'raw');
  if (crc32(bytes) !== checksum) throw mismatch(where, 'its checksum', 'another', 'it is damaged');
  return bytes;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let value = -1;
  for (let i = 0; i < bytes.length; i++) value = table[(value ^ bytes[i]) & 255] ^ (value >>> 8);
  return ~value >>> 0;
}
