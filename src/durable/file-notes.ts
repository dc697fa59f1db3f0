import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { crc32c } from './crc.js';
import { allow, type Disk } from './file-disk.js';
import { damage } from './file-segment.js';

/** A few values in a file of their own. */
export type Note = Readonly<Record<string, string | number>>;

const encoder = new TextEncoder();
const crcOf = (note: Note) => crc32c(encoder.encode(JSON.stringify(note))).toString(16);

/** The note in a file; undefined: there is no file. Throws a RecurError if its CRC does not fit. */
export async function readNote(disk: Disk, path: string): Promise<Note | undefined> {
  const file = await disk.open(path, 'r').catch(allow('ENOENT'));
  if (!file) return undefined;
  const bytes = new Uint8Array(file.stat().size);
  const got = await file.read(bytes, 0).finally(() => file.close());
  const text = new TextDecoder().decode(bytes.subarray(0, got));
  try {
    const { crc, ...note } = JSON.parse(text) as Note;
    if (crc === crcOf(note) && text === textOf(note)) return note;
  } catch {
    // It is said below.
  }
  throw damage(path, 0, 'JSON and its CRC');
}

/**
 * Puts a note in the place of the last one, or, as `link`, only where there is none: then the
 * answer says whether it did.
 */
export async function writeNote(
  disk: Disk,
  path: string,
  note: Note,
  way: 'rename' | 'link' = 'rename',
): Promise<boolean> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await disk.open(temporary, 'wx+');
  try {
    await file.write(encoder.encode(textOf(note)), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  if (way === 'rename') {
    await disk.rename(temporary, path);
    return true;
  }
  const linked = await disk.link(temporary, path).then(() => true, allow('EEXIST'));
  await disk.remove(temporary);
  await disk.syncFolder(dirname(path));
  return linked ?? false;
}

function textOf(note: Note): string {
  return `${JSON.stringify({ ...note, crc: crcOf(note) })}\n`;
}
